"""What ``mockserver`` does beside serving: print the document, and check one without starting anything."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from mockserver.settings import UsageError
from mockserver.spec.compiler import compile_body, compile_query
from mockserver.spec.document import Document, default_path, document_json, document_yaml, read_document
from mockserver.spec.overlay import dialect_path

FORMATS: dict[str, Callable[[Document], bytes]] = {"yaml": document_yaml, "json": document_json}


class _Parser(argparse.ArgumentParser):
    def __init__(self, name: str, says: str, stdout: TextIO) -> None:
        super().__init__(prog=f"mockserver {name}", description=says, allow_abbrev=False)
        self._stdout = stdout
        self.add_argument(
            "--dialect", metavar="NAME|FILE", action="append", default=[], help="an overlay; give it again for more"
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 - where it is told to write
        super().print_help(self._stdout)

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """The arguments, with the files of the dialects; ``UsageError``."""
        found = self.parse_args(argv)
        try:
            found.dialects = [dialect_path(name) for name in found.dialect]
        except ValueError as error:
            raise UsageError(f"argument --dialect: {error}") from None
        return found


def document(argv: Sequence[str], stdout: TextIO) -> None:
    """Print the document with its dialects applied. ``DocumentError`` or ``UsageError``."""
    parser = _Parser("document", "Print the document that a mock with these options plays.", stdout)
    parser.add_argument("--document", metavar="FILE", type=Path, default=default_path(), help="another openapi.yaml")
    parser.add_argument("--format", choices=FORMATS, default="yaml", help="how it is written (default: yaml)")
    found = parser.read(argv)
    stdout.write(FORMATS[found.format](read_document(found.document, found.dialects)).decode() + "\n")


def validate(argv: Sequence[str], stdout: TextIO) -> None:
    """Check a document without serving it. ``DocumentError`` or ``UsageError``."""
    parser = _Parser("validate", "Check a document, and start nothing.", stdout)
    parser.add_argument("file", metavar="FILE", type=Path, help="the document")
    found = parser.read(argv)
    made = read_document(found.file, found.dialects)
    for operation in made.operations:
        compile_query(made, operation)
        if operation.node.get("requestBody"):
            compile_body(made, operation)
    lost = list(made.stale_rules())
    stdout.writelines(f"{found.file}: x-rules.{rule} stands nowhere: what it points at is gone\n" for rule in lost)
    stdout.write(
        f"{found.file}: {len(made.operations)} operations, {len(made.rules)} rules and {len(made.errors)} errors "
        "can be served\n"
    )


COMMANDS: dict[str, Callable[[Sequence[str], TextIO], None]] = {"document": document, "validate": validate}
