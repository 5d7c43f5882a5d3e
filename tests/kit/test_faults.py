"""A faulty server is found out under the rule that it breaks, also where that rule alone is asked for."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.cases.contract import load
from contract_tests.spec.document import default_path
from tests.faults import CATALOGUE
from tests.faults.checks import Checks, Form, Refusal
from tests.faults.library import LIBRARY
from tests.faults.server import STAGES
from tests.faults.wire import Response
from tests.kit.vocabulary import broken, clean, failing, judge, reasons

STATUS = "response.status-code"

#: One fault of each kind of evidence; the whole catalogue is in tests/power.
SAMPLE = """
auth-missing body-cut body-python content-default-thumbnail content-early content-in-progress content-never
content-range-200 content-range-short content-range-untold content-spritesheet-cut content-thumbnail-jpeg
content-variant-any content-video-late content-video-long content-video-size content-video-text created-at-float
created-at-future created-at-iso delete-204 delete-no-id delete-other-id delete-queued delete-running delete-stays
error-empty error-false error-listed error-object error-text id-constant id-newline id-null image-by-name
list-after-skips list-ends-swapped list-first-null list-limit-101 list-limit-default-10 list-limit-zero-refused
list-more-never list-oldest-first list-of-all list-twice list-500 processing-ms-unit progress-negative remix-json-any remix-json-crash
remix-listed remix-prompt-list remix-running remix-source-as-id request-id-empty retrieve-completed-at-99
retrieve-completed-null retrieve-error-empty retrieve-id-unknown retrieve-no-poll-after retrieve-other-id
retrieve-progress-falls retrieve-unknown-200 retrieve-unknown-500 retrieve-wrapped seconds-any size-any-fitting
status-201 status-in-progress
completed-at-moves completed-at-tomorrow content-range-beyond content-range-none content-range-odd
failed-content failed-remixed fit-not-1280x720-pro list-more-when-full
name-image prompt-in-query remix-json-more remix-same-id seconds-any-with-pro
""".split()


@pytest.mark.parametrize("name", SAMPLE)
def test_a_faulty_server_is_found_out_by_the_rule_that_it_breaks(name: str) -> None:
    fault = CATALOGUE[name]
    assert fault.rule in broken(judge(fault.build(), only=frozenset({fault.rule})))


@pytest.mark.parametrize("name", ["content-any-method", "delete-remixed", "id-reused", "remix-progress-1"])
def test_what_one_operation_does_to_another_is_found_out_where_both_are_asked(name: str) -> None:
    assert CATALOGUE[name].rule in broken(judge(CATALOGUE[name].build()))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("delete-all", "retrieve.found"),
        ("remix-begins-source", "retrieve.answer"),
        ("remix-31999", "remix.answer"),
        ("list-stale", "list.answer"),
    ],
)
def test_what_shows_only_once_a_video_is_finished_is_noticed(name: str, rule: str) -> None:
    assert rule in broken(judge(CATALOGUE[name].build()))


def test_a_last_page_that_says_that_more_follow_is_asked_for_more() -> None:
    assert "list.page" in broken(judge(CATALOGUE["list-more-when-full"].build()))


def test_a_remix_that_is_refused_at_its_longest_is_found_where_each_is_paid_for() -> None:
    assert broken(judge(CATALOGUE["remix-31999"].build(), spend=30)) & {"remix.answer", "remix.prompt.max-length"}


def test_a_listed_video_that_is_another_than_the_one_created_is_found() -> None:
    only = frozenset({"list.answer"})
    assert broken(judge(CATALOGUE["list-size-lost"].build(), only=only)) >= only


def test_a_bound_without_a_rule_of_its_own_breaks_the_rule_of_its_key() -> None:
    ancient = clean(created=lambda video: video | {"created_at": -5})
    assert "response.created_at" in broken(judge(ancient, only=frozenset({"response.created_at"}), extensions=False))


def test_a_breach_of_the_document_fails_without_strict() -> None:
    only = frozenset({"seconds.enum"})
    assert failing(judge(CATALOGUE["seconds-any"].build(), strict=False, only=only)) == only


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("crash-model", "model.enum"),
        ("crash-missing-prompt", "prompt.required"),
        ("crash-file-name", STATUS),
    ],
)
def test_a_5xx_is_neither_a_refusal_nor_an_answer_and_breaks_the_rule_of_the_document(name: str, rule: str) -> None:
    assert rule in failing(judge(CATALOGUE[name].build(), strict=False, extensions=False))


def refusing(wrong: Callable[[Checks, Form], bool]) -> Any:
    """A server that refuses good forms in which this is so."""

    def check(b: Checks, form: Form) -> None:
        if wrong(b, form):
            raise Refusal(400, "invalid_value", "prompt", "Not here.")

    return clean(unknown=check)


#: Servers that refuse good requests, and the one rule that this is put down to.
BLAMED: dict[str, tuple[Any, str]] = {
    "one value": (CATALOGUE["seconds-12-refused"].build(), "seconds.enum"),
    "one type of picture": (CATALOGUE["image-jpeg-refused"].build(), "input_reference.is-image.types"),
    "one kind of text": (refusing(lambda _, form: "\n" in (form.text("prompt") or "")), "prompt.type"),
    "what is left out": (CATALOGUE["seconds-required"].build(), "seconds.optional"),
    "two values together, which a condition joins": (
        refusing(lambda _, form: (form.text("model"), form.text("size")) == ("sora-2-pro", "720x1280")),
        "size.needs-pro",
    ),
    "two values together, which nothing joins": (
        refusing(lambda b, form: (b.value(form, "seconds"), b.value(form, "size")) == ("12", "1024x1792")),
        STATUS,
    ),
    "an order of the parts": (refusing(lambda _, form: form.parts[0].name != "prompt"), STATUS),
    "everything, as another path would": (clean(creates=lambda _method, _path: False), "method"),
}


@pytest.mark.parametrize("case", BLAMED)
def test_the_refusal_of_good_requests_is_put_down_to_what_they_share(case: str) -> None:
    server, rule = BLAMED[case]
    assert broken(judge(server, only=frozenset({STATUS, rule}), extensions=False)) - {f"{rule}.error"} == {rule}


class Others:
    """Every text, but for those given."""

    def __init__(self, *known: str) -> None:
        self.known = known

    def __contains__(self, text: object) -> bool:
        return text in LENGTHS or text not in self.known

    def __iter__(self) -> Iterator[str]:
        return iter(LENGTHS)


LENGTHS = ("4", "8", "12")


@pytest.mark.parametrize("spend", [None, 100])
def test_what_no_table_has_is_found_by_chance(spend: int | None) -> None:
    parts = [case.request.part("seconds") for case in load(default_path()).bad]
    lax: Any = Others(*(part.text for part in parts if part is not None and part.text is not None))
    only = frozenset({"seconds.enum"})
    outcome = judge(clean(seconds=lax), profile="standard", only=only, spend=spend, extensions=False)
    [verdict] = [one for one in outcome.verdicts if one.rule.id == "seconds.enum"]
    assert [finding.label.partition(" ")[0] for finding in verdict.findings[:1]] == ["drawn:"]


def answering(change: Callable[[bytes], bytes]) -> Any:
    """A server whose 200s have another body."""

    def finish(answer: Response) -> Response:
        return replace(answer, body=change(answer.body)) if answer.status == 200 else answer

    return clean(finish=finish)


#: Bodies that lax readers take for JSON.
LOOSE: dict[str, Callable[[bytes], bytes]] = {
    "a number that is none": lambda body: body.replace(b'"progress": 0', b'"progress": NaN'),
    "a key twice": lambda body: body.replace(b"{", b'{"object": "video", ', 1),
    "another encoding": lambda body: body.decode().encode("utf-16"),
}


@pytest.mark.parametrize("case", LOOSE)
def test_what_only_lax_readers_take_for_json_is_none(case: str) -> None:
    rule = "response.media-type.keys" if case == "a key twice" else "response.media-type"
    assert rule in broken(judge(answering(LOOSE[case]), only=frozenset({rule}), extensions=False))


def test_a_server_without_request_ids_is_not_said_to_repeat_them() -> None:
    outcome = judge(CATALOGUE["request-id-missing"].build(), extensions=False)
    assert broken(outcome) == {"response.headers"}
    assert reasons(outcome)["response.headers.unique"] == "no answer that shows it"


def test_an_answer_that_is_taken_though_its_status_is_wrong_is_judged_all_the_same() -> None:
    server = clean(create_status=201, created=lambda video: video | {"object": "task"})
    found = broken(judge(server, only=frozenset({STATUS, "response.object"}), extensions=False))
    assert found == {STATUS, "response.object"}


def test_to_be_sent_on_to_the_right_path_is_to_find_nothing_at_the_wrong_one() -> None:
    def redirect(answer: Response) -> Response:
        wrong = answer.status == 404 and b"Invalid URL" in answer.body
        return replace(answer, status=308, headers=answer.headers | {"location": "/v1/videos"}) if wrong else answer

    only = frozenset({"path"})
    outcome = judge(clean(finish=redirect), only=only, extensions=False)
    assert broken(outcome) == set()


def test_a_wrong_method_at_a_video_lists_the_right_one() -> None:
    def silent(answer: Response) -> Response:
        wrong = answer.headers.get("allow") == "GET"
        return replace(answer, headers={"content-type": "application/json"}) if wrong else answer

    assert "method.error" in broken(judge(clean(finish=silent, beyond=lambda *_: None)))


def test_the_refusal_of_an_operation_for_the_rate_shows_nothing_of_it() -> None:
    def rated(name: str, answer: Response) -> Response:
        return replace(answer, status=429, headers={"retry-after": "1"}, body=b"") if name == "list" else answer

    outcome = judge(clean(beyond=replace(LIBRARY, finish=rated).serve), only=frozenset({"list.page"}))
    assert broken(outcome) == set()


def test_a_video_that_changes_after_it_was_finished_is_found() -> None:
    forgetful = clean(stages=(("completed", 100), ("completed", 100), ("queued", 0)))
    assert "retrieve.answer" in broken(judge(forgetful, only=frozenset({"retrieve.answer"})))


def test_a_status_that_goes_back_is_found() -> None:
    back = clean(stages=(("queued", 0), ("in_progress", 10), ("queued", 10), *STAGES[2:]))
    assert "retrieve.answer" in broken(judge(back, only=frozenset({"retrieve.answer"})))


def test_a_video_that_is_failed_without_a_reason_is_found() -> None:
    assert "retrieve.answer" in broken(judge(clean(stages=(("failed", 0),)), only=frozenset({"retrieve.answer"})))
