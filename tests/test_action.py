"""The steps of action.yml, run as plain bash against a served mock."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_reproduction import served

ACTION = yaml.safe_load((Path(__file__).parents[1] / "action.yml").read_text("utf-8"))
STEPS = ACTION["runs"]["steps"]
#: Stands for python3: its virtual environment is the interpreter of the tests, and pip notes what it is given.
PYTHON = f"""#!/bin/bash
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit; fi
if [ "$2" = pip ]; then echo "$@" > "$RUNNER_TEMP/pip"; exit; fi
exec {sys.executable} "$@"
"""


def act(folder: Path, **inputs: str) -> int:
    """Run the steps as a runner does; the exit code of the first that fails."""
    python = folder / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    given = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | inputs
    around = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RUNNER_TEMP": str(folder / "runner"),
        "GITHUB_ACTION_PATH": "/action",
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "CONTRACT_TESTS_PROFILE": "quick",
        "CONTRACT_TESTS_RULE": "seconds.enum",
    }
    for step in STEPS:
        own = {name: filled(text, given) for name, text in step.get("env", {}).items()}
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        with (folder / "stdout").open("a") as out:
            code = subprocess.run(words, cwd=folder, env=around | own, stdout=out, check=False).returncode
        if code:
            return code
    return 0


def filled(text: str, given: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], text)


@pytest.fixture
def faulty() -> Any:
    with served(CATALOGUE["seconds-any"].build()) as url:
        yield url


def test_a_right_server_passes_and_leaves_its_reports(tmp_path: Path) -> None:
    with served(CORRECT["clean"].build()) as url:
        assert act(tmp_path, url=url, token="test-token", spend="3") == 0
    made = {path.name for path in (tmp_path / "contract-report").iterdir()}
    assert made == {"journal.jsonl", "junit.xml", "report.html", "report.json", "report.md", "report.sarif"}
    assert (tmp_path / "output").read_text() == "sarif=contract-report/report.sarif\n"
    assert (tmp_path / "runner" / "pip").read_text() == "-m pip install --quiet /action\n"


def test_a_wrong_server_fails_and_is_annotated(faulty: str, tmp_path: Path) -> None:
    assert act(tmp_path, url=faulty, token="test-token", report="my report") == 1
    assert "\n::error file=openapi.yaml,line=" in (tmp_path / "stdout").read_text()
    assert "seconds.enum" in (tmp_path / "summary").read_text()
    assert (tmp_path / "my report" / "report.sarif").exists()


def test_a_baseline_and_a_dialect_are_passed_on(faulty: str, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text("- rule: seconds.enum\n  reason: known\n  until: 2999-01-01\n")
    assert act(tmp_path, url=faulty, token="test-token", baseline="known.yaml", dialect="none-such") == 2
    assert act(tmp_path, url=faulty, token="test-token", baseline="known.yaml") == 0


def test_no_script_holds_an_input() -> None:
    assert not [step["name"] for step in STEPS if "${{" in step["run"]]


def test_an_address_is_no_option(tmp_path: Path) -> None:
    assert act(tmp_path, url="--help") == 2
