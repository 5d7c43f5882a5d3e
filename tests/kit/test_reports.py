"""Reports for machines and for GitHub: SARIF, Markdown, annotations, JUnit's properties, JSON on standard output."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from contract_tests.oracle.verdict import KnownFailure, Strictness
from contract_tests.report import github
from contract_tests.report.json_report import schema
from contract_tests.report.markdown import literal, markdown
from contract_tests.report.sarif import sarif
from contract_tests.session import Outcome
from contract_tests.spec.document import default_path
from contract_tests.spec.overlay import find
from tests.faults import CATALOGUE, CORRECT
from tests.kit.vocabulary import TOKEN, judge, run

FAULTY, CLEAN, WARNED = CATALOGUE["seconds-any"], CORRECT["clean"], CORRECT["status-422"]
SARIF = json.loads((Path(__file__).parent / "sarif.schema.json").read_text("utf-8"))
QUICK = ("--token", TOKEN, "--profile", "quick", "--rule", "seconds.enum")
HOSTILE = "a`b<img src=x>|[c](javascript:d)\n::error::e\x1b[2J"
KNOWN = Strictness(known={"seconds.enum": KnownFailure("seconds.enum", "being mended", date(2026, 12, 31))})


@pytest.fixture(scope="module")
def broken() -> Outcome:
    outcome = judge(FAULTY.build(), strict=False, extensions=False, only=frozenset({"seconds.enum"}))
    return replace(outcome, verdicts=[one for one in outcome.verdicts if one.rule.id == "seconds.enum"])


@pytest.fixture(scope="module")
def hostile(broken: Outcome) -> Outcome:
    """The same, with findings that quote what a hostile server sent."""
    verdicts = [
        replace(one, findings=tuple(replace(found, actual=HOSTILE) for found in one.findings))
        for one in broken.verdicts
    ]
    return replace(broken, verdicts=verdicts)


def results(outcome: Outcome) -> list[Any]:
    made = json.loads(sarif(outcome, default_path().parent))
    jsonschema_rs.validate(SARIF, made, validate_formats=True)
    return list(made["runs"][0]["results"])


def line_of(text: str, path: Path) -> int:
    return path.read_text("utf-8").splitlines().index(text) + 1


def test_a_broken_rule_is_a_result_of_sarif_at_its_line(broken: Outcome) -> None:
    [result] = results(broken)
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("seconds.enum", "error")
    assert place["artifactLocation"]["uri"] == "openapi.yaml"
    assert place["region"]["startLine"] == line_of("  seconds.enum:", default_path())


def test_sarif_tells_the_fault_category_of_web_fuzzing_commons(broken: Outcome) -> None:
    [result] = results(broken)
    assert result["properties"]["wfc"] == ["F102:Received Success Response When Sending Wrong Data"]
    assert [one["id"] for one in result["taxa"]] == ["F102"]


def test_a_warning_is_one_in_sarif() -> None:
    outcome = judge(WARNED.build(), strict=False, extensions=False, only=frozenset({"seconds.enum"}))
    assert {result["level"] for result in results(outcome)} == {"warning"}


def test_a_run_without_a_finding_is_valid_sarif() -> None:
    assert results(judge(CLEAN.build(), only=frozenset({"seconds.enum"}))) == []


def test_a_known_failure_is_suppressed_in_sarif(broken: Outcome) -> None:
    [result] = results(replace(broken, settings=replace(broken.settings, strictness=KNOWN)))
    assert result["suppressions"][0]["justification"] == "being mended (until 2026-12-31)"


def test_a_rule_of_an_overlay_stands_at_its_line_there() -> None:
    path = find("openai")
    outcome = judge(CORRECT["clean"].build(), dialects=(path,), only=frozenset({"seconds.enum", "size.enum"}))
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results(outcome)}
    assert uris & {"dialects/openai.overlay.yaml"}


def test_a_document_elsewhere_is_named_as_a_file(broken: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "my document.yaml"
    path.write_bytes(default_path().read_bytes())
    outcome = judge(FAULTY.build(), document=path, only=frozenset({"seconds.enum"}))
    for root, expected in (
        (tmp_path, "my%20document.yaml"),
        (tmp_path / "none", f"{tmp_path.as_uri()}/my%20document.yaml"),
    ):
        made = json.loads(sarif(outcome, root))["runs"][0]["results"][0]
        assert made["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == expected


def test_markdown_tells_what_is_broken_and_where(broken: Outcome) -> None:
    told = markdown(broken, default_path().parent)
    assert "## contract-tests: 1 broken" in told
    assert "<code>seconds.enum</code> (document, <code>openapi.yaml&#58;" in told
    assert "| form |" in told


def test_markdown_tells_that_all_is_well() -> None:
    outcome = judge(CLEAN.build(), only=frozenset({"seconds.enum"}))
    assert "no rule that decides is broken" in markdown(replace(outcome, stopped="it stopped"), Path())


def test_markdown_lists_known_failures_apart(broken: Outcome) -> None:
    told = markdown(replace(broken, settings=replace(broken.settings, strictness=KNOWN)), Path())
    assert "| <code>seconds.enum</code> | being mended | 2026-12-31 |" in told
    assert "### Broken" not in told


def test_nothing_of_a_server_acts_in_markdown(hostile: Outcome) -> None:
    told = markdown(hostile, Path())
    assert "<img" not in told
    assert "\x1b" not in told
    assert "\n::error" not in told
    assert "](javascript" not in told


def test_a_long_text_is_cut_in_markdown() -> None:
    assert len(literal("x" * 10000)) < 600


def test_an_annotation_names_file_line_and_rule(broken: Outcome) -> None:
    [line] = github.annotate(broken, default_path().parent)
    place = line_of("  seconds.enum:", default_path())
    assert line.startswith(
        f"::error file=openapi.yaml,line={place},title=seconds.enum::The length is 4, 8 or 12.%0Asent "
    )


def test_nothing_of_a_server_is_a_command(hostile: Outcome) -> None:
    [line] = github.annotate(hostile, Path())
    assert "\n" not in line
    assert line.count("::error") == 2
    assert "\x1b" not in line


def test_a_known_failure_is_annotated_as_a_warning(broken: Outcome) -> None:
    known = replace(broken, settings=replace(broken.settings, strictness=KNOWN))
    [line] = github.annotate(known, Path())
    assert line.startswith("::warning ")
    assert "known until 2026-12-31: being mended" in line


def test_more_annotations_than_github_shows_are_counted(broken: Outcome) -> None:
    [one] = [verdict for verdict in broken.verdicts if verdict.verdict == "broken"]
    lines = list(github.annotate(replace(broken, verdicts=[one] * 12), Path()))
    assert (len(lines), lines[-1]) == (11, "::notice::2 more broken rules stand in the summary of the step.")


def test_in_github_actions_annotations_and_the_summary_come_by_themselves(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    code, out, _ = run(FAULTY.build(), *QUICK, environment=environment)
    lines = out.splitlines()
    assert code == 1
    word = lines[0].removeprefix("::stop-commands::")
    assert len(word) == 32
    assert lines[-2] == f"::{word}::"
    assert lines[-1].startswith("::error file=openapi.yaml,")
    assert summary.read_text("utf-8").startswith("before\n## contract-tests: 1 broken")


ENVIRONMENTS: dict[str, tuple[dict[str, str], tuple[str, ...], bool]] = {
    "asked for": ({}, ("--github",), True),
    "elsewhere": ({}, (), False),
    "refused": ({"GITHUB_ACTIONS": "true", "CONTRACT_TESTS_GITHUB": "false"}, (), False),
}


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_annotations_come_where_they_are_wanted(case: str) -> None:
    environment, words, expected = ENVIRONMENTS[case]
    assert ("::error" in run(FAULTY.build(), *QUICK, *words, environment=environment)[1]) is expected


def test_commands_go_on_after_a_failure() -> None:
    out = io.StringIO()
    with pytest.raises(KeyError), github.commands_held(out, "word"):
        raise KeyError
    assert out.getvalue() == "::stop-commands::word\n::word::\n"


def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)}
    code, _, err = run(FAULTY.build(), *QUICK, environment=environment)
    assert code == 2
    assert err.splitlines()[-1] == f"contract-tests: The summary {tmp_path} cannot be written: Is a directory."


def test_json_on_standard_output_stands_there_alone() -> None:
    code, out, err = run(FAULTY.build(), *QUICK, "--json", "-", environment={"GITHUB_ACTIONS": "true"})
    made = json.loads(out)
    jsonschema_rs.validate(schema(), made)
    assert (code, made["verdict"]) == (1, "broken")
    assert "BROKEN            seconds.enum" in err
    assert "::error" in err
    [rule] = [one for one in made["rules"] if one["id"] == "seconds.enum"]
    assert rule["findings"][0]["category"] == "F102:Received Success Response When Sending Wrong Data"


def test_each_report_is_written_to_its_file(tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in ("json", "sarif", "markdown")}
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert run(FAULTY.build(), *QUICK, *words)[0] == 1
    reads: dict[str, Callable[[str], object]] = {"json": json.loads, "sarif": json.loads, "markdown": str}
    assert all(reads[name](path.read_text("utf-8")) for name, path in files.items())


@pytest.mark.parametrize("name", ["json", "sarif", "markdown"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_sent(name: str, tmp_path: Path) -> None:
    code, out, err = run(None, *QUICK, f"--{name}", str(tmp_path))
    assert (code, out) == (2, "")
    assert err == f"contract-tests: The report {tmp_path} cannot be written: Is a directory.\n"


def test_a_file_that_is_there_is_not_lost_by_the_look_at_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("older")
    run(None, *QUICK, "--json", str(path), "--sarif", str(tmp_path))
    assert path.read_text() == "older"


def test_junit_tells_source_and_place_of_each_rule(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path))
    case = next(one for one in ET.parse(tmp_path / "junit.xml").iter("testcase") if one.get("name") == "seconds.enum")  # noqa: S314
    told = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert told["says"] == "The length is 4, 8 or 12."
    assert told["place"] == f"openapi.yaml:{line_of('  seconds.enum:', default_path())}"
