"""Webhooks: what is sent, to whom, when, and how often."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import httpx
import jsonschema_rs
import openai
import pytest
from standardwebhooks.webhooks import Webhook

from mockserver import Settings
from mockserver.command_line import read_settings
from mockserver.jobs.job import JobState
from mockserver.settings import UsageError
from mockserver.spec.document import DocumentError, default_path, parse_document, read_document
from mockserver.testing import VideosMock
from mockserver.webhooks.events import EventSchema, read_secret
from mockserver.webhooks.target import Target, TargetError, check_target, parse_host, parse_target
from tests.mock.receiver import SECRET, Delivery, Receiver, receiving
from tests.mock.test_cli import misused, served, url
from tests.mock.vocabulary import BOUNDARY, DOCUMENT, NOW, TOKEN, form, multipart

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
