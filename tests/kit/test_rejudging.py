"""A journal is judged again by another document: what that leaves open, lacks, or has otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import CORRECT
from tests.kit.test_spending import Counted
from tests.kit.vocabulary import command, judge, reshaped

Change = Callable[[Any], object]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a run against a right server."""
    path = tmp_path_factory.mktemp("recorded") / "journal"
    judge(CORRECT["clean"].build(), journal=path)
    return path


def fields(tree: Any) -> Any:
    return tree["components"]["schemas"]["CreateVideo"]["properties"]


def shorter_body(tree: Any) -> None:
    form = tree["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]
    form["x-limits"]["body-bytes"] = 3000


def no_path_of_a_video(tree: Any) -> None:
    tree["paths"]["/v1/videos/{id}"] = tree["paths"].pop("/v1/videos/{video_id}")


#: A change of the document, and the rules that the same answers then break.
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "none": (lambda _tree: None, set()),
    "a rule less": (lambda tree: tree["x-rules"].pop("auth.key"), set()),
    "a smaller body": (shorter_body, set()),
    "no list": (lambda tree: tree["paths"]["/v1/videos"].pop("get"), set()),
    "no path of a video": (no_path_of_a_video, set()),
    "no remix without a prompt": (lambda tree: tree["components"]["schemas"].update(RemixVideo={"type": "object"}), set()),
    "a shorter prompt": (lambda tree: fields(tree)["prompt"].update(maxLength=40), {"prompt.max-length"}),
    "one value less": (lambda tree: fields(tree)["seconds"].update(enum=["4", "8"]), {"seconds.enum"}),
    "one value more": (lambda tree: fields(tree)["seconds"]["enum"].append("44"), {"response.status-code"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_the_same_answers_are_judged_by_what_the_document_asks_now(case: str, recorded: Path, tmp_path: Path) -> None:
    change, expected = CHANGES[case]
    words = ("--strict", "--extensions", "--document", str(reshaped(tmp_path, change)))
    code, out, _ = command("judge", str(recorded), *words)
    found = {line.split()[1] for line in out.splitlines() if line.startswith("BROKEN ")}
    assert (code, found) == (int(bool(expected)), expected)


def test_a_rate_that_was_refused_is_judged_by_nothing(tmp_path: Path) -> None:
    path = tmp_path / "j"
    app = Counted(CORRECT["clean"].build(), [(429, {"retry-after": "61"})])
    judge(app, journal=path, extensions=False, only=frozenset({"seconds.enum"}))
    code, _, err = command("judge", str(path), "--strict")
    assert (code, "no rule was tested" in err) == (2, True)
