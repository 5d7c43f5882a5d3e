"""HTTP as real clients and networks speak it: what is lawful is understood, what is too much is refused."""

import socket
import time
from collections.abc import Iterator

import pytest

from mockserver.server.limits import limits_of
from mockserver.settings import Settings
from mockserver.testing import VideosMock
from tests.mock.test_cli import served, url
from tests.mock.test_server import exchange, read_answer
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, Mock, file, form, multipart, refused, text

TOKEN = "secret-token"
LIMITS = limits_of(Settings())
BODY = multipart(form())
JSON = b'{"prompt": "A fox."}'
UPGRADES = ("h2c", "TLS/1.2", "websocket")


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with served("--token", TOKEN, "--pace", "instant") as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        yield host, int(port)


def head(line: str, *headers: str, token: str = f"Bearer {TOKEN}") -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {token}", *headers, "", ""]).encode()


def create(*headers: str, body: bytes = BODY, token: str = f"Bearer {TOKEN}") -> bytes:
    media_type = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return head("POST /v1/videos", media_type, f"Content-Length: {len(body)}", *headers, token=token) + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize("upgrade", UPGRADES)
def test_offered_upgrade_is_ignored_and_the_body_is_read(address: tuple[str, int], upgrade: str) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {upgrade}", "HTTP2-Settings: AAMAAABk")
    assert exchange(address, create(*offer)).status_code == 200


@pytest.mark.parametrize("upgrade", UPGRADES)
def test_offered_upgrade_is_ignored_with_a_body_in_chunks(address: tuple[str, int], upgrade: str) -> None:
    media_type = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    start = head(
        "POST /v1/videos", media_type, "Transfer-Encoding: chunked", "Connection: Upgrade", f"Upgrade: {upgrade}"
    )
    assert exchange(address, start, chunked(BODY)).status_code == 200


def test_offered_upgrade_is_ignored_on_remix_and_control(address: tuple[str, int]) -> None:
    video = exchange(address, create()).json()["id"]
    exchange(address, head(f"GET /v1/videos/{video}"))
    offer = ("Content-Type: application/json", "Connection: Upgrade", "Upgrade: h2c")
    length = f"Content-Length: {len(JSON)}"
    assert exchange(address, head(f"POST /v1/videos/{video}/remix", *offer, length) + JSON).status_code == 200
    clock = b'{"advance": 1}'
    assert (
        exchange(address, head("POST /_mock/clock", *offer, f"Content-Length: {len(clock)}"), clock).status_code == 200
    )


def test_request_after_one_that_offered_an_upgrade_is_answered_too(address: tuple[str, int]) -> None:
    offer = ("Connection: Upgrade", "Upgrade: h2c")
    first = exchange(address, create(*offer) + head("GET /v1/videos?limit=1"), answers=2)
    assert (first.status_code, first.json()["object"]) == (200, "list")


def test_white_space_after_a_header_is_no_part_of_it(address: tuple[str, int]) -> None:
    assert exchange(address, create(token=f"Bearer {TOKEN} \t ")).status_code == 200


@pytest.mark.parametrize("hosts", [[], ["Host: a", "Host: b"]])
def test_request_without_one_host_is_no_http(address: tuple[str, int], hosts: list[str]) -> None:
    lines = ["GET /v1/videos HTTP/1.1", *hosts, f"Authorization: Bearer {TOKEN}", "", ""]
    answer = exchange(address, "\r\n".join(lines).encode())
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_http_request")


def test_http_1_0_needs_no_host(address: tuple[str, int]) -> None:
    assert (
        exchange(address, f"GET /v1/videos HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()).status_code
        == 200
    )


def test_two_authorization_headers_are_refused(address: tuple[str, int]) -> None:
    assert exchange(address, create(f"Authorization: Bearer {TOKEN}")).status_code == 400


def test_authorization_in_a_trailer_is_none(address: tuple[str, int]) -> None:
    lines = ["POST /v1/videos HTTP/1.1", "Host: x", f"Content-Type: multipart/form-data; boundary={BOUNDARY}"]
    start = "\r\n".join([*lines, "Transfer-Encoding: chunked", "Trailer: Authorization", "", ""]).encode()
    body = chunked(BODY)[:-2] + f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
    assert exchange(address, start, body).status_code == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head("GET /v1/videos?" + "x" * LIMITS.url_bytes), 414),
        (head("GET /v1/videos", "X-Long: " + "x" * LIMITS.head_bytes), 431),
        (head("GET /v1/videos", *["X-Many: 1"] * LIMITS.headers), 431),
        (b"GET /v1/videos HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"x" * 3 * LIMITS.head_bytes, 431),
        (b"GET /" + b"x" * 3 * LIMITS.head_bytes, 414),
    ],
)
def test_head_that_is_too_large_is_refused_in_the_envelope(address: tuple[str, int], sent: bytes, status: int) -> None:
    answer = exchange(address, sent)
    assert (answer.status_code, answer.headers["connection"]) == (status, "close")
    name, rule = {414: ("UrlTooLong", "http.url-limit"), 431: ("HeadTooLarge", "http.head-limit")}[status]
    examples = DOCUMENT["components"]["responses"][name]["content"]["application/json"]["examples"]
    assert answer.json() == examples[rule]["value"]


