"""Who may control the mock."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.control.access import Access, is_loopback
from tests.mock.vocabulary import (
    TOKEN,
    Mock,
    envelope,
)

CONTROL = "control-secret"
OURS = {"host": "localhost:8000"}
FOREIGN = "control_forbidden"


@pytest.mark.parametrize(
    ("peer", "headers", "passes"),
    [
        ("127.0.0.1", OURS, True),
        ("127.9.9.9", {"host": "127.0.0.1"}, True),
        ("::1", {"host": "[::1]:8000"}, True),
        ("::ffff:127.0.0.1", {"host": "LOCALHOST"}, True),
        ("127.0.0.1", {**OURS, "origin": "http://localhost:8000"}, True),
        ("192.0.2.1", OURS, False),
        (
            "10.0.0.1",
            {**OURS, "x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-real-ip": "127.0.0.1"},
            False,
        ),
        ("::ffff:192.0.2.1", OURS, False),
        ("fe80::1%eth0", OURS, False),
        ("no address", OURS, False),
        ("127.0.0.1", {"host": "evil.example"}, False),
        ("127.0.0.1", {"host": "127.0.0.1.evil.example:8000"}, False),
        ("127.0.0.1", {"host": "localhost.evil.example"}, False),
        ("127.0.0.1", {"host": "192.0.2.1:8000"}, False),
        ("127.0.0.1", {"host": "[::1"}, False),
        ("127.0.0.1", {"host": ""}, False),
        ("127.0.0.1", {**OURS, "origin": "http://evil.example"}, False),
        ("127.0.0.1", {**OURS, "origin": "null"}, False),
        ("127.0.0.1", {**OURS, "origin": "http://localhost:3000"}, False),
        ("127.0.0.1", {**OURS, "origin": "https://localhost:8000"}, False),
        ("127.0.0.1", {**OURS, "authorization": "Bearer anything"}, True),
    ],
)
def test_control_answers_this_machine_alone(peer: str, headers: dict[str, str], passes: bool) -> None:  # noqa: FBT001
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    broken = Access(None).broken(peer, "http", sent)
    assert (broken is None) == passes
    assert passes or broken[0] == "control.peer"  # type: ignore[index]


@pytest.mark.parametrize(
    "host",
    [
        "me@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1?x",
        "127.0.0.1#x",
        "127.0.0.1:x",
        "127.0.0.1:123456",
        "127.0.0.1:1:2",
        "[::1",
        "::1",
        "[::1%25eth0]",
        "[::1]x",
        "%31%32%37.0.0.1",
        "localhost,evil.example",
        "evil.example:80@localhost",
        "localhost\\evil.example",
        " localhost",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "\u0661\u0662\u0667.0.0.1",
        "",
    ],
)
def test_host_of_another_form_is_no_name_of_this_machine(host: str) -> None:
    assert Access(None).broken("127.0.0.1", "http", [(b"host", host.encode())]) is not None


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:80", "127.9.9.9", "[::1]:80"])
def test_host_that_names_the_loopback_passes(host: str) -> None:
    assert Access(None).broken("127.0.0.1", "http", [(b"host", host.encode())]) is None


@pytest.mark.parametrize(
    "headers", [[], [(b"host", b"localhost"), (b"host", b"evil.example")], [(b"host", b"localhost")] * 2]
)
def test_host_that_is_not_there_once_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    assert Access(None).broken("127.0.0.1", "http", headers) is not None


def test_sender_without_an_address_is_refused() -> None:
    assert Access(None).broken(None, "http", [(b"host", b"localhost")]) == (
        "control.peer",
        {"reason": "the sender is another"},
    )


@given(st.ip_addresses())
def test_loopback_is_what_the_address_space_says(address: Any) -> None:
    assert is_loopback(str(address)) == (
        address.is_loopback or bool(getattr(address, "ipv4_mapped", None) and address.ipv4_mapped.is_loopback)
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Basic control-secret", 401),
        (f"Bearer {TOKEN}", 401),
        ("Bearer control-secre", 401),
        ("Bearer control-secret", 200),
        ("bearer  control-secret", 200),
    ],
)
@pytest.mark.parametrize("host", ["localhost", "mock.example"])
def test_control_token_is_all_that_counts_where_there_is_one(sent: str | None, status: int, host: str) -> None:
    mock = Mock(control_token=CONTROL)
    answer = mock.tell("GET", "health", {"authorization": sent, "host": host})
    assert answer.status_code == status
    if status == 401:
        assert (envelope(answer)["code"], answer.headers["www-authenticate"]) == ("invalid_control_token", "Bearer")
        assert "secre" not in answer.text


def test_control_token_is_no_token_of_the_api() -> None:
    assert Mock(control_token=CONTROL).post(authorization="Bearer control-secret").status_code == 401


@pytest.mark.parametrize("token", [None, "control-secret"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_page_of_another_site_is_let_into_the_api_and_never_into_control(token: str | None, method: str) -> None:
    mock = Mock(control_token=token)
    page = {
        "origin": "http://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    controlled = mock.tell(method, "clock", page)
    assert controlled.status_code in (401, 403, 405)
    assert [name for name in controlled.headers if name.startswith("access-control")] == []
    assert mock.send(method, "/v1/videos", page).headers["access-control-allow-origin"] == "*"


# Over a real socket.
