"""A journal that was torn, tampered with, or finds no room: one line, exit 2, and nothing that was judged is lost."""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.errors import MisuseError
from contract_tests.runner import journal
from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_reproduction import served
from tests.kit.vocabulary import TOKEN, command, run

FEW = ("--token", TOKEN, "--profile", "quick", "--rule", "seconds.enum", "--extensions")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of the journal of a faulty server."""
    path = tmp_path_factory.mktemp("recorded") / "journal.jsonl"
    run(
        CATALOGUE["seconds-any"].build(), "--token", TOKEN, "--profile", "quick", "--extensions", "--journal", str(path)
    )
    return path.read_text().splitlines()


def judged(lines: list[str], path: Path, *words: str) -> tuple[int, str, str]:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", "surrogatepass")
    return command("judge", str(path), "--extensions", *words)


def test_a_run_goes_on_after_a_line_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    path, server = tmp_path / "j", CORRECT["clean"].build()
    run(server, *FEW, "--journal", str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert run(server, *FEW, "--journal", str(path), "--resume")[0] == 0
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()][-1] == "end"
    assert command("judge", str(path), "--extensions")[0] == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_a_journal_or_a_misuse(data: bytes) -> None:
    path = Path(f"/dev/shm/journal-{os.getpid()}") if Path("/dev/shm").is_dir() else Path(f"/tmp/journal-{os.getpid()}")  # noqa: S108
    path.write_bytes(data)
    try:
        with pytest.raises(MisuseError):
            journal.read(path)
    finally:
        path.unlink()


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the values of a JSON text stand."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, child in inside for place in places(child, (*at, key)))]


def changed(line: str, at: tuple[Any, ...], value: Any) -> str:
    told = json.loads(line)
    node = told
    for key in at[:-1]:
        node = node[key]
    if value is None and isinstance(node, dict):
        del node[at[-1]]
    else:
        node[at[-1]] = value
    return json.dumps(told)


@pytest.mark.parametrize("first", [1, 5, 9, 13])
def test_a_journal_that_was_tampered_with_is_told_in_one_line(first: int, recorded: list[str], tmp_path: Path) -> None:
    kinds = {json.loads(line)["event"]: number for number, line in enumerate(recorded)}
    values: Iterator[Any] = cycle((None, 5, "x", [], {}, "\ud800", 1e300, True))
    for number in kinds.values():
        for at, value in zip(places(json.loads(recorded[number]))[first::24], values, strict=False):
            lines = [*recorded[:number], changed(recorded[number], at, value), *recorded[number + 1 :]]
            code, _, err = judged(lines, tmp_path / "j")
            assert code in {0, 1, 2}
            assert "the kit failed" not in err, (at, err)
            assert code == 2 or not err or "another document" in err


def test_a_journal_nested_without_end_is_told_in_one_line(recorded: list[str], tmp_path: Path) -> None:
    code, out, err = judged([recorded[0], "[" * 200_000, recorded[1]], tmp_path / "j")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "j is damaged" in err


EVIL = "x'$(touch EVIL)`touch EVIL`;touch EVIL\n../../EVIL"


def evil_method(request: dict[str, Any]) -> None:
    request["method"] = "POST;touch${IFS}EVIL"


def evil_path(request: dict[str, Any]) -> None:
    request["path"] = f"/v1/videos{EVIL}"


def evil_header(request: dict[str, Any]) -> None:
    request["headers"] = [["X-A", EVIL]]


def evil_type(request: dict[str, Any]) -> None:
    request["content_type"] = EVIL


EVILS: dict[str, tuple[Callable[[dict[str, Any]], None], int]] = {
    "method": (evil_method, 2),
    "path": (evil_path, 1),
    "header": (evil_header, 1),
    "type": (evil_type, 1),
}


@pytest.mark.parametrize("case", EVILS)
def test_no_command_of_a_journal_is_run_by_a_reproduction(case: str, recorded: list[str], tmp_path: Path) -> None:
    change, expected = EVILS[case]
    lines = []
    for line in recorded:
        told = json.loads(line)
        if told["event"] == "planned":
            change(told["case"]["request"])
            told["case"]["label"] = EVIL
        lines.append(json.dumps(told))
    code, _, _ = judged(lines, tmp_path / "j", "--report", str(tmp_path / "report"))
    assert code == expected
    for script in (tmp_path / "report").rglob("curl.sh"):
        subprocess.run(["sh", "curl.sh"], cwd=script.parent, capture_output=True, check=False)  # noqa: S607
    assert [*tmp_path.rglob("EVIL")] == []


def test_a_full_disk_is_told_and_what_was_judged_is_reported(tmp_path: Path) -> None:
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with served(CORRECT["clean"].build()) as url:
        argv = [sys.executable, "-m", "contract_tests", "run", url, "--token", TOKEN, "--journal", str(tmp_path / "j")]
        # The figures of coverage are larger than what the process may write.
        alone = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        done = subprocess.run(argv, preexec_fn=little, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(
        r"contract-tests: not all could be judged: the journal \S+ cannot be written: File too large", last
    )
    assert " rules hold" in done.stdout


def test_a_fault_of_the_kit_is_exit_2_and_what_was_judged_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Any) -> None:
        raise MemoryError("none is left")

    monkeypatch.setattr("contract_tests.session.Fuzz.all", fail)
    words = ("--token", TOKEN, "--profile", "quick", "--report", str(tmp_path))
    code, out, err = run(CATALOGUE["seconds-any"].build(), *words)
    assert code == 2
    assert "BROKEN            seconds.enum" in out
    assert err.splitlines()[-1].startswith("contract-tests: not all could be judged: the kit failed: MemoryError: none")
    assert "Traceback" in (tmp_path / "crash.txt").read_text()
    assert "Traceback" not in out + err


def test_a_fault_of_the_kit_outside_of_a_run_is_exit_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr("contract_tests.cli.explain", fail)
    assert command("rules") == (2, "", "contract-tests: the kit failed: RuntimeError: no idea\n")


def test_a_report_used_again_holds_the_findings_of_the_last_run_alone(tmp_path: Path) -> None:
    own = tmp_path / "findings" / "mine.txt"
    run(CATALOGUE["seconds-any"].build(), *FEW, "--report", str(tmp_path))
    own.write_text("kept")
    assert len([*own.parent.iterdir()]) > 1
    run(CORRECT["clean"].build(), *FEW, "--report", str(tmp_path))
    assert [*own.parent.iterdir()] == [own]
