"""Candidates for the document: what answers had in common and is in no rule; never a verdict."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.cases.contract import load
from contract_tests.spec.document import default_path
from contract_tests.suggestions import MOST, overlay, suggest
from mockserver.app import create_app
from mockserver.jobs.pace import parse_pace
from mockserver.settings import Settings as MockSettings
from tests.kit.vocabulary import TOKEN, broken, clean, command, holding, judge, run

CONTRACT = load(default_path())


def videos(change: Callable[[int], dict[str, Any]], count: int = 4) -> list[dict[str, Any]]:
    """Answers of a server, each changed by its number."""
    return [
        {
            "id": f"video_{number:048x}",
            "object": "video",
            "created_at": 1000 + number**2,
            "status": "queued",
            "progress": number,
            "model": "sora-2",
            **change(number),
        }
        for number in range(count)
    ]


#: How answers are changed, and what is made of it.
SEEN: dict[str, tuple[Callable[[int], dict[str, Any]], list[str]]] = {
    "nothing": (lambda _: {}, []),
    "a key more": (lambda _: {"quality": "high"}, ["each of 4 videos has the key 'quality' (string)"]),
    "of two types": (lambda n: {"cost": n or None}, ["each of 4 videos has the key 'cost' (integer, null)"]),
    "a key of some": (lambda n: {"quality": "high"} if n else {}, []),
    "numbers": (lambda n: {"id": str(100 + n)}, ["each of 4 ids has the form ^[0-9]{3}$"]),
    "of any length": (lambda n: {"id": str(10**n)}, ["each of 4 ids has the form ^[0-9]+$"]),
    "letters": (lambda n: {"id": f"task_Z{n}q"}, ["each of 4 ids has the form ^task_[0-9A-Za-z]{3}$"]),
    "no form": (lambda n: {"id": f"a b{n}"}, []),
    "uuids": (
        lambda n: {"id": f"video_gen_0123abcd-0000-4000-8000-00000000000{n}"},
        ["each of 4 ids has the form ^video_gen_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"],
    ),
    "related": (
        lambda n: {"expires_at": 1000 + n**2 + 3600},
        ["expires_at is 3600 seconds after created_at in each of 4 videos"],
    ),
    "related where it is": (
        lambda n: {"expires_at": 1000 + n**2 + 3600 if n else None},
        ["expires_at is 3600 seconds after created_at in each of 3 videos"],
    ),
    "unrelated": (lambda n: {"expires_at": 5000 + n}, []),
    "constant": (lambda _: {"progress": 7}, ["progress is 7 in each of 4 videos"]),
}


@pytest.mark.parametrize("case", SEEN)
def test_what_answers_have_in_common_is_a_candidate(case: str) -> None:
    change, expected = SEEN[case]
    assert [one.says for one in suggest(CONTRACT, videos(change))] == expected


@pytest.mark.parametrize("case", SEEN)
def test_the_overlay_can_be_judged_by(case: str, tmp_path: Path) -> None:
    found = suggest(CONTRACT, videos(SEEN[case][0]))
    path = tmp_path / "candidates.overlay.yaml"
    path.write_text(overlay(found), "utf-8")
    assert len(yaml.safe_load(path.read_text("utf-8"))["actions"]) >= len(found)
    load(default_path(), [path])


def test_a_few_answers_show_nothing() -> None:
    assert suggest(CONTRACT, videos(lambda _: {"quality": "high"}, 2)) == ()


def test_candidates_are_bounded() -> None:
    assert len(suggest(CONTRACT, videos(lambda _: {f"key{n}": n for n in range(500)}))) == MOST


def test_the_mock_holds_nothing_that_is_in_no_rule() -> None:
    outcome = judge(create_app(MockSettings(tokens=(TOKEN,), pace=parse_pace("instant"))))
    assert [one.says for one in outcome.suggestions] == []


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a report on a server with a key more, and what was printed."""
    folder = tmp_path_factory.mktemp("told")
    server = clean(created=lambda video: video | {"queue": "a|b"}, retrieved=lambda video: video | {"queue": "a|b"})
    words = ("--token", TOKEN, "--profile", "quick", "--extensions", "--report", str(folder))
    code, out, _ = run(server, *words, "--suggest", str(folder / "o.yaml"), "--markdown", str(folder / "o.md"))
    assert code == 0
    return folder, out


def test_candidates_are_told_and_fail_nothing(told: tuple[Path, str]) -> None:
    folder, out = told
    assert "candidates for the document, in no rule" in out
    assert "the key 'queue' (string)" in out
    [says] = json.loads((folder / "report.json").read_text("utf-8"))["suggestions"]
    assert says.endswith("has the key 'queue' (string)")
    assert "### Candidates, in no rule" in (folder / "o.md").read_text("utf-8")


def test_a_key_of_a_candidate_becomes_a_rule_by_its_overlay(told: tuple[Path, str]) -> None:
    folder, _ = told
    server = clean(created=lambda video: video | {"queue": 1}, retrieved=lambda video: video | {"queue": 1})
    assert "response.queue" in broken(judge(server, dialects=(folder / "o.yaml",)))
    server = clean(created=lambda video: video | {"queue": "b"}, retrieved=lambda video: video | {"queue": "b"})
    assert "response.queue" in holding(judge(server, dialects=(folder / "o.yaml",)))


def test_a_journal_holds_the_same_candidates(told: tuple[Path, str]) -> None:
    folder, _ = told
    assert "the key 'queue' (string)" in command("judge", str(folder / "journal.jsonl"), "--extensions")[1]
