"""What ``mockserver`` does beside serving: print the document, and check one without starting anything."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TextIO

from mockserver.app import make_operations, make_runtime
from mockserver.jobs.clock import SystemClock
from mockserver.settings import CommandParser, Settings, UsageError
from mockserver.spec.document import Document, default_path, document_json, document_yaml, read_document
from mockserver.spec.overlay import dialect_path

FORMATS: dict[str, Callable[[Document], bytes]] = {"yaml": document_yaml, "json": document_json}


class _Parser(CommandParser):
    """Reads ``--dialect`` beside what a command adds."""

    def __init__(self, name: str, says: str, stdout: TextIO) -> None:
        super().__init__(stdout, f"mockserver {name}", says)
        self.add_argument(
            "--dialect", metavar="NAME|FILE", action="append", default=[], help="an overlay; give it again for more"
        )

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
    # What would serve it is made of it, and let go.
    runtime = make_runtime(Settings(), made, SystemClock(), asyncio.sleep, asyncio.timeout, "")
    with closing(runtime):
        make_operations(made, runtime)
    lost = list(made.stale_rules())
    stdout.writelines(f"{found.file}: x-rules.{rule} stands nowhere: what it points at is gone\n" for rule in lost)
    stdout.write(
        f"{found.file}: {len(made.operations)} operations, {len(made.rules)} rules and {len(made.errors)} errors "
        "can be served\n"
    )


COMMANDS: dict[str, Callable[[Sequence[str], TextIO], None]] = {"document": document, "validate": validate}
