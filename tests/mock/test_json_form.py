"""Creations as JSON, and with objects in brackets, where a dialect takes them."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.spec.overlay import dialect_path
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import Mock, text
from tests.pictures import picture

DIALECT = (dialect_path("openai"),)
SHARED = Mock(dialects=DIALECT)
PICTURE = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"


@pytest.fixture(scope="module")
def mock() -> Mock:
    return SHARED


def post(mock: Mock, body: Any, content_type: str = "application/json") -> Any:
    return mock.body(body if isinstance(body, bytes) else json.dumps(body).encode(), content_type)


RIGHT: dict[str, dict[str, Any]] = {
    "no more than is due": {"prompt": "A fox."},
    "values": {"prompt": "A fox.", "model": "sora-2-pro", "seconds": "8", "size": "1024x1792"},
    "null for what is left out": {"prompt": "A fox.", "model": None, "input_reference": None},
    "a picture": {"prompt": "A fox.", "input_reference": {"image_url": PICTURE}},
    "a data URL in percent": {"prompt": "A fox.", "input_reference": {"image_url": PICTURE.replace("/", "%2F")}},
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_json_creates_a_video_with_what_it_says(mock: Mock, case: str) -> None:
    answer = post(mock, RIGHT[case], "application/json; charset=utf-8")
    assert answer.status_code == 200, answer.text
    said = {name: value for name, value in RIGHT[case].items() if name in answer.json() and value is not None}
    assert {name: answer.json()[name] for name in said} == said


def of(reference: Any, **fields: Any) -> dict[str, Any]:
    return {"prompt": "A fox.", "input_reference": reference, **fields}


WRONG: dict[str, tuple[Any, str | None, str]] = {
    "nothing": ({}, "prompt", "Missing required parameter"),
    "no object": ([], None, "not a JSON object"),
    "no JSON": (b"{", None, "not a JSON object"),
    "deep": (b'{"prompt":' + b"[" * 100_000, None, "not a JSON object"),
    "NaN": (b'{"prompt": NaN}', None, "not a JSON object"),
    "a number for text": ({"prompt": 5}, "prompt", "expected a string, but got an integer"),
    "a boolean for text": ({"prompt": True}, "prompt", "got a boolean"),
    "an object for text": ({"prompt": {}}, "prompt", "got an object"),
    "a number in a list of texts": ({"prompt": "x", "seconds": 8}, "seconds", "got an integer"),
    "a value": ({"prompt": "x", "seconds": "5"}, "seconds", "'5'"),
    "an unknown key": ({"prompt": "x", "fps": 5}, "fps", "Unknown parameter"),
    "a text for a picture": (of("x"), "input_reference", "expected a file, but got a string"),
    "an empty object": (of({}), "input_reference", "expected a file, but got an object"),
    "both keys": (of({"image_url": PICTURE, "file_id": "x"}), "input_reference", "got an object"),
    "an address elsewhere": (of({"image_url": "https://a.example/x.png"}), "input_reference", "--fetch-allow"),
    "base64 that is none": (of({"image_url": "data:image/png;base64,?"}), "input_reference", "it is no data URL"),
    "an unknown file": (of({"file_id": "file_1"}), "input_reference", "no such file"),
    "a picture of no picture": (of({"image_url": "data:,x"}), "input_reference", "Invalid file"),
    "a picture of another size": (of({"image_url": PICTURE}, size="1280x720"), "input_reference", "must match"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_json_is_refused_by_the_rule_of_the_form(mock: Mock, case: str) -> None:
    body, param, message = WRONG[case]
    answer = post(mock, body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
    assert message in answer.json()["error"]["message"]


def test_address_in_a_message_is_short(mock: Mock) -> None:
    assert len(post(mock, of({"image_url": "x" * 100_000})).text) < 500


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [("image_url", PICTURE, 200), ("file_id", "x", 400), ("image_url", "x", 400), ("x", "x", 400)],
)
def test_object_in_brackets_stands_for_the_file(mock: Mock, key: str, value: str, status: int) -> None:
    parts = [text("prompt", "A fox."), text(f"input_reference[{key}]", value)]
    assert mock.post(parts).status_code == status


def test_json_is_no_body_where_the_document_has_none() -> None:
    answer = post(Mock(), {"prompt": "A fox."})
    assert answer.json()["error"]["code"] == "unsupported_content_type"


def test_coding_of_json_is_refused_too(mock: Mock) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert mock.send("POST", "/v1/videos", headers, content=b"{}").status_code == 415


def test_body_of_another_type_is_refused_with_both(mock: Mock) -> None:
    message = post(mock, b"x", "text/plain").json()["error"]["message"]
    assert "'multipart/form-data' and 'application/json'" in message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_is_a_fault_of_the_mock(value: Any) -> None:
    assert post(SHARED, of(value)).status_code in {200, 400}


class Pictures(BaseHTTPRequestHandler):
    """A host of pictures: one that is right, one behind a redirect, one that is too large, and none."""

    def do_GET(self) -> None:
        status, body = {"/right": (200, picture()), "/large": (200, bytes(21 * 2**20)), "/moved": (302, b"")}.get(
            self.path, (404, b"")
        )
        self.send_response(status)
        self.send_header("Content-Type", "image/png; charset=none")
        self.send_header("Location", "/right")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/right", 200, ""),
        ("/moved", 400, "the answer is 302"),
        ("/none", 400, "the answer is 404"),
        ("/large", 400, "over 20971520 bytes"),
    ],
)
def test_picture_is_fetched_from_a_host_that_is_allowed(pictures: str, path: str, status: int, message: str) -> None:
    allowing = Mock(dialects=DIALECT, fetch_allow=("127.0.0.1",))
    answer = post(allowing, of({"image_url": pictures + path}))
    assert answer.status_code == status and message in answer.text
    assert "--fetch-allow" in post(SHARED, of({"image_url": pictures + path})).text


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://[", "ftp://127.0.0.1/x", "http://127.0.0.1:x/"])
def test_address_that_leads_nowhere_is_refused(address: str) -> None:
    allowing = Mock(dialects=DIALECT, fetch_allow=("127.0.0.1",))
    assert post(allowing, of({"image_url": address})).status_code == 400


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_newest_sdk_creates_a_video_without_a_picture() -> None:
    with served("--dialect", "openai") as (_, told):
        client = openai.OpenAI(base_url=f"{url(told)}/v1", api_key="x", max_retries=0)
        assert client.videos.create(prompt="A fox.").status == "queued"
        with_object = client.post("/videos", cast_to=dict[str, Any], body=RIGHT["a picture"])
    assert with_object["status"] == "queued"
