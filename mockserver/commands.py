"""What ``mockserver`` does beside serving: print the document, check one, write example pictures."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

import click

from mockserver.app import make_operations, make_runtime
from mockserver.command_line import Command
from mockserver.example import write_examples
from mockserver.jobs.clock import SystemClock
from mockserver.settings import Settings, UsageError
from mockserver.spec.document import Document, default_path, document_json, document_yaml, read_document

FORMATS: dict[str, Callable[[Document], bytes]] = {"yaml": document_yaml, "json": document_json}


def document(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Print the document with its dialects applied. ``DocumentError``."""
    made = read_document(given.get("document", default_path()), given.get("dialects", ()))
    stdout.write(FORMATS[given["format"]](made).decode() + "\n")


def validate(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Check a document without serving it. ``DocumentError``."""
    file = given["file"]
    made = read_document(Path(file), given.get("dialects", ()))
    # What would serve it is made of it, and let go.
    runtime = make_runtime(Settings(), made, SystemClock(), asyncio.sleep, asyncio.timeout, "")
    with closing(runtime):
        make_operations(made, runtime)
    lost = list(made.stale_rules())
    stdout.writelines(f"{file}: x-rules.{rule} stands nowhere: what it points at is gone\n" for rule in lost)
    stdout.write(
        f"{file}: {len(made.operations)} operations, {len(made.rules)} rules and {len(made.errors)} errors "
        "can be served\n"
    )


def example(given: Mapping[str, Any], stdout: TextIO) -> None:
    """Write pictures that fit the document, and one that does not. ``DocumentError`` or ``UsageError``."""
    made = read_document(given.get("document", default_path()), given.get("dialects", ()))
    create = made.operation("createVideo")
    runtime = make_runtime(Settings(), made, SystemClock(), asyncio.sleep, asyncio.timeout, "")
    with closing(runtime):
        rules = make_operations(made, runtime).rules[create.id]
    folder = Path(given["folder"])
    try:
        stdout.writelines(f"{path}  {size}\n" for path, size in write_examples(rules, folder))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None


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
