"""Everything that is read from one document, ready for planning and judging."""

from __future__ import annotations

from functools import cached_property

from contract_tests.builder import Builder
from contract_tests.document import Document, Operation, escape
from contract_tests.form import Form
from contract_tests.rules import RuleTable


class Contract:
    """The document, its form, its rules, and where its answers are described."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.form = Form(document)
        self.rules = RuleTable(document, self.form)
        self.builder = Builder(self.form)
        self.success = f"{self.form.operation.pointer}/responses/200"
        self.answer = f"{self.success}/content/{escape('application/json')}/schema"

    @cached_property
    def retrieve(self) -> Operation | None:
        """The extension that reads a video back by its id, where the document has it."""
        for operation in self.document.operations():
            if operation.extension and operation.method == "get" and operation.path.endswith("{video_id}"):
                return operation
        return None

    @cached_property
    def envelope(self) -> str | None:
        """Where the one shape of every error is described."""
        rules = self.rules
        return rules["error.envelope"].at if "error.envelope" in rules else None
