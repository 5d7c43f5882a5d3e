"""Creations as JSON, and with objects in brackets, where a dialect takes them."""

import base64
import json
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
    "an address elsewhere": (of({"image_url": "https://a.example/x.png"}), "input_reference", "no data URL"),
    "base64 that is none": (of({"image_url": "data:image/png;base64,?"}), "input_reference", "no data URL"),
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_newest_sdk_creates_a_video_without_a_picture() -> None:
    with served("--dialect", "openai") as (_, told):
        client = openai.OpenAI(base_url=f"{url(told)}/v1", api_key="x", max_retries=0)
        assert client.videos.create(prompt="A fox.").status == "queued"
        with_object = client.post("/videos", cast_to=dict[str, Any], body=RIGHT["a picture"])
    assert with_object["status"] == "queued"
