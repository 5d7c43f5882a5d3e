"""Everything that is read from one document, ready for planning and judging."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from contract_tests.cases.builder import Builder
from contract_tests.cases.negatives import negatives
from contract_tests.cases.positives import positives, spellings
from contract_tests.errors import MisuseError
from contract_tests.model.case import Case
from contract_tests.spec.document import Document, Operation, read
from contract_tests.spec.form import Form
from contract_tests.spec.pointer import escape
from contract_tests.spec.rules import RuleTable
from contract_tests.spelling import did_you_mean


class Contract:
    """The document, its form, its rules, and where its answers are described."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.form = Form(document)
        self.rules = RuleTable(document, self.form)
        self.builder = Builder(self.form)
        self.success = f"{self.form.operation.pointer}/responses/200"
        self.answer = f"{self.success}/content/{escape('application/json')}/schema"

    def require_rules(self, wanted: Iterable[str]) -> None:
        """Check that there are such rules. Raises MisuseError naming the first that is none, and one like it."""
        known = [rule.id for rule in self.rules]
        for rule in sorted(set(wanted) - set(known)):
            hint = did_you_mean(rule, known)
            raise MisuseError(f"There is no rule '{rule}' in {self.document.source}{hint}. 'rules' lists them all.")

    @cached_property
    def bad(self) -> tuple[Case, ...]:
        """Every request of the table that must be refused; the same document gives the same ones."""
        made = negatives(self.document, self.builder, self.rules)
        return tuple(case for case in made if case.rule in self.rules and self._fits(case))

    @cached_property
    def good(self) -> tuple[Case, ...]:
        """The covering array of requests that must be accepted, sharpest first."""
        return tuple(positives(self.builder))

    @cached_property
    def odd(self) -> tuple[Case, ...]:
        """Good requests in unusual spelling."""
        return tuple(case for case in spellings(self.builder, self.rules) if self._fits(case))

    @cached_property
    def inferred(self) -> frozenset[str]:
        """The rules that the source document does not state."""
        return frozenset(rule.id for rule in self.rules if rule.source == "inferred")

    def _fits(self, case: Case) -> bool:
        """Whether the body keeps the limit, which only the limit's own requests may not."""
        return case.rule == "body.limit" or len(case.request.body) <= self.form.limits.get("body-bytes", math.inf)

    @cached_property
    def retrieve(self) -> Operation | None:
        """The extension that reads a video back by its id, where the document has it."""
        for operation in self.document.operations():
            if operation.extension and operation.method == "get" and operation.path.endswith("{video_id}"):
                return operation
        return None

    def extension(self, operation_id: str) -> Operation | None:
        """The operation of that id, where the document has it and marks it as an extension."""
        found = (one for one in self.document.operations() if one.extension)
        return next((one for one in found if one.node.get("operationId") == operation_id), None)

    def parameter(self, operation: Operation, name: str) -> str | None:
        """Where the schema of an operation's parameter stands; None where there is none of that name."""
        for index, one in enumerate(operation.node.get("parameters", ())):
            if one.get("name") == name:
                return f"{operation.pointer}/parameters/{index}/schema"
        return None

    @cached_property
    def echoed(self) -> dict[str, str]:
        """Keys of the answer that repeat a field of the request, with that field (x-echo, `$request.body#/FIELD`)."""
        kept = (rule.at for rule in self.rules if rule.at.endswith("/x-echo") and self.document.has(rule.at))
        return {at.split("/")[-2]: str(self.document.at(at)).removeprefix("$request.body#/") for at in kept}

    @cached_property
    def envelope(self) -> str | None:
        """Where the one shape of every error is described."""
        rules = self.rules
        return rules["error.envelope"].at if "error.envelope" in rules else None

    @cached_property
    def error_parts(self) -> tuple[tuple[tuple[str, ...], str, bool], ...]:
        """Where an error holds its parts: the keys that lead there, the part (x-error), whether it is written as text.

        The parts are those of x-errors: type, code, param, status; the message is free.
        """
        return () if self.envelope is None else tuple(self._error_parts(self.envelope, ()))

    def _error_parts(self, pointer: str, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
        pointer = self.document.follow(pointer)
        node = self.document.at(pointer)
        for key in node.get("properties", {}):
            yield from self._error_parts(f"{pointer}/properties/{escape(key)}", (*path, key))
        part = node.get("x-error", path[-1] if path else "")
        if "properties" not in node and "const" not in node and part in {"type", "code", "param", "status"}:
            yield path, part, node.get("type") == "string"


def load(path: Path, dialects: Sequence[Path] = ()) -> Contract:
    """The contract of the document at `path` with overlays. Raises MisuseError where it does not load."""
    return _contract(path, read(path), tuple((one, read(one)) for one in dialects))


@lru_cache(maxsize=8)
def _contract(path: Path, raw: bytes, dialects: tuple[tuple[Path, bytes], ...]) -> Contract:
    document = Document.parse(raw, path, dialects)
    try:
        made = Contract(document)
        if not (made.good and made.bad):
            raise MisuseError(f"The document {path} leaves nothing to test: no form fits it.")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # What no check of shapes sees, as a reference that leads nowhere or a default of no use.
        raise MisuseError(
            f"The document {path} cannot be read as a contract: {type(error).__name__} {error}."
        ) from error
    return made