def test_head_that_does_not_arrive_in_time_ends_the_connection() -> None:
    with served("--head-timeout", "0.3") as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /v1/videos HTTP/1.1\r\nHost:")
            begun = time.monotonic()
            assert client.recv(100) == b""
            assert time.monotonic() - begun < 5


@pytest.fixture(scope="module")
def bounded() -> Iterator[tuple[str, int]]:
    bounds = {"--max-headers": "4", "--max-head-bytes": "300", "--max-url-bytes": "40", "--idle-timeout": "0.2"}
    with served(*(word for pair in bounds.items() for word in pair)) as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        yield host, int(port)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (head("GET /v1/videos?" + "x" * 40), "40"),
        (head("GET /v1/videos", "X-Long: " + "x" * 300), "300 bytes and 4 headers"),
        (head("GET /v1/videos", *["X-Many: 1"] * 4), "300 bytes and 4 headers"),
    ],
)
def test_bounds_of_a_head_are_options(bounded: tuple[str, int], sent: bytes, message: str) -> None:
    assert message in exchange(bounded, sent).json()["error"]["message"]


def test_connection_that_waits_too_long_for_its_next_request_is_closed(bounded: tuple[str, int]) -> None:
    with socket.create_connection(bounded, timeout=10) as client, client.makefile("rb") as received:
        client.sendall(head("GET /v1/videos"))
        assert read_answer(received).status_code == 200
        assert received.read() == b""


def test_body_that_nobody_reads_is_cut_off_after_its_bound() -> None:
    with served("--max-discarded-bytes", "1000") as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client, client.makefile("rb") as received:
            client.sendall(head("POST /v1/videos", "Content-Type: text/plain", "Content-Length: 10000000"))
            assert read_answer(received).status_code in {400, 401, 415}
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                for _ in range(100):
                    client.sendall(b"x" * 100_000)


def test_connection_too_many_gets_503() -> None:
    with served("--max-connections", "1") as (_, told):
        host, port = url(told).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as first, first.makefile("rb") as received:
            first.sendall(head("GET /v1/videos"))
            assert read_answer(received).status_code == 200
            with socket.create_connection((host, int(port)), timeout=10) as second, second.makefile("rb") as refusal:
                assert read_answer(refusal).status_code == 503


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP"])
def test_body_with_a_content_coding_is_refused_by_its_name(coding: str) -> None:
    answer = Mock().body(BODY, **{"content-encoding": coding})
    message = f"Unsupported content encoding: '{coding}'. Send the body without a Content-Encoding."
    refused(answer, 415, "unsupported_content_encoding", None, message)


def test_identity_is_no_coding() -> None:
    assert Mock().body(BODY, **{"content-encoding": "identity"}).status_code == 200


def test_file_field_in_which_nothing_was_chosen_is_missing() -> None:
    empty = file(b"", filename="", content_type="application/octet-stream")
    refused(Mock().post(form(input_reference=empty)), 400, "missing_required_parameter", "input_reference")


@pytest.mark.parametrize("boundary", ["a/b", "a:b", "a=b"])
def test_boundary_that_needed_quotes_is_blamed_on_the_header(boundary: str) -> None:
    mock = Mock()
    body = multipart(form(), boundary)
    assert mock.body(body, f'multipart/form-data; boundary="{boundary}"').status_code == 200
    error = mock.body(body, f"multipart/form-data; boundary={boundary}").json()["error"]
    assert "boundary" in error["message"] and "Content-Type" in error["message"]


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_json_nested_deep_is_no_object(depth: int) -> None:
    mock = Mock(pace="instant")
    path = f"/v1/videos/{mock.poll(mock.create())['id']}/remix"
    body = b'{"prompt":' + b"[" * depth + b"]" * depth + b"}"
    assert mock.send("POST", path, {"content-type": "application/json"}, content=body).status_code == 400


def test_secret_in_a_query_is_not_recorded() -> None:
    mock = Mock()
    mock.send("GET", "/v1/videos/x?api_key=hidden&limit=1")
    [request] = mock.control.requests
    assert (request["path"], request["query"]) == ("/v1/videos/x", "api_key=***&limit=1")


def test_query_of_a_retrieval_is_no_part_of_its_path(address: tuple[str, int]) -> None:
    video = exchange(address, create()).json()["id"]
    assert exchange(address, head(f"GET /v1/videos/{video}?anything=1")).status_code == 200


def test_text_field_stays_where_no_file_was_chosen() -> None:
    assert Mock().post([*form(), text("prompt2", "x")]).status_code == 400


def test_padding_behind_a_boundary_is_accepted_over_a_socket(address: tuple[str, int]) -> None:
    line = b"--" + BOUNDARY.encode()
    padded = BODY.replace(line + b"\r\n", line + b" \t\r\n")
    assert exchange(address, create(body=padded)).status_code == 200


def test_mock_in_this_process_keeps_the_bounds_of_its_settings() -> None:
    mock = VideosMock(Settings(max_headers=3))
    try:
        host, port = mock.url.removeprefix("http://").split(":")
        assert exchange((host, int(port)), head("GET /v1/videos", "X-Many: 1", "X-Many: 2")).status_code == 431
    finally:
        mock.close()
