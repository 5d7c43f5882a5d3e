"""The sender of webhooks: what a receiver answered, whom it may be, and the signature."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from mockserver.webhooks.events import Event, headers
from mockserver.webhooks.sender import Reply, Sender, seconds_of
from mockserver.webhooks.target import parse_target
from tests.mock.receiver import SECRET, Receiver, receiving
from tests.mock.test_webhooks import EVENT, KEY
from tests.mock.vocabulary import NOW


def reply_of(receiver: Receiver, **changed: Any) -> Reply:
    """What a sender makes of one try."""

    async def post() -> Reply:
        sender = Sender(**{"target": parse_target(receiver.url), "key": KEY, "allowed": (), "wall": time, **changed})
        try:
            return await sender.post(EVENT)
        finally:
            await sender.close()

    return asyncio.run(post())


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (204, Reply("204", is_delivered=True, is_final=True)),
        (302, Reply("302", is_final=True)),
        (410, Reply("410", is_final=True)),
        (502, Reply("502")),
        ((429, {"retry-after": "7"}), Reply("429", wait=7)),
        ((503, {"retry-after": "soon"}), Reply("503")),
        ((503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}), Reply("503")),
    ],
)
def test_answer_of_a_receiver_is_understood(answer: Any, reply: Reply) -> None:
    with receiving(answer) as receiver:
        assert reply_of(receiver) == reply


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "-5",
        "1.5",
        "1e9",
        "nan",
        "inf",
        "\u0663".encode().decode("latin-1"),
        "\xb2",
        "Wed, 21 Oct 9999 07:28:00 +9999",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "Mon, 99 Jan 2026 99:99:99 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
        "1 2 3 4 5 6",
        ", ; ()",
    ],
)
def test_odd_retry_after_is_passed_over(odd: str) -> None:
    with receiving((503, {"retry-after": odd})) as receiver:
        assert reply_of(receiver).told == "503"


def test_retry_after_of_any_length_is_a_number_of_seconds() -> None:
    with receiving((503, {"retry-after": "9" * 5000})) as receiver:
        assert 10**17 < reply_of(receiver).wait < 10**19


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60))
def test_no_retry_after_is_an_error(text: str) -> None:
    assert seconds_of(text, NOW) >= 0


def test_pause_until_a_date_is_understood() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with receiving((503, {"retry-after": later})) as receiver:
        assert 60 < reply_of(receiver).wait <= 90


def test_receiver_that_is_not_there_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    reply = reply_of(Receiver(f"http://127.0.0.1:{port}/"))
    assert not reply.is_final and f"127.0.0.1 port {port}: " in reply.told


def test_receiver_that_hangs_up_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def post() -> Reply:
            sender = Sender(parse_target(f"http://127.0.0.1:{server.getsockname()[1]}/"), KEY, (), time)
            trying = asyncio.ensure_future(sender.post(EVENT))
            connection, _ = await asyncio.to_thread(server.accept)
            connection.close()
            reply = await trying
            await sender.close()
            return reply

        reply = asyncio.run(post())
    assert not reply.is_delivered and not reply.is_final and reply.told


def test_receiver_that_never_answers_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.webhooks.sender.SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        reply = reply_of(Receiver(f"http://127.0.0.1:{server.getsockname()[1]}/"))
    assert reply == Reply("no answer within 0.05 s")


def resolving(*addresses: str) -> Any:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return resolve


def test_name_that_leads_elsewhere_is_not_connected_to() -> None:
    reply = reply_of(Receiver("http://hooks.example/"), resolve=resolving("127.0.0.1", "192.0.2.1"))
    message = "hooks.example (192.0.2.1) is not this machine; --webhook-allow hooks.example allows it"
    assert reply == Reply(message, is_final=True)


def test_allowed_name_is_connected_to_by_its_address_and_called_by_its_name() -> None:
    with receiving() as receiver:
        named = Receiver(receiver.url.replace("127.0.0.1", "hooks.example"))
        reply = reply_of(named, resolve=resolving("127.0.0.1"), allowed=("hooks.example",))
        assert reply.is_delivered
        assert receiver.next().headers["host"] == named.url.split("/")[2]


def test_next_address_of_a_name_is_tried_where_one_refuses() -> None:
    with receiving() as receiver:
        assert reply_of(receiver, resolve=resolving("127.0.0.2", "127.0.0.1")).is_delivered


def test_name_without_an_address_is_worth_another_try() -> None:
    assert reply_of(Receiver("http://hooks.invalid/"), resolve=resolving()) == Reply("the host has no address")

    async def failing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert reply_of(Receiver("http://hooks.invalid/"), resolve=failing) == Reply("Name or service not known")


def test_receiver_without_tls_is_told_apart() -> None:
    with receiving() as receiver:
        reply = reply_of(Receiver(receiver.url.replace("http:", "https:")))
    assert not reply.is_delivered and "SSL" in reply.told


@given(body=st.binary(), timestamp=st.integers(0, 2**37))
def test_signature_is_that_of_the_reference_library(body: bytes, timestamp: int) -> None:
    event = Event("evt_1", "video.completed", body.hex().encode())
    sent = headers(KEY, event, timestamp)
    when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=timestamp)
    assert sent["webhook-signature"] == Webhook(SECRET).sign("evt_1", when, event.body.decode())


def test_changed_body_or_other_secret_is_noticed() -> None:
    sent = headers(KEY, EVENT, int(time()))
    other = Webhook("whsec_b3RoZXI=")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(EVENT.body + b" ", sent)
    with pytest.raises(WebhookVerificationError):
        other.verify(EVENT.body, sent)
