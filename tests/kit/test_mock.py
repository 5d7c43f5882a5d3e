"""Kit and mock read one document and agree on it; an edit given to one of them is found by the other."""

from pathlib import Path
from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.settings import Settings as MockSettings
from tests.kit.vocabulary import TOKEN, broken, command, edited, failing, judge
from tests.mock.test_cli import served, url


def mock(document: Path | None = None) -> Any:
    """The mock in this process, with one token."""
    given: dict[str, Any] = {} if document is None else {"document": document}
    return create_app(MockSettings(tokens=(TOKEN,), **given))


def test_the_mock_keeps_every_rule_over_http() -> None:
    # Nobody reads its log, and a pipe that is full would hold it up.
    with served("--token", TOKEN, "--log-level", "warning") as (_, told):
        words = ("run", url(told), "--token", TOKEN, "--strict", "--extensions", "-v")
        code, out, _ = command(*words)
    assert code == 0
    assert " 0 broken, 0 broken as a warning, " in out
    assert "http.well-formed " in "".join(line for line in out.splitlines() if line.startswith("holds"))


def test_the_mock_keeps_every_rule_in_process() -> None:
    assert broken(judge(mock(), profile="standard")) == set()


EDITS = {
    "another length": ("enum: ['4', '8', '12']", "enum: ['4', '8', '16']"),
    "a third model": ("enum: [sora-2, sora-2-pro]\n", "enum: [sora-2, sora-2-pro, sora-3]\n"),
    "another default": ("default: '4'", "default: '8'"),
    "a shorter prompt": ("maxLength: 32000", "maxLength: 500"),
    "a smaller body": ("body-bytes: 20971520", "body-bytes: 100000"),
    "a field made required": ("required: [prompt, input_reference]", "required: [prompt, input_reference, model]"),
    "another status": ("kinds: [enum, const]\n    status: 400", "kinds: [enum, const]\n    status: 422"),
}
#: The rule that is found broken where the kit has the edit alone, and where the mock has it alone.
FOUND = {
    "another length": ("seconds.enum", "seconds.enum"),
    "a third model": ("model.enum", "model.enum"),
    "another default": ("seconds.default", "seconds.default"),
    "a shorter prompt": ("prompt.max-length", "prompt.max-length"),
    "a smaller body": ("body.limit", "body.limit"),
    "a field made required": ("model.required", "model.optional"),
    "another status": ("seconds.enum.error", "seconds.enum.error"),
}


def effort(edit: str, *rules: str) -> dict[str, Any]:
    """Bodies at the limit are left out of quick runs; they are all that this edit needs."""
    chosen: dict[str, Any] = {"extensions": False} | ({"only": frozenset(rules)} if rules else {})
    return chosen | {"profile": "standard", "only": frozenset({"body.limit"})} if edit == "a smaller body" else chosen


@pytest.mark.parametrize("edit", EDITS)
def test_both_follow_an_edited_document(edit: str, tmp_path: Path) -> None:
    document = edited(tmp_path, EDITS[edit])
    assert failing(judge(mock(document), document=document, **effort(edit))) == set()


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_given_to_the_mock_alone_is_found(edit: str, tmp_path: Path) -> None:
    rule = FOUND[edit][1]
    assert rule in broken(judge(mock(edited(tmp_path, EDITS[edit])), **effort(edit, rule)))


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_given_to_the_kit_alone_is_found(edit: str, tmp_path: Path) -> None:
    rule = FOUND[edit][0]
    assert rule in broken(judge(mock(), document=edited(tmp_path, EDITS[edit]), **effort(edit, rule)))


def test_a_new_field_is_tested_like_the_others(tmp_path: Path) -> None:
    field = "        style:\n          type: string\n          enum: [vivid, natural]\n        model:\n          description: The model that renders."
    document = edited(tmp_path, ("        model:\n          description: The model that renders.", field))
    outcome = judge(mock(document), document=document)
    assert broken(outcome) == set()
    assert "style.enum" in {verdict.rule.id for verdict in outcome.verdicts if verdict.verdict == "holds"}
