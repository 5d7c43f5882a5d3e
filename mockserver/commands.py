"""What ``mockserver`` does beside serving: print the document, check one, write example pictures."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from mockserver.app import make_operations, make_runtime
from mockserver.command_line import Command
from mockserver.example import write_examples
from mockserver.jobs.clock import SystemClock
from mockserver.settings import Settings, UsageError
from mockserver.spec.document import Document, DocumentError, default_path, document_json, document_yaml, read_document

FORMATS: dict[str, Callable[[Document], bytes]] = {"yaml": document_yaml, "json": document_json}


def document(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Print the document with its dialects applied. ``UsageError``."""
    made = _read(given.get("document", default_path()), given)
    stdout.write(FORMATS[given["format"]](made).decode() + "\n")


def validate(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Check a document without serving it. ``UsageError``."""
    file = given["file"]
    made = _read(Path(file), given)
    # What would serve it is made of it, and let go.
    runtime = make_runtime(Settings(), made, SystemClock(), asyncio.sleep, asyncio.timeout, "")
    with _naming(Path(file)), closing(runtime):
        make_operations(made, runtime)
    lost = list(made.stale_rules())
    stdout.writelines(f"{file}: x-rules.{rule} stands nowhere: what it points at is gone\n" for rule in lost)
    stdout.write(
        f"{file}: {len(made.operations)} operations, {len(made.rules)} rules and {len(made.errors)} errors "
        "can be served\n"
    )


def example(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Write pictures that fit the document, and one that does not. ``UsageError``."""
    file = given.get("document", default_path())
    made = _read(file, given)
    create = made.operation("createVideo")
    runtime = make_runtime(Settings(), made, SystemClock(), asyncio.sleep, asyncio.timeout, "")
    with _naming(file), closing(runtime):
        rules = make_operations(made, runtime).rules[create.id]
    folder = Path(given["folder"])
    try:
        stdout.writelines(f"{path}  {size}\n" for path, size in write_examples(rules, folder))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None


def _read(file: Path, given: Mapping[str, Any]) -> Document:
    with _naming(file):
        return read_document(file, given.get("dialects", ()))


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """What is wrong with the document is told with its file. ``UsageError``."""
    try:
        yield
    except DocumentError as error:
        raise UsageError(f"{file}: {error}") from None


COMMANDS = (
    Command(
        "document",
        "Print the document that a mock with these options plays.",
        document,
        ("document", "dialect"),
        (
            click.Option(
                ["--format"], type=click.Choice(list(FORMATS)), default="yaml", help="how it is written (default: yaml)"
            ),
        ),
    ),
    Command(
        "validate",
        "Check a document, and start nothing.",
        validate,
        ("dialect",),
        (click.Argument(["file"], metavar="FILE", type=click.Path()),),
    ),
    Command(
        "example",
        "Write image.png, which fits, a picture of each size, and one that fits none, to DIR or the current directory.",
        example,
        ("document", "dialect"),
        (click.Argument(["folder"], metavar="[DIR]", required=False, default=".", type=click.Path()),),
    ),
)
