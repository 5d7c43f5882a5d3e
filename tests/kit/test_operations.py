"""List, content, remix and deletion: judged on right and wrong servers, paid for, recorded, and never at others' cost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.session import Outcome
from contract_tests.spec.document import default_path
from mockserver.app import create_app
from mockserver.settings import Settings as MockSettings
from tests.faults import CATALOGUE, CORRECT
from tests.faults.checks import Refusal
from tests.faults.library import LIBRARY
from tests.faults.server import Service
from tests.faults.wire import Request
from tests.kit.test_spending import Counted
from tests.kit.vocabulary import HERE, TOKEN, broken, clean, command, edited, judge, reasons, run

HEADS = ("list.", "content.", "remix.", "delete.", "json.")


def verdicts(outcome: Outcome) -> dict[str, str]:
    """What each rule of these operations came to."""
    return {one.rule.id: one.verdict for one in outcome.verdicts if one.rule.id.startswith(HEADS)}


def test_a_right_server_keeps_every_rule_of_them() -> None:
    left = {rule for rule, verdict in verdicts(judge(CORRECT["clean"].build())).items() if verdict != "holds"}
    # Nothing is known to be another token; whether the videos of a quick run are of one second is chance.
    own = {"list.own", "content.own", "remix.own", "delete.own"}
    assert left - {"list.order", "list.order.default"} == own


def test_who_takes_any_token_must_keep_their_videos_apart() -> None:
    outcome = judge(CORRECT["any-token"].build(), only=frozenset({"list.own"}))
    assert verdicts(outcome)["list.own"] == "holds"


def test_the_mock_keeps_the_videos_of_any_token_apart() -> None:
    outcome = judge(create_app(MockSettings()), only=frozenset({"list.own"}), strict=False)
    assert verdicts(outcome)["list.own"] == "holds"


@pytest.mark.parametrize("name", ["create-only", "create-and-retrieve", "create-and-delete"])
def test_a_server_that_lacks_them_is_not_at_fault(name: str) -> None:
    outcome = judge(CORRECT[name].build())
    assert not broken(outcome)
    assert set(verdicts(outcome).values()) == {"untested"}
    assert "lacks the operation" in reasons(outcome)["list.page"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_operation_that_answers_only_so_is_lacking(status: int) -> None:
    def lacking(name: str, service: Service, request: Request) -> None:
        if name == "list":
            raise Refusal(status, None, None, "There is no such thing.")
        LIBRARY.knows(name, service, request)

    outcome = judge(clean(beyond=replace(LIBRARY, knows=lacking).serve), only=frozenset({"list.page"}))
    assert not broken(outcome)
    assert "lacks the operation" in reasons(outcome)["list.page"]


def test_a_remix_is_paid_for_like_a_creation() -> None:
    server = Counted(CORRECT["clean"].build())
    outcome = judge(server, spend=100)
    assert verdicts(outcome)["remix.answer"] == "holds"
    assert outcome.accepted == server.accepted


@pytest.mark.parametrize("cap", [0, 2])
def test_nothing_is_remixed_where_nothing_more_may_be_accepted(cap: int) -> None:
    server = Counted(CORRECT["clean"].build())
    outcome = judge(server, spend=cap)
    assert server.accepted == cap
    expected = f"no more than {cap} may be accepted" if cap else "no video was created"
    assert expected in reasons(outcome)["remix.answer"]


def test_of_three_creations_one_is_a_remix_where_a_video_can_be_remixed() -> None:
    outcome = judge(CORRECT["clean"].build(), spend=3)
    assert (outcome.accepted, verdicts(outcome)["remix.answer"]) == (3, "holds")


@pytest.mark.parametrize("name", ["create-only", "patient", "failing-jobs"])
def test_of_three_creations_none_is_kept_back_where_nothing_can_be_remixed(name: str) -> None:
    server = Counted(CORRECT[name].build())
    assert not broken(judge(server, spend=3))
    assert server.accepted == 3


class Noted:
    """A right server that notes the ids of the videos that are created, and of those that are to be deleted."""

    def __init__(self) -> None:
        self.app = CORRECT["clean"].build()
        self.deleted: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "DELETE" and scope["path"].count("/") == 3:
            self.deleted.append(scope["path"].rpartition("/")[2])
        await self.app(scope, receive, send)


def test_one_video_alone_is_deleted_and_it_is_of_the_run(tmp_path: Path) -> None:
    server = Noted()
    judge(server, journal=tmp_path / "j")
    made = (tmp_path / "j").read_text()
    named = set(server.deleted) - {f"video_{48 * '0'}"}
    assert named and all(video in made for video in named)
    left = judge(server, only=frozenset({"list.page"}))
    assert not broken(left)


def test_a_resumed_run_pays_for_no_remix_again_and_misses_no_video_that_it_has_deleted(tmp_path: Path) -> None:
    server = Counted(CORRECT["clean"].build())
    first = judge(server, spend=100, journal=tmp_path / "j")
    again = judge(server, spend=100, journal=tmp_path / "j", resume=True)
    assert not broken(again)
    assert server.accepted == first.accepted == again.accepted


RECORDED = ("list-after-skips", "content-video-turned", "content-range-short", "remix-size-lost", "delete-stays")


@pytest.mark.parametrize("name", RECORDED)
def test_a_journal_is_judged_as_the_run_was(name: str, tmp_path: Path) -> None:
    words = ("--strict", "--extensions")
    live = run(CATALOGUE[name].build(), "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), *words)
    again = command("judge", str(tmp_path / "journal.jsonl"), *words)
    assert live[0] == again[0] == 1
    assert named(live[1]) == named(again[1])


def named(out: str) -> set[str]:
    return {line.split()[1] for line in out.splitlines() if line.startswith("BROKEN ")}


def test_a_journal_is_judged_by_what_the_document_asks_now(tmp_path: Path) -> None:
    judge(CATALOGUE["list-limit-101"].build(), journal=tmp_path / "j")
    words = ("judge", str(tmp_path / "j"), "--strict", "--extensions")
    assert command(*words)[0] == 1
    document = edited(tmp_path, ("maximum: 100, default: 20", "maximum: 101, default: 20"))
    assert command(*words, "--document", str(document))[0] == 0


def test_what_a_journal_holds_of_a_film_is_no_film(tmp_path: Path) -> None:
    judge(CORRECT["clean"].build(), journal=tmp_path / "j")
    assert '"seen":{"type":"video/mp4"' in (tmp_path / "j").read_text()


def test_a_range_can_be_asked_for_again(tmp_path: Path) -> None:
    run(CATALOGUE["content-range-200"].build(), "--token", TOKEN, "--profile", "quick", "--report", str(tmp_path), "--extensions")  # fmt: skip
    (script, *_) = (tmp_path / "findings").glob("content.range-*/curl.sh")
    assert "'Range: bytes=" in script.read_text() and f"{HERE}/v1/videos/video_" in script.read_text()


EDITS = {
    "list.limit.maximum": ("maximum: 100, default: 20", "maximum: 50, default: 20"),
    "list.limit.default": ("maximum: 100, default: 20", "maximum: 100, default: 10"),
    "list.order": ("enum: [desc, asc], default: desc", "enum: [desc, asc, rand], default: desc"),
    "list.page": ("const: list}", "const: page}"),
    "delete.answer": ("const: video.deleted}", "const: video.gone}"),
    "content.variant": ("enum: [video, thumbnail, spritesheet]", "enum: [video, thumbnail, sprite]"),
    "content.type": ("            image/webp: {schema", "            image/avif: {schema"),
    "remix.prompt.max-length": (
        LAST := "          maxLength: 32000\n          examples: [The same",
        LAST.replace("32000", "3200"),
    ),
}


@pytest.mark.parametrize("rule", EDITS)
def test_an_edit_given_to_the_kit_alone_is_found(rule: str, tmp_path: Path) -> None:
    document = edited(tmp_path, EDITS[rule])
    assert broken(judge(CORRECT["clean"].build(), document=document, only=frozenset({rule}))) >= {rule}


def test_a_document_without_them_has_no_rules_of_them(tmp_path: Path) -> None:
    text = default_path().read_text(encoding="utf-8")
    for name in ("listVideos", "deleteVideo", "downloadContent", "remixVideo"):
        text = text.replace(f"operationId: {name}\n", f"operationId: {name}2\n")
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    outcome = judge(CORRECT["clean"].build(), document=path)
    assert not broken(outcome)
    assert set(verdicts(outcome).values()) == {"untested"}


def test_the_videos_of_others_in_a_long_list_are_not_read_to_the_end() -> None:
    server, alone = Counted(CORRECT["clean"].build()), Counted(CORRECT["clean"].build())
    judge(server)
    before = server.asked
    assert not broken(judge(server, spend=1))
    judge(alone, spend=1)
    assert server.asked - before < alone.asked + 50
