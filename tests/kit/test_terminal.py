"""What somebody sees who sits before it: a bar, Ctrl-C, a pipe that is closed; and how the work is spread."""

import re
import subprocess
import sys
import threading
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import httpx
import pytest

from contract_tests.cases.contract import load
from contract_tests.cli import main
from contract_tests.inprocess import InProcess
from contract_tests.model.escape import printable
from contract_tests.oracle.verdict import Strictness, Verdict
from contract_tests.report.terminal import Screen, results
from contract_tests.session import Surroundings
from contract_tests.spec.document import default_path
from tests.faults import CATALOGUE, CORRECT
from tests.kit.vocabulary import HERE, TOKEN, command, run

ONE = ("run", HERE, "--token", TOKEN, "--rule", "seconds.enum")


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class Closed(StringIO):
    """A stream that nobody reads any more."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


class Interrupting(InProcess):
    """A right server; somebody presses Ctrl-C before the twentieth answer."""

    left = 20

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return super().handle_request(request)


class Meeting(InProcess):
    """A right server, of which three requests beside the first must be under way at once."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.asked, self.meeting = 0, threading.Barrier(3)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if 1 < self.asked <= 4:
            self.meeting.wait(timeout=30)
        return super().handle_request(request)


def told(transport: type[InProcess], *words: str, err: StringIO | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of a run through this transport."""
    out, err = StringIO(), err or StringIO()
    around = Surroundings(transport=lambda: transport(CORRECT["clean"].build()))
    code = main((*ONE, *words), {}, out, err, around)
    return code, out.getvalue(), err.getvalue()


def test_one_line_on_a_terminal_tells_how_far_the_run_is_and_is_gone_at_the_end() -> None:
    _, _, err = told(InProcess, "--spend", "5", err=Terminal())
    *growing, last = err.removesuffix("\x1b[K").split("\x1b[K\r")
    assert len(growing) > 20 and "\n" not in err
    assert re.fullmatch(r"\r?[a-z ]+ 100 %  \d+ requests, 5 accepted of 5 to spend, 0 s left", growing[-1])
    assert last == ""


@pytest.mark.parametrize(("columns", "widest"), [("20", 80), ("120", 120), ("900", 200)])
def test_lines_are_as_wide_as_the_terminal_between_80_and_200_columns(columns: str, widest: int) -> None:
    assert Screen.of(Terminal(), {"COLUMNS": columns}).width == widest


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_they_are_not_wanted(variables: dict[str, str]) -> None:
    assert not Screen.of(Terminal(), variables).colour
    assert Screen.of(Terminal(), {}).colour and not Screen.of(StringIO(), {}).colour


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x9b", "\u202e", "\ud800", "\u2028"])
def test_what_a_terminal_would_obey_is_spelled_out(char: str) -> None:
    assert printable(f"a{char}b").isprintable()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_any_encoding_of_the_output_will_do(encoding: str) -> None:
    out = TextIOWrapper(BytesIO(), encoding)
    around = Surroundings(transport=lambda: InProcess(CATALOGUE["seconds-any"].build()))
    assert main(ONE, {}, out, StringIO(), around) == 1


def test_elsewhere_each_part_is_one_line() -> None:
    _, _, err = told(InProcess)
    assert [line.split(": ")[0] for line in err.splitlines()] == ["requests", "drawn requests"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [((), "with --journal it could be resumed"), (("--spend", "3"), "with --journal it could be resumed")],
)
def test_ctrl_c_leaves_the_bar_and_says_how_to_go_on(words: tuple[str, ...], hint: str) -> None:
    code, out, err = told(Interrupting, *words, err=Terminal())
    assert code == 2
    assert re.search(r"\d rules? holds?, ", out)
    assert err.endswith(f"\r\x1b[Kcontract-tests: interrupted; {hint}\n")


def test_ctrl_c_before_anything_is_sent_is_one_line() -> None:
    def interrupted() -> InProcess:
        raise KeyboardInterrupt

    out, err = StringIO(), StringIO()
    assert main(ONE, {}, out, err, Surroundings(transport=interrupted)) == 2
    assert (out.getvalue(), err.getvalue()) == ("", "contract-tests: interrupted\n")


def test_a_reader_that_leaves_ends_it_without_a_word() -> None:
    err = StringIO()
    assert main(["rules"], {}, Closed(), err) == 2
    assert err.getvalue() == ""


def test_a_pipe_that_is_closed_ends_the_command_without_a_word() -> None:
    words = [sys.executable, "-m", "contract_tests", "rules"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 2


def test_as_many_requests_are_under_way_at_once_as_asked_for() -> None:
    assert told(Meeting, "--workers", "3")[0] == 0


def test_a_run_that_stops_says_why() -> None:
    code, out, _ = run(CATALOGUE["seconds-any"].build(), "--token", TOKEN, "--rule", "seconds.enum", "--spend", "0")
    assert code == 1
    assert "\nstopped: a request that had to be refused was accepted (seconds" in out


def test_the_plan_of_this_machine_counts_no_creations() -> None:
    code, out, _ = command("plan", HERE, "--profile", "quick")
    assert code == 0
    assert out.endswith("up to 0 a class, 0 by schemathesis; creations cost nothing here\n")


class Dropping(InProcess):
    """A right server, of which every connection breaks that sends something."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("Connection reset by peer")
        return super().handle_request(request)


def test_a_request_without_an_answer_is_told_as_such() -> None:
    code, out, _ = told(Dropping, "--profile", "quick")
    assert code == 1
    assert "actual   no answer: Connection reset by peer" in out


def test_where_every_rule_was_tested_nothing_is_said_of_the_rest() -> None:
    rules = list(load(default_path()).rules)
    lines = list(results([Verdict(rule, "holds") for rule in rules], rules, Strictness(), Screen()))
    assert not any("not tested" in line for line in lines)


def test_a_transport_may_be_closed_twice() -> None:
    transport = InProcess(CORRECT["clean"].build())
    transport.close()
    transport.close()
