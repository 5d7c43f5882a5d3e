"""Webhooks: what is sent, to whom, when, and how often."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from time import time
from typing import Any

import httpx
import jsonschema_rs
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from mockserver import Settings
from mockserver.command_line import read_settings
from mockserver.jobs.job import JobState
from mockserver.settings import UsageError
from mockserver.spec.document import DocumentError, default_path, parse_document, read_document
from mockserver.testing import VideosMock
from mockserver.webhooks import dispatcher as dispatching
from mockserver.webhooks.dispatcher import ATTEMPTS, Dispatcher
from mockserver.webhooks.events import Event, EventSchema, headers, read_secret
from mockserver.webhooks.sender import Reply, Sender, seconds_of
from mockserver.webhooks.target import Target, TargetError, check_target, parse_host, parse_target
from tests.mock.receiver import SECRET, Delivery, Receiver, receiving
from tests.mock.test_cli import misused, served, url
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, NOW, TOKEN, Clock, form, multipart

BEARER = {"authorization": f"Bearer {TOKEN}"}
KEY = read_secret(SECRET)
RANDOM = Random(1)  # noqa: S311 - ids of a mock are no secrets
SHAPE = EventSchema(read_document(default_path()), RANDOM)
FAILED = JobState("failed", 40)
EVENT = SHAPE.event(JobState("completed", 100, 1760592502), "video_1", NOW)


@contextmanager
def mocked(*argv: str) -> Iterator[VideosMock]:
    """A mock on a socket, with the options of the command; its time stands still."""
    mock = VideosMock(read_settings(argv, {}))
    mock.freeze()
    try:
        assert mock.url
        yield mock
    finally:
        mock.close()


@contextmanager
def hooked(receiver: Receiver, *argv: str) -> Iterator[VideosMock]:
    with mocked("--webhook", receiver.url, "--webhook-secret", SECRET, *argv) as mock:
        yield mock


def create(mock: VideosMock) -> dict[str, Any]:
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    answer = httpx.post(
        f"{mock.url}/v1/videos", headers={**BEARER, "content-type": content_type}, content=multipart(form())
    )
    video: dict[str, Any] = answer.json()
    return video


def poll(mock: VideosMock, video: dict[str, Any]) -> str:
    status: str = httpx.get(f"{mock.url}/v1/videos/{video['id']}", headers=BEARER).json()["status"]
    return status


def told(delivery: Delivery) -> tuple[str, str]:
    """Type and video, of a delivery that the reference library verifies."""
    payload = Webhook(SECRET).verify(delivery.body, delivery.headers)
    return payload["type"], payload["data"]["id"]


def test_completed_video_is_told_once_and_the_openai_client_unwraps_it() -> None:
    with receiving() as receiver, hooked(receiver) as mock:
        video = create(mock)
        mock.advance(600)
        delivery = receiver.next()
        with openai.OpenAI(api_key="x", webhook_secret=SECRET) as client:
            event: Any = client.webhooks.unwrap(delivery.body, delivery.headers)  # its types lack this event
        assert (event.type, event.data.id) == ("video.completed", video["id"])
        assert (
            event.created_at == httpx.get(f"{mock.url}/v1/videos/{video['id']}", headers=BEARER).json()["completed_at"]
        )
        mock.advance(600)
        second = create(mock)
        mock.advance(600)
        assert told(receiver.next()) == ("video.completed", second["id"])


def test_payload_is_that_of_the_document() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "instant") as mock:
        create(mock)
        payload = json.loads(receiver.next().body)
    schema = {"$ref": "#/components/schemas/VideoCompletedEvent", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(payload)
    assert list(payload) == ["id", "object", "created_at", "type", "data"]


@pytest.mark.parametrize(
    ("name", "state"), [("VideoCompletedEvent", JobState("completed", 100, 1760592502)), ("VideoFailedEvent", FAILED)]
)
def test_examples_of_the_document_are_what_is_sent(name: str, state: JobState) -> None:
    example = DOCUMENT["components"]["examples"][name]["value"]
    sent = json.loads(SHAPE.event(state, example["data"]["id"], example["created_at"]).body)
    assert {**sent, "id": example["id"]} == example
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(example)


def test_nothing_is_sent_before_the_end() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "queue=1,render=600") as mock:
        video = create(mock)
        mock.advance(600)
        assert poll(mock, video) == "in_progress"
        assert receiver.arrived.empty()
        mock.advance(1)
        assert told(receiver.next()) == ("video.completed", video["id"])


def test_video_that_is_to_fail_is_told_when_it_does() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "queue=0,render=100") as mock:
        mock.fail_next("fail=moderation_blocked, at=40")
        video = create(mock)
        mock.advance(39)
        assert poll(mock, video) == "in_progress"
        mock.advance(1)
        assert told(receiver.next()) == ("video.failed", video["id"])


def test_video_that_stalls_is_never_told() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "queue=0,render=100") as mock:
        mock.fail_next("stall")
        create(mock)
        other = create(mock)
        mock.advance(100)
        assert told(receiver.next()) == ("video.completed", other["id"])
        assert receiver.arrived.empty()


def test_polled_video_is_told_when_its_last_poll_happens_and_not_again() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "polls:2") as mock:
        first, second = create(mock), create(mock)
        assert poll(mock, first) == "queued" and receiver.arrived.empty()
        assert [poll(mock, first), poll(mock, first)] == ["completed", "completed"]
        poll(mock, second)
        poll(mock, second)
        assert [told(receiver.next())[1] for _ in range(2)] == [first["id"], second["id"]]


def test_remix_is_told_too() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "instant") as mock:
        video = create(mock)
        remix = httpx.post(f"{mock.url}/v1/videos/{video['id']}/remix", headers=BEARER, json={"prompt": "x"}).json()
        assert {told(receiver.next())[1] for _ in range(2)} == {video["id"], remix["id"]}


def test_resumed_clock_tells_what_became_due() -> None:
    with receiving() as receiver, hooked(receiver, "--pace", "queue=0,render=0.1") as mock:
        video = create(mock)
        mock.resume()
        assert told(receiver.next())[1] == video["id"]


@pytest.mark.parametrize("status", [500, 503, 429, 408, 409])
def test_delivery_is_tried_again_in_the_same_words_until_it_is_taken(status: int) -> None:
    with receiving(status, status) as receiver, hooked(receiver, "--pace", "instant") as mock:
        create(mock)
        tries = [receiver.next(mock, seconds=1) for _ in range(3)]
        assert len({(delivery.headers["webhook-id"], delivery.body) for delivery in tries}) == 1
        assert tries[0].headers["webhook-id"] == json.loads(tries[0].body)["id"]
        assert {told(delivery)[0] for delivery in tries} == {"video.completed"}


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
def test_refused_delivery_is_given_up_and_no_redirect_followed(status: int) -> None:
    with receiving((status, {"location": "/elsewhere"})) as receiver, hooked(receiver, "--pace", "instant") as mock:
        create(mock)
        assert receiver.next().path == "/hook"
        second = create(mock)
        assert told(receiver.next(mock, seconds=60))[1] == second["id"]


def test_deleted_video_is_told_no_more() -> None:
    with receiving(500) as receiver, hooked(receiver, "--pace", "instant") as mock:
        video = create(mock)
        assert told(receiver.next())[1] == video["id"]
        assert httpx.delete(f"{mock.url}/v1/videos/{video['id']}", headers=BEARER).status_code == 200
        second = create(mock)
        assert told(receiver.next(mock, seconds=60))[1] == second["id"]


def test_video_that_is_gone_before_its_end_is_not_told() -> None:
    dispatcher, sent = dispatcher_of(list, state=None)
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    assert sent == []


def dispatcher_of(
    replies: Callable[[], list[Reply]], state: JobState | None = FAILED, clock: Any = None
) -> tuple[Dispatcher, list[Event]]:
    """A dispatcher whose deliveries are answered by ``replies`` in turn, and the events that it sent."""
    sent: list[Event] = []
    waiting = replies()

    async def send(event: Event) -> Reply:
        sent.append(event)
        return waiting.pop(0) if waiting else Reply("200", is_delivered=True)

    async def close() -> None:
        """Nothing is open."""

    return Dispatcher(lambda _owner, _video_id: state, send, close, clock or Clock()), sent


def drive(dispatcher: Dispatcher, *steps: Callable[[], Any]) -> None:
    """Run a dispatcher through ``steps``, and let it do after each what it can."""

    async def driven() -> None:
        task = asyncio.ensure_future(dispatcher.run())
        for step in (lambda: None, *steps):
            step()
            dispatcher.nudge()
            for _ in range(10):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(driven())


def test_failed_video_is_told_as_failed() -> None:
    dispatcher, sent = dispatcher_of(list)
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    [event] = sent
    assert (event.type, json.loads(event.body)["created_at"]) == ("video.failed", int(NOW))


def test_video_that_is_not_finished_after_all_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    dispatcher, sent = dispatcher_of(list, JobState("in_progress", 99))
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE))
    assert sent == [] and caplog.records == []


def tries_after(reply: Reply, *seconds: float) -> list[int]:
    """How many tries were made, each refused, when so many seconds had passed since the one before."""
    clock = Clock()
    dispatcher, sent = dispatcher_of(lambda: [reply] * 99, clock=clock)
    counts: list[int] = []

    def passing(pause: float) -> Callable[[], None]:
        def step() -> None:
            counts.append(len(sent))
            clock.advance(pause)

        return step

    drive(
        dispatcher,
        lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE),
        *(passing(pause) for pause in seconds),
        lambda: counts.append(len(sent)),
    )
    return counts


def test_pause_between_tries_doubles_and_the_tries_end() -> None:
    assert tries_after(Reply("500"), 0.9, 0.1, 1.9, 0.1, 4, 8, 16, 32, 64, 1000, 1000) == [
        1,
        1,
        2,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        8,
        8,
    ]
    assert ATTEMPTS == 8


def test_final_refusal_is_tried_once(caplog: pytest.LogCaptureFixture) -> None:
    assert tries_after(Reply("410", is_final=True), 1, 1000) == [1, 1, 1]
    assert "webhook of video_1 is given up, tries: 1, the last: 410" in caplog.text


def test_pause_that_the_receiver_asks_for_is_kept_up_to_ten_minutes() -> None:
    assert tries_after(Reply("429", wait=30), 29, 1) == [1, 1, 2]
    assert tries_after(Reply("429", wait=1e9), 599, 1) == [1, 1, 2]
    assert tries_after(Reply("429", wait=0.1), 0.9, 0.1) == [1, 1, 2]


def test_failure_of_our_own_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    clock, asked = Clock(), []

    def outcome(_owner: str, video_id: str) -> JobState:
        asked.append(video_id)
        if len(asked) == 1:
            raise OSError("the disk is away")
        return FAILED

    dispatcher, sent = dispatcher_of(list, clock=clock)
    dispatcher._outcome = outcome
    drive(dispatcher, lambda: dispatcher.expect("owner", "video_1", NOW, SHAPE), lambda: clock.advance(1))
    assert len(sent) == 1 and "the disk is away" in caplog.text


def test_more_than_may_wait_is_told_and_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatching, "MOST", 1)
    dispatcher, sent = dispatcher_of(list)
    dispatcher.expect("owner", "video_1", NOW, SHAPE)
    dispatcher.expect("owner", "video_2", NOW, SHAPE)
    drive(dispatcher)
    assert len(sent) == 1 and "webhook of video_2 is not sent" in caplog.text


def test_events_come_in_the_order_in_which_videos_end() -> None:
    clock = Clock()
    dispatcher, sent = dispatcher_of(list, clock=clock)
    moments = {"video_1": 3.0, "video_2": 1.0, "video_3": 2.0}
    for video_id, moment in moments.items():
        dispatcher.expect("owner", video_id, NOW + moment, SHAPE)
    drive(dispatcher, lambda: clock.advance(5))
    assert [json.loads(event.body)["data"]["id"] for event in sent] == ["video_2", "video_3", "video_1"]


def test_clock_that_stands_still_is_not_asked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "STANDING", 0.05)
    asked = 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        return NOW

    dispatcher, sent = dispatcher_of(list, clock=clock)
    dispatcher.expect("owner", "video_1", NOW + 0.001, SHAPE)

    async def watched() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(dispatcher.run(), 0.3)

    asyncio.run(watched())
    assert 2 < asked < 30 and sent == []


def test_nudge_of_a_dispatcher_that_does_not_run_harms_nobody() -> None:
    dispatcher, sent = dispatcher_of(list)
    dispatcher.nudge()
    drive(dispatcher)
    dispatcher.nudge()
    assert sent == []


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


HOOK = ("--webhook", "http://127.0.0.1:9/")
SIGNED = ("--webhook-secret", SECRET)
NO_SECRET = "argument --webhook-secret: this is no secret; allowed: whsec_ and a key in base64"
NO_URL = "is no URL to post to; allowed: http:// or https://, a host, a port and a path"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (HOOK, "argument --webhook-secret: missing; each webhook is signed with it"),
        (SIGNED, "argument --webhook: missing; --webhook-secret and --webhook-allow belong to it"),
        (("--webhook-allow", "x"), "argument --webhook: missing; --webhook-secret and --webhook-allow belong to it"),
        ((*HOOK, "--webhook-secret", "dGVzdA=="), NO_SECRET),
        ((*HOOK, "--webhook-secret", "whsec_"), NO_SECRET),
        ((*HOOK, "--webhook-secret", "whsec_te st"), NO_SECRET),
        ((*HOOK, "--webhook-secret", "whsec_é"), NO_SECRET),
        ((*SIGNED, "--webhook", "127.0.0.1:9"), f"argument --webhook: '127.0.0.1:9' {NO_URL}"),
        ((*SIGNED, "--webhook", "ftp://127.0.0.1/"), f"argument --webhook: 'ftp://127.0.0.1/' {NO_URL}"),
        ((*SIGNED, "--webhook", "http:///x"), f"argument --webhook: 'http:///x' {NO_URL}"),
        ((*SIGNED, "--webhook", "http://h:x/"), f"argument --webhook: 'http://h:x/' {NO_URL}"),
        ((*SIGNED, "--webhook", "http://h:0/"), f"argument --webhook: 'http://h:0/' {NO_URL}"),
        ((*SIGNED, "--webhook", "http://a:b@h/"), f"argument --webhook: 'http://a:b@h/' {NO_URL}"),
        ((*SIGNED, "--webhook", "http://h /"), f"argument --webhook: 'http://h /' {NO_URL}"),
        ((*SIGNED, "--webhook", "http://[::1/"), f"argument --webhook: 'http://[::1/' {NO_URL}"),
        (
            (*HOOK, *SIGNED, "--webhook-allow", "http://h"),
            "argument --webhook-allow: 'http://h' is no host; allowed: a name or an address, without scheme and port",
        ),
        (
            (*SIGNED, "--webhook", "http://192.0.2.1/"),
            "192.0.2.1 is not this machine; --webhook-allow 192.0.2.1 allows it",
        ),
    ],
)
def test_misused_webhook_is_told_in_one_line(argv: tuple[str, ...], message: str) -> None:
    assert misused(*argv) == message


def test_secret_is_never_told() -> None:
    assert "hunter2" not in misused(*HOOK, "--webhook-secret", "hunter2")


def test_host_that_has_no_address_yet_must_be_allowed_by_name() -> None:
    target = parse_target("http://nowhere.invalid/")
    with pytest.raises(TargetError, match=r"^--webhook: nowhere\.invalid: "):
        check_target(target, ())
    check_target(target, ("nowhere.invalid",))


def test_allowed_host_may_be_anywhere() -> None:
    target = parse_target("http://Hooks.example/")
    assert target.reachable(["192.0.2.1"], {parse_host("hooks.Example")}) == ["192.0.2.1"]
    check_target(parse_target("http://192.0.2.1/"), ("192.0.2.1",))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "127.9.9.9"])
def test_this_machine_needs_no_permission(host: str) -> None:
    check_target(parse_target(f"http://{host}:9/"), ())


@pytest.mark.parametrize(
    ("text", "host"),
    [("Hooks.Example", "hooks.example"), ("[::1]", "::1"), ("fe80::1", "fe80::1"), ("192.0.2.1", "192.0.2.1")],
)
def test_hosts_are_allowed_as_they_stand_in_a_url(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize("text", ["", "h:80", "a/b", "a b", "u@h", "*"])
def test_other_hosts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        parse_host(text)


def test_settings_in_python_are_held_to_the_same() -> None:
    with pytest.raises(UsageError, match="--webhook-secret: missing"):
        Settings(webhook=Target("http://127.0.0.1/", "127.0.0.1", 80))


@pytest.mark.parametrize("missing", ["webhooks", "videoFailed", "schema"])
def test_document_without_the_webhooks_is_refused_where_they_are_asked_for(missing: str) -> None:
    text = default_path().read_text("utf-8").replace(f"{missing}:", "x-gone:", 99)
    with pytest.raises(DocumentError, match=missing):
        EventSchema(parse_document(text), RANDOM)


def test_mock_that_never_sent_anything_ends_too() -> None:
    with receiving() as receiver, hooked(receiver):
        assert receiver.arrived.empty()


def test_command_sends_webhooks_and_ends_while_one_waits() -> None:
    with (
        receiving(500) as receiver,
        served("--pace", "instant", MOCKSERVER_WEBHOOK=receiver.url, MOCKSERVER_WEBHOOK_SECRET=SECRET) as (
            process,
            told_,
        ),
    ):
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
        sent = {**BEARER, "content-type": content_type}
        httpx.post(f"{url(told_)}/v1/videos", headers=sent, content=multipart(form()))
        assert told(receiver.next())[0] == "video.completed"
        process.terminate()
        assert process.wait(10) == 0
