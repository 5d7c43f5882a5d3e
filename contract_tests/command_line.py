"""Reads the command line, by click: each option from its flag, else its variable, else a file, else its default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from contract_tests import __version__
from contract_tests.options import COMMANDS, OPTIONS, Operand, Option
from contract_tests.oracle.verdict import Strictness
from contract_tests.settings import Network, Outputs, Settings
from contract_tests.settings_file import SettingsFile, read_settings_file

PROGRAM = "contract-tests"


@dataclass(frozen=True)
class Arguments:
    """The command, its operands and its options. `environment`: the variables of the process.

    `workers` None: as many as fit the target. `spend_given`: that `spend` is None means unlimited, not the default.
    """

    command: str
    settings: Settings
    environment: Mapping[str, str]
    url: str = ""
    no_proxy: bool = False
    spend_given: bool = False
    workers: int | None = None
    price: float | None = None
    probe: int = 0
    verbose: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    baseline: Path | None = None
    baseline_strict: bool = False
    until: date | None = None
    result: Path | None = None
    rule: str = ""


class Value(NamedTuple):
    """The value of an option, the texts that it was read from, and where they stood."""

    value: Any
    texts: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class _Surroundings:
    """What a command line is read in."""

    environment: Mapping[str, str]
    out: TextIO
    file: SettingsFile


def parse(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: TextIO,
    err: TextIO,
    folder: Path | None = None,
) -> Arguments | int:
    """The arguments; or, where there is nothing to do, the code to exit with.

    `folder`: where a file of settings may lie; None for none.
    """
    repeatable = {option.name: option.repeatable for option in OPTIONS}
    try:
        file = SettingsFile() if folder is None else read_settings_file(folder, PROGRAM, repeatable)
        command = _make_command(_Surroundings(environment, out, file))
        found: Arguments | int = command.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except (click.ClickException, ValueError) as error:
        told = error.format_message() if isinstance(error, click.ClickException) else str(error)
        err.write(f"{PROGRAM}: {' '.join(told.split())}\n")
        return 2
    return found


def _make_command(around: _Surroundings) -> click.Group:
    """The whole command, which gives its `Arguments` or a code to exit with."""

    def version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001  of click
        _tell(context, around, f"{PROGRAM} {__version__}", asked=asked)

    group = click.Group(
        PROGRAM,
        help="Check an endpoint of POST /v1/videos against the document.",
        params=[_told("--version", "show the version", version), _help(around)],
        add_help_option=False,
        no_args_is_help=False,
    )
    for name, (says, operands) in COMMANDS.items():
        taken = [option for option in OPTIONS if name in option.commands]
        group.add_command(_command(name, says, operands, taken, around))
    return group


def _command(
    name: str, says: str, operands: Sequence[Operand], taken: Sequence[Option], around: _Surroundings
) -> click.Command:
    def run(**given: Any) -> Arguments | int:
        shows = given.pop("show_settings")
        values = {option.name: _value(option, given, around) for option in taken}
        if shows:
            around.out.writelines(f"{line}\n" for line in _shown(taken, values))
            return 0
        read = {operand.target: operand.read(given[operand.target]) for operand in operands}
        read |= {option.target: values[option.name].value for option in taken if values[option.name].texts}
        return _arguments(name, read, around.environment)

    params: list[click.Parameter] = [click.Argument([one.target], metavar=one.metavar) for one in operands]
    params += [_parameter(option) for option in taken]
    shown = click.Option(["--show-settings"], is_flag=True, help="show each option, its value and where it comes from")
    return click.Command(name, help=says, params=[*params, shown, _help(around)], callback=run, add_help_option=False)


def _parameter(option: Option) -> click.Option:
    words = [option.flag, *([option.short] if option.short else [])]
    described = f"{option.described} [{option.environment_variable}]"
    if option.is_switch:
        return click.Option(words, is_flag=True, help=described)

    def completed(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        return [choice for choice in option.choices if choice.startswith(begun)]

    is_path = option.read is Path
    return click.Option(
        words,
        metavar=option.metavar,
        multiple=True,
        type=click.Path() if is_path else click.UNPROCESSED,
        help=described,
        shell_complete=None if is_path else completed,
    )


def _help(around: _Surroundings) -> click.Option:
    def shown(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001  of click
        _tell(context, around, context.get_help(), asked=asked)

    return _told("--help", "show this and exit", shown)


def _told(flag: str, says: str, callback: Callable[[click.Context, click.Parameter, bool], None]) -> click.Option:
    return click.Option([flag], is_flag=True, is_eager=True, expose_value=False, help=says, callback=callback)


def _tell(context: click.Context, around: _Surroundings, text: str, *, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        around.out.write(f"{text}\n")
        context.exit()


def _value(option: Option, given: Mapping[str, Any], around: _Surroundings) -> Value:
    """The value of the command line, else of the environment, else of the file, else none. Raises click.UsageError."""
    found = given[option.name.replace("-", "_")]
    texts: Sequence[str] = ("true",) if found is True else () if found is False else found
    source = option.flag
    if not texts and around.environment.get(option.environment_variable):
        text, source = around.environment[option.environment_variable], option.environment_variable
        texts = text.split(option.between) if option.repeatable else [text]
    elif not texts and option.name in around.file.texts:
        texts, source = around.file.texts[option.name], f"{around.file.name}: {option.name}"
    if len(texts) > 1 and not option.repeatable:
        raise click.UsageError(f"{source}: given {len(texts)} times; it may be given once")
    try:
        read = [option.read(text) for text in texts]
    except ValueError as error:
        raise click.UsageError(f"{source}: {error}") from None
    return Value(tuple(read) if option.repeatable else read[0] if read else None, tuple(texts), source)


def _shown(options: Sequence[Option], values: Mapping[str, Value]) -> list[str]:
    rows = [("option", "value", "from")]
    for option in options:
        found = values[option.name]
        text = "(not shown)" if option.is_secret else " ".join(found.texts)
        rows.append((option.name, text, found.source) if found.texts else (option.name, option.default, "default"))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{name:{widths[0]}}  {text:{widths[1]}}  {source}" for name, text, source in rows]


def _arguments(command: str, read: dict[str, Any], environment: Mapping[str, str]) -> Arguments:
    fail_on, strict, extensions = (read.pop(name, None) for name in ("fail_on", "strict", "extensions"))
    strictness = Strictness(
        bool(strict) or fail_on in {"inferred", "extension"}, bool(extensions) or fail_on == "extension", fail_on
    )
    if "only" in read:
        read["only"] = frozenset(read["only"])
    settings = Settings(strictness=strictness, network=Network(**_taken(read, Network)), **_taken(read, Settings))
    # What depends on the target is settled where it is known.
    outputs, own = Outputs(**_taken(read, Outputs)), _taken(read, Arguments)
    return Arguments(command, settings, environment, spend_given="spend" in read, outputs=outputs, **own)


def _taken(read: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """The values that are fields of a dataclass."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in read.items() if name in names}
