"""The table of checks and the rules of the document fit each other: no kind of rule is silently never judged."""

from collections.abc import Iterator

import pytest

from mockserver.app import create_app
from mockserver.settings import Settings
from mockserver.spec.overlay import dialect_path
from mockserver.spec.rules import FormRule
from mockserver.validation.checks import CHECKS, KEYWORD, check_of
from tests.mock.vocabulary import DOCUMENT, Mock

DIALECT = (dialect_path("openai"),)  # it has every kind
OF_A_FORM = {rule["kind"] for rule in DOCUMENT["x-rules"].values() if "kind" in rule}


def compiled() -> Iterator[FormRule]:
    for mock in (Mock(), Mock(dialects=DIALECT)):
        for rules in mock.control.service.rules.values():
            yield from rules.checks


def test_every_check_is_reached_by_a_rule_of_the_document() -> None:
    assert CHECKS.keys() <= {rule.kind for rule in compiled()}


def test_every_kind_that_the_document_names_is_compiled() -> None:
    assert {rule.kind for rule in compiled()} >= OF_A_FORM


@pytest.mark.parametrize("kind", [kind for kind in CHECKS if kind not in ("condition", "*")])
def test_kind_without_a_check_fails_at_the_start(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.delitem(CHECKS, kind)
    with pytest.raises(LookupError, match=f"the kind '{kind}' has no check"):
        create_app(Settings(dialects=DIALECT))


def test_keyword_of_the_schema_needs_no_entry() -> None:
    assert {rule.kind for rule in compiled() if check_of(rule) is KEYWORD} >= {"enum", "minLength", "maxLength"}
