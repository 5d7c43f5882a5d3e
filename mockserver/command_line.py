"""Reads the command line, by click: each option from its flag, else its variable, else a file, else its default."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from mockserver.settings import OPTIONS, Option, Settings, UsageError
from mockserver.settings_file import SettingsFile, read_settings_file

PROGRAM = "mockserver"
SAYS = (
    "A mock of POST /v1/videos that enforces the rules of openapi.yaml. Without a command it serves. "
    "Each option is read from its flag, else from the environment variable in brackets, else from videos-mock.toml or "
    "the table [tool.mockserver] of pyproject.toml in the current directory."
)


class Command(NamedTuple):
    """What ``mockserver NAME`` does. ``run`` takes its values by name; ``options`` names those of the table it has."""

    name: str
    says: str
    run: Callable[[Mapping[str, Any], TextIO], None]
    options: tuple[str, ...] = ()
    parameters: tuple[click.Parameter, ...] = ()


class Task(NamedTuple):
    """A command that is ready to run."""

    name: str
    run: Callable[[TextIO], None]


class _Value(NamedTuple):
    value: Any
    texts: Sequence[str]
    source: str


def parse(
    argv: Sequence[str],
    env: Mapping[str, str],
    stdout: TextIO,
    folder: Path | None = None,
    commands: Sequence[Command] = (),
) -> Settings | Task | int:
    """How to serve, or another thing to do; or the exit code where there is nothing to do. ``UsageError``.

    ``folder``: where a file of settings may lie; ``None`` for none.
    """
    repeatable = {option.name: option.repeatable for option in OPTIONS}
    try:
        file = SettingsFile() if folder is None else read_settings_file(folder, PROGRAM, repeatable)
        command_line = _CommandLine(env, stdout, file).group(commands)
        found: Settings | Task | int = command_line.main(list(argv), prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        raise UsageError(" ".join(error.format_message().split())) from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    return found


def read_settings(argv: Sequence[str], env: Mapping[str, str]) -> Settings:
    """How to serve, by a command line and an environment alone. ``UsageError``."""
    found = parse(argv, env, StringIO())
    if not isinstance(found, Settings):
        raise UsageError("these options tell something, and serve nothing")
    return found


class _CommandLine(NamedTuple):
    """What is made of the words: the callbacks of click, which give what ``parse`` gives."""

    env: Mapping[str, str]
    stdout: TextIO
    file: SettingsFile

    def group(self, commands: Sequence[Command]) -> click.Group:
        """``mockserver`` with these commands."""
        says = "show each option, its value and where it comes from"
        params = [
            *map(_parameter, OPTIONS),
            click.Option(["--show-settings"], is_flag=True, help=says),
            self._teller("--version", "show the version and exit", lambda _: f"{PROGRAM} {version('videos-mock-kit')}"),
        ]
        group = click.Group(
            PROGRAM,
            help=SAYS,
            params=[*params, self._help()],
            callback=self.serve,
            invoke_without_command=True,
            add_help_option=False,
            subcommand_metavar="[COMMAND ...]",
        )
        for command in commands:
            group.add_command(self._command(command))
        return group

    def serve(self, *, show_settings: bool, **given: Any) -> Settings | int | None:
        """The settings; without them 0, and nothing where a command stands behind."""
        behind = click.get_current_context().invoked_subcommand
        if behind is not None:
            if show_settings or any(given.values()):
                raise click.UsageError(f"options of a command stand behind its name, '{behind}'")
            return None
        values = {option: self._value(option, given) for option in OPTIONS}
        if show_settings:
            self.stdout.writelines(f"{line}\n" for line in _shown(values))
            return 0
        return Settings(**_by_field(values))

    def _command(self, command: Command) -> click.Command:
        taken = [option for option in OPTIONS if option.name in command.options]

        def make(**given: Any) -> Task:
            own = {str(one.name): given[str(one.name)] for one in command.parameters}
            values = {option: self._value(option, given) for option in taken}
            return Task(command.name, partial(command.run, own | _by_field(values)))

        params = [*command.parameters, *map(_parameter, taken), self._help()]
        return click.Command(command.name, params=params, callback=make, help=command.says, add_help_option=False)

    def _help(self) -> click.Option:
        return self._teller("--help", "show this and exit", click.Context.get_help)

    def _teller(self, flag: str, says: str, text: Callable[[click.Context], str]) -> click.Option:
        def tell(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - of click
            if asked and not context.resilient_parsing:
                self.stdout.write(f"{text(context)}\n")
                context.exit()

        return click.Option([flag], is_flag=True, is_eager=True, expose_value=False, help=says, callback=tell)

    def _value(self, option: Option, given: Mapping[str, Any]) -> _Value:
        """The value of the flag, else of the variable, else of the file; no texts where none has it."""
        found = given[option.name.replace("-", "_")]
        texts: Sequence[str] = ("true",) if found is True else () if found is False else found
        source = f"argument {option.flag}"
        if not texts and option.variable in self.env:
            text, source = self.env[option.variable], f"argument {option.variable}"
            texts = text.split() if option.repeatable else [text]
        elif not texts and option.name in self.file.texts:
            texts, source = self.file.texts[option.name], f"{self.file.name}: {option.name}"
        if len(texts) > 1 and not option.repeatable:
            raise click.UsageError(f"{source}: given {len(texts)} times; it may be given once")
        try:
            read = tuple(option.read(text) for text in texts)
        except ValueError as error:
            raise click.UsageError(f"{source}: {error}") from None
        return _Value(read if option.repeatable else read[0] if read else None, texts, source.removeprefix("argument "))


def _parameter(option: Option) -> click.Option:
    says = f"{option.help} (default: {option.default}) [{option.variable}]"
    if option.is_switch:
        return click.Option([option.flag], is_flag=True, help=says)

    def completed(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        return [choice for choice in option.choices if choice.startswith(begun)]

    is_path = option.read is Path
    return click.Option(
        [option.flag],
        metavar=option.metavar,
        multiple=True,
        type=click.Path() if is_path else click.UNPROCESSED,
        help=says,
        shell_complete=None if is_path else completed,
    )


def _by_field(values: Mapping[Option, _Value]) -> dict[str, Any]:
    return {option.field or option.name: found.value for option, found in values.items() if found.texts}


def _shown(values: Mapping[Option, _Value]) -> list[str]:
    rows = [("option", "value", "from")]
    for option, found in values.items():
        text = "(not shown)" if option.is_secret else " ".join(found.texts)
        rows.append((option.name, text, found.source) if found.texts else (option.name, option.default, "default"))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{name:{widths[0]}}  {text:{widths[1]}}  {source}" for name, text, source in rows]
