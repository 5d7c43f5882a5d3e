"""The life of videos beyond what one look shows: walks through it, what refuses too early, what is deleted and remixed."""

import gc
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import httpx
import pytest

from contract_tests.cli import main
from contract_tests.inprocess import InProcess
from contract_tests.runner.run import Run
from contract_tests.session import Surroundings
from tests.faults import CATALOGUE, CORRECT
from tests.faults.checks import Checks, Form, Refusal
from tests.faults.library import LIBRARY
from tests.faults.server import Service, Video
from tests.faults.wire import Request, Response, json_answer
from tests.kit.test_spending import Counted
from tests.kit.vocabulary import HERE, TOKEN, broken, clean, judge, reasons

FOUND, NOT_FOUND, STATUS = "retrieve.found", "retrieve.not-found", "response.status-code"


def asked(rule: str, **changes: Any) -> dict[str, Any]:
    """The settings that ask for one rule alone."""
    return {"only": frozenset({rule}), **changes}


def worn_out(videos: int, looks: int) -> Any:
    """A server that forgets the size of a video after so many looks at it, and of each after so many videos."""
    seen: dict[str, int] = {}

    def retrieved(video: Video) -> Video:
        seen[video["id"]] = seen.get(video["id"], 0) + 1
        known = list(seen).index(video["id"]) < videos and seen[video["id"]] <= looks
        return video if known else video | {"size": "1x1"}

    return clean(retrieved=retrieved)


@pytest.mark.parametrize("spend", [None, 2])
def test_a_walk_finds_what_shows_only_when_many_videos_are_looked_at_many_times(spend: int | None) -> None:
    outcome = judge(worn_out(2, 5), **asked(FOUND, profile="standard", spend=spend))
    assert "retrieve.answer" in broken(outcome)


def test_a_walk_finds_an_id_that_was_never_given_and_is_found() -> None:
    def somebodys(video_id: str) -> Response:
        if re.fullmatch("video_[0-9a-f]{1,2}", video_id) is None:
            raise Refusal(404, None, None, "There is no such video.")
        return json_answer(200, {"id": video_id})

    assert broken(judge(clean(not_found=somebodys), **asked(NOT_FOUND, profile="standard"))) == {NOT_FOUND}


def test_a_walk_finds_that_a_good_request_is_refused_later() -> None:
    made: list[Form] = []

    def check(_b: Checks, form: Form) -> None:
        made.append(form)
        if len(made) > 3:
            raise Refusal(400, None, None, "No more of these today.")

    assert STATUS in broken(judge(clean(unknown=check), **asked(FOUND, profile="standard")))


def test_an_id_that_would_lead_elsewhere_in_a_path_is_not_asked_for() -> None:
    server = Counted(clean(created=lambda video: video | {"id": "../secrets"}))
    outcome = judge(server, **asked(FOUND))
    assert server.asked < 40
    assert reasons(outcome)[FOUND]


# What refuses too early.


def test_a_video_that_is_finished_while_it_is_asked_for_is_no_early_one() -> None:
    hasty = replace(LIBRARY, ready=lambda _status: True, remixable=lambda _status: True, deletable=lambda _status: True)
    server = clean(beyond=hasty.serve, stages=(("in_progress", 50), ("completed", 100)))
    assert not broken(judge(server)) & {"content.ready", "remix.completed"}


def test_a_video_that_was_finished_just_before_may_be_deleted() -> None:
    """It is tried with another one, which no such chance meets."""
    taken: list[str] = []

    def forget(service: Service, job: Any) -> None:
        taken.append(job.id)
        del service.jobs[job.id]

    once = replace(LIBRARY, deletable=lambda status: not taken or status == "completed", forget=forget)
    assert broken(judge(clean(beyond=once.serve), **asked("delete.finished"))) == set()
    assert taken


def test_where_no_other_video_is_being_made_nothing_is_said_of_early_deletion() -> None:
    taken: list[str] = []

    def stages(video: Video) -> Video:
        return video | {"status": "completed", "progress": 100, "completed_at": video["created_at"]} if taken else video

    def forget(service: Service, job: Any) -> None:
        taken.append(job.id)
        del service.jobs[job.id]

    once = replace(LIBRARY, deletable=lambda _status: True, forget=forget)
    outcome = judge(clean(beyond=once.serve, retrieved=stages), **asked("delete.finished"))
    assert broken(outcome) == set()
    assert "delete.finished" in {rule for rule, reason in reasons(outcome).items() if reason}


def test_where_nothing_more_may_be_accepted_no_video_is_remixed_too_early() -> None:
    server = Counted(clean())
    judge(server, spend=1, profile="standard", **asked("remix.completed"))
    assert server.accepted == 1


