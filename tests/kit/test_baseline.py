"""Known failures: what is listed is shown and does not fail, what is gone or past is told, what is malformed is misuse."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults import CATALOGUE, CORRECT
from tests.kit.vocabulary import TOKEN, command, run

FAULTY, CLEAN, WARNED = CATALOGUE["seconds-any"], CORRECT["clean"], CORRECT["status-422"]
WHOLE = ("--token", TOKEN, "--profile", "quick")
QUICK = (*WHOLE, "--rule", "seconds.enum", "--rule", "seconds.enum.error")


def baseline(tmp_path: Path, *, rule: str = "seconds.enum", until: str = "2999-12-31") -> str:
    path = tmp_path / "baseline.yaml"
    path.write_text(f"- rule: {rule}\n  reason: being mended, see 12\n  until: {until}\n", "utf-8")
    return str(path)


def test_what_is_listed_does_not_fail_and_is_shown(tmp_path: Path) -> None:
    code, out, _ = run(FAULTY.build(), *QUICK, "--baseline", baseline(tmp_path))
    assert code == 0
    assert "broken (known)    seconds.enum" in out
    assert "known    being mended, see 12" in out
    assert "until    2999-12-31" in out
    assert "1 broken as known" in out


def test_what_is_new_fails(tmp_path: Path) -> None:
    code, out, _ = run(FAULTY.build(), *QUICK, "--baseline", baseline(tmp_path, rule="size.enum"))
    assert code == 1
    assert "BROKEN            seconds.enum" in out


#: The server, the baseline, and what is told of it.
OUTDATED: dict[str, tuple[Any, dict[str, str], str]] = {
    "gone": (CLEAN, {}, "Known failure seconds.enum: the rule holds now"),
    "past": (FAULTY, {"until": "2026-01-31"}, "it was accepted until 2026-01-31, which is past."),
    "no rule": (CLEAN, {"rule": "colour"}, "Known failure colour: there is no such rule any more"),
}


@pytest.mark.parametrize("case", OUTDATED)
def test_what_is_gone_or_past_is_told_and_fails_where_that_is_asked_for(case: str, tmp_path: Path) -> None:
    server, changes, told = OUTDATED[case]
    path = baseline(tmp_path, **changes)
    code, out, _ = run(server.build(), *WHOLE, "--baseline", path)
    assert (code, told in out) == (0, True)
    code, _, err = run(server.build(), *WHOLE, "--baseline", path, "--baseline-strict")
    assert code == 1
    assert err.endswith("contract-tests: 1 known failures are gone or past their date\n")


def test_a_baseline_that_is_up_to_date_passes_strictly(tmp_path: Path) -> None:
    assert run(FAULTY.build(), *QUICK, "--baseline", baseline(tmp_path), "--baseline-strict")[0] == 0


GOOD = "- rule: a\n  reason: b\n  until: 2027-01-01\n"
MALFORMED = {
    "no YAML": ("- rule: [\n", "line 2: it is no YAML"),
    "no list": ("rule: a\n", "line 1: a list is due"),
    "no entry": ("- a\n", "line 1: an entry with rule, reason, until is due"),
    "unknown key": (f"{GOOD}- rule: c\n  reasons: d\n", "line 5: unknown key 'reasons' (did you mean 'reason'?)"),
    "far from a key": ("- colour: c\n", "line 1: unknown key 'colour'; allowed: rule, reason, until"),
    "key twice": ("- rule: a\n  rule: b\n", "line 2: 'rule' is given twice"),
    "no date": (f"{GOOD}- rule: c\n  reason: d\n", "line 4: 'until' is missing"),
    "bad date": ("- rule: a\n  reason: b\n  until: soon\n", "line 3: until: 'soon' is no date; allowed: YYYY-MM-DD"),
    "no reason": ("- rule: a\n  reason: ''\n  until: 2027-01-01\n", "line 2: 'reason' is no text"),
    "a list as reason": ("- rule: a\n  reason: [b]\n  until: 2027-01-01\n", "line 2: 'reason' is no text"),
    "rule twice": (GOOD + GOOD, "line 4: the rule 'a' stands there twice"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_baseline_is_one_line_with_its_file_and_line(case: str, tmp_path: Path) -> None:
    text, told = MALFORMED[case]
    path = tmp_path / "baseline.yaml"
    path.write_text(text, "utf-8")
    code, _, err = run(None, *QUICK, "--baseline", str(path))
    assert (code, err.count("\n")) == (2, 1)
    assert f"The baseline {path}, {told}" in err


def test_a_baseline_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, _, err = run(None, *QUICK, "--baseline", str(tmp_path / "none"))
    assert (code, err) == (
        2,
        f"contract-tests: The baseline {tmp_path}/none cannot be read: No such file or directory.\n",
    )


def test_an_empty_baseline_accepts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text("# none yet\n")
    assert run(FAULTY.build(), *QUICK, "--baseline", str(path))[0] == 1


def test_a_baseline_is_written_from_a_report_and_accepts_it(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path))
    code, out, _ = command("baseline", str(tmp_path), "--until", "2999-01-31")
    [entry] = yaml.safe_load(out)
    assert (code, entry["rule"], entry["until"].isoformat()) == (0, "seconds.enum", "2999-01-31")
    assert "expected a refusal" in entry["reason"]
    path = tmp_path / "baseline.yaml"
    path.write_text(out, "utf-8")
    assert run(FAULTY.build(), *QUICK, "--baseline", str(path))[0] == 0


def test_what_was_known_keeps_its_reason(tmp_path: Path) -> None:
    known = baseline(tmp_path)
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path), "--baseline", known)
    for words in ((), ("--baseline", known)):
        [entry] = yaml.safe_load(command("baseline", str(tmp_path / "report.json"), *words)[1])
        assert entry["reason"] == "being mended, see 12"


NO_REPORTS = {"no JSON": "x", "a list": "[]", "other JSON": '{"rules": [{}]}', "a number": '{"rules": 1}'}


@pytest.mark.parametrize("case", NO_REPORTS)
def test_what_is_no_report_is_told(case: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(NO_REPORTS[case])
    code, out, err = command("baseline", str(path))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"The file {path} is no report.json" in err


def test_a_report_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in command("baseline", str(tmp_path / "none"))[2]


def test_a_date_that_is_none_is_misuse() -> None:
    assert "--until: 'soon' is no date; allowed: YYYY-MM-DD" in command("baseline", "x", "--until", "soon")[2]


#: A server that breaks a rule of the document, then one that breaks inferred ones: by --fail-on, the exit codes.
FAIL_ON = {"never": (0, 0), "document": (1, 0), "inferred": (1, 1), "extension": (1, 1)}


@pytest.mark.parametrize("source", FAIL_ON)
def test_the_rules_that_fail_a_run_are_chosen(source: str) -> None:
    codes = tuple(run(server.build(), *QUICK, "--fail-on", source)[0] for server in (FAULTY, WARNED))
    assert codes == FAIL_ON[source]


def test_fail_on_decides_over_strict() -> None:
    assert run(WARNED.build(), *QUICK, "--strict", "--fail-on", "document")[0] == 0


def test_a_source_that_is_none_is_misuse() -> None:
    code, _, err = run(None, *QUICK, "--fail-on", "all")
    assert (code, err) == (
        2, "contract-tests: --fail-on: 'all' is not known; allowed: never, document, inferred, extension\n"
    )  # fmt: skip


def test_the_report_tells_what_is_known(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--baseline", baseline(tmp_path), "--report", str(tmp_path))
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    [rule] = [one for one in report["rules"] if one["id"] == "seconds.enum"]
    assert (report["verdict"], rule["known"]["until"]) == ("holds", "2999-12-31")
    assert "broken, known: " in (tmp_path / "junit.xml").read_text("utf-8")
