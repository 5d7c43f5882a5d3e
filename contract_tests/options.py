"""What the command line says, read and checked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from contract_tests import __version__
from contract_tests.oracle.verdict import Strictness
from contract_tests.settings import PROFILES, Settings
from contract_tests.spec.document import default_path
from contract_tests.spec.overlay import find

#: More requests at once than this no endpoint needs.
MOST_WORKERS = 100
#: Seconds; longer than an hour nobody waits for one answer.
LONGEST = 3600.0
TOKEN_VARIABLE = "VIDEOS_TOKEN"  # noqa: S105  the name of a variable


@dataclass(frozen=True)
class Arguments:
    """The command and its options. `workers` None: as many as fit the target. `environment`: its variables."""

    command: str
    url: str
    settings: Settings
    spend: int | None
    spend_given: bool
    workers: int | None
    price: float | None
    probe: int
    verbose: bool
    environment: Mapping[str, str]


class _StopError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Parser(argparse.ArgumentParser):
    """Writes to the streams it is given, and says what is wrong in one line."""

    out: TextIO
    err: TextIO

    def error(self, message: str) -> NoReturn:
        self.err.write(f"contract-tests: {message}\n")
        raise _StopError(2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        self.err.write(message or "")
        raise _StopError(status)

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002  argparse passes sys.stdout
        self.out.write(message)


def parse(arguments: Sequence[str], environment: Mapping[str, str], out: TextIO, err: TextIO) -> Arguments | int:
    """The arguments; or, where there is nothing to do, the code to exit with."""
    _Parser.out, _Parser.err = out, err
    try:
        return _read(make_parser().parse_args(arguments), environment)
    except _StopError as stop:
        return stop.code


def make_parser() -> _Parser:
    """The parser of the whole command."""
    parser = _Parser(prog="contract-tests", description="Check an endpoint of POST /v1/videos against the document.")
    parser.add_argument("--version", action="version", version=f"contract-tests {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="run | plan | rules | judge | identify | validate"
    )
    run = commands.add_parser("run", help="judge an endpoint")
    plan = commands.add_parser("plan", help="show what would be sent, and send nothing")
    rules = commands.add_parser("rules", help="show the rule table")
    judge = commands.add_parser("judge", help="judge the answers of a journal again")
    validate = commands.add_parser("validate", help="check a document, and send nothing")
    validate.add_argument("document", type=Path, metavar="FILE", help="the document")
    identify = commands.add_parser("identify", help="find out which dialect an endpoint speaks")
    identify.add_argument(
        "--probe", type=_whole, default=0, metavar="N", help="creations that may be made to be surer (default: 0)"
    )
    for command in (run, plan, identify):
        command.add_argument("url", metavar="URL", help="where the endpoint is, with or without /v1")
        command.add_argument(
            "--token",
            type=_token,
            metavar="T",
            help=f"the bearer token; default: the environment variable {TOKEN_VARIABLE}",
        )
    for command in (run, plan):
        command.add_argument(
            "--spend",
            type=_count,
            metavar="N",
            help="creations that may be accepted, or 'unlimited'; default: unlimited on loopback, 0 elsewhere",
        )
        command.add_argument(
            "--profile",
            choices=PROFILES,
            default="standard",
            metavar="P",
            help=f"how much effort: {', '.join(PROFILES)} (default: standard)",
        )
        command.add_argument("--seed", type=_whole, default=0, metavar="N", help="repeats a run exactly (default: 0)")
        command.add_argument(
            "--rule", action="append", metavar="ID", help="judge this rule alone; give it again for more"
        )
    plan.add_argument("--price", type=_price, metavar="P", help="what one creation costs")
    run.add_argument(
        "--workers",
        type=_positive,
        metavar="N",
        help="requests at once; default: 4 on loopback, 2 elsewhere; always 1 where creations are counted",
    )
    for command in (run, identify):
        command.add_argument(
            "--timeout", type=_seconds, default=30.0, metavar="S", help="seconds to wait for an answer (default: 30)"
        )
    run.add_argument("--resume", action="store_true", help="go on with the run of the journal, without paying twice")
    run.add_argument("--journal", type=Path, metavar="FILE", help="where to record; default: in the folder of --report")
    judge.add_argument("journal", type=Path, metavar="JOURNAL")
    judge.add_argument("--token", type=_token, help=argparse.SUPPRESS)
    for command in (run, plan, judge):
        command.add_argument("--strict", action="store_true", help="broken inferred rules fail too")
    for command in (run, judge):
        command.add_argument("--extensions", action="store_true", help="judge operations beyond the document too")
        command.add_argument(
            "-v", "--verbose", action="store_true", help="show the rules that hold and that were not tested, each"
        )
        command.add_argument(
            "--report",
            type=Path,
            metavar="DIR",
            help="write junit.xml, report.json, report.html, the journal and a folder for each finding there",
        )
    for command in (run, plan, rules, judge, identify):
        command.add_argument(
            "--document",
            type=Path,
            default=default_path(),
            metavar="FILE",
            help="another copy of openapi.yaml to take the rules from",
        )
    for command in (run, plan, rules, judge, validate):
        command.add_argument(
            "--dialect",
            type=_dialect,
            action="append",
            default=[],
            metavar="NAME|FILE",
            help="judge by another server of the field: a dialect that ships, or an OpenAPI Overlay; repeatable",
        )
    return parser


def _read(found: argparse.Namespace, environment: Mapping[str, str]) -> Arguments:
    given: dict[str, object] = vars(found)
    spend = given.get("spend")
    token = given.get("token") or _from_environment(environment)
    rules = given.get("rule")
    settings = Settings(
        document=found.document,
        dialects=tuple(getattr(found, "dialect", ())),
        token=None if token is None else str(token),
        strictness=Strictness(bool(given.get("strict")), bool(given.get("extensions"))),
        profile=str(given.get("profile", "standard")),
        seed=int(str(given.get("seed", 0))),
        timeout=float(str(given.get("timeout", 30.0))),
        report=getattr(found, "report", None),
        journal=getattr(found, "journal", None),
        resume=bool(given.get("resume")),
        only=frozenset(rules) if isinstance(rules, list) else None,
    )
    return Arguments(
        command=found.command,
        url=str(given.get("url", "")),
        settings=settings,
        spend=spend if isinstance(spend, int) and spend >= 0 else None,
        spend_given=spend is not None,
        workers=getattr(found, "workers", None),
        price=getattr(found, "price", None),
        probe=getattr(found, "probe", 0),
        verbose=bool(given.get("verbose")),
        environment=environment,
    )


def _from_environment(environment: Mapping[str, str]) -> str | None:
    """The token of the variable; an empty one is none, as where a secret of CI is not set."""
    try:
        return _token(environment[TOKEN_VARIABLE]) if environment.get(TOKEN_VARIABLE) else None
    except argparse.ArgumentTypeError as error:
        make_parser().error(f"the variable {TOKEN_VARIABLE}: {error}")


def _dialect(text: str) -> Path:
    try:
        return find(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    """A number of creations; -1 stands for any number."""
    if text == "unlimited":
        return -1
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number from 0 on nor 'unlimited'")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST_WORKERS}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _token(text: str) -> str:
    # The text itself is not told: it may be the token with a line break behind it.
    if not text or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError("a token is not empty and holds neither spaces nor line breaks")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0, at most {LONGEST:g}")
    return value


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value