# What is completed.


def without_source(video: Video) -> Video:
    return video | {"remixed_from_video_id": None}


def test_a_remix_that_forgets_its_source_is_found() -> None:
    remixed = replace(LIBRARY, remixed=lambda video: video)
    assert broken(judge(clean(beyond=remixed.serve), **asked("remix.answer"))) == set()
    assert "remix.answer" in broken(judge(clean(retrieved=without_source), **asked("remix.answer")))


def test_a_remix_without_a_usable_id_is_not_asked_for() -> None:
    nameless = replace(LIBRARY, remixed=lambda video: video | {"id": "a/b"})
    assert "response.id.form" in broken(judge(clean(beyond=nameless.serve), **asked("remix.answer")))


def test_what_the_document_leaves_open_is_not_sent_where_nothing_more_may_be_accepted() -> None:
    server = Counted(clean())
    judge(server, strict=False, spend=1, **asked("json.well-formed"))
    strict = Counted(clean())
    judge(strict, strict=True, spend=1, **asked("json.well-formed"))
    assert server.asked < strict.asked


@pytest.mark.parametrize("spend", [None, 1])
def test_who_deletes_for_anybody_is_found_though_it_be_the_only_video(spend: int | None) -> None:
    only = frozenset({"delete.answer", "auth.required"})
    assert "auth.required" in broken(judge(CATALOGUE["delete-without-token"].build(), spend=spend, only=only))


def clip(seconds: str) -> Any:
    """A server whose videos say that they are of this length."""
    return clean(retrieved=lambda video: video | {"seconds": seconds})


@pytest.mark.parametrize("seconds", ["four", "4.0"])
def test_the_length_of_a_film_is_held_against_a_number_alone(seconds: str) -> None:
    outcome = judge(clip(seconds), **asked("content.type"))
    assert "content.type" not in broken(outcome)


# The list.


def test_a_list_of_others_without_an_end_is_left() -> None:
    def endless(service: Service, request: Request) -> Response | None:
        if request.method != "GET" or request.path != "/v1/videos":
            return LIBRARY.serve(service, request)
        now = service.behaviour.stamp(service.behaviour.clock())
        video = {"id": service.behaviour.new_id(now), "created_at": now}
        ends = {"first_id": video["id"], "last_id": video["id"]}
        return json_answer(200, {"object": "list", "data": [video], "has_more": True, **ends})

    server = Counted(clean(beyond=endless))
    judge(server, **asked("list.page"))
    assert 40 < server.asked < 110


def test_a_list_that_cannot_be_read_shows_nothing_of_a_deletion() -> None:
    outcome = judge(CATALOGUE["list-500"].build(), only=frozenset({"delete.answer", "list.page"}))
    assert "list.page" in broken(outcome)
    assert "delete.answer" not in broken(outcome)


def test_a_remix_that_is_refused_for_the_rate_shows_nothing() -> None:
    def rated(name: str, answer: Response) -> Response:
        return replace(answer, status=429, headers={"retry-after": "61"}, body=b"") if name == "remix" else answer

    busy = replace(LIBRARY, remixable=lambda _status: True, finish=rated)
    assert broken(judge(clean(beyond=busy.serve), **asked("remix.completed"))) == set()


def test_a_5xx_of_an_operation_is_told_as_such() -> None:
    outcome = judge(CATALOGUE["list-500"].build(), **asked("list.page"))
    found = next(one for one in outcome.verdicts if one.rule.id == "list.page")
    assert {finding.category for finding in found.findings} == {100}


def test_a_server_that_goes_away_in_the_middle_of_a_walk_while_all_holds_leaves_the_run_without_a_verdict() -> None:
    asked_for: list[str] = []

    class Leaving(InProcess):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            asked_for.append(request.method)
            if len(asked_for) > 35:
                raise httpx.ConnectError("Connection refused")
            return super().handle_request(request)

    around = Surroundings(sleep=lambda _: None, transport=lambda: Leaving(clean()))
    out, err = StringIO(), StringIO()
    words = ("run", HERE, "--token", TOKEN, "--rule", FOUND, "--extensions")
    assert main(words, {}, out, err, around) == 2
    assert err.getvalue().splitlines()[-1] == "contract-tests: not all could be judged: the server answers no more"
    assert f"stopped: Nothing answers at {HERE}: Connection refused." in out.getvalue()


def test_a_run_that_is_over_is_kept_by_nothing() -> None:
    def kept() -> int:
        gc.collect()
        return sum(isinstance(one, Run) for one in gc.get_objects())

    before = kept()
    judge(CORRECT["clean"].build(), **asked(FOUND))
    assert kept() == before
