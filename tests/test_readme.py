"""README and docs/ say what is true today."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from contract_tests.command_line import parse
from contract_tests.options import COMMANDS as KIT_COMMANDS
from mockserver.app import create_app
from mockserver.cli import main as mockserver
from mockserver.settings import Settings
from tests.documentation import DOCS, PAGES, README, TABLES, block, with_tables
from tests.kit.vocabulary import command as kit
from tests.kit.vocabulary import edited
from tests.mock.test_cli import served, url

KIT = DOCS / "contract-tests.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert mockserver(["example", str(tmp_path)], {}, StringIO(), StringIO()) == 0
    return tmp_path


def run(command: list[str], address: str, folder: Path) -> str:
    command[-1] = command[-1].replace("http://127.0.0.1:8000", address)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def still(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is new each time."""
    return {key: value for key, value in answer.items() if key not in ("id", "created_at")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_those_of_the_code_and_the_document(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == with_tables(text), "python -m tests.documentation updates them"


def test_every_table_stands_on_one_page() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert sorted(re.findall(r"<!-- table: ([^>]+) -->", text)) == sorted(TABLES)


def test_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 200


@pytest.mark.parametrize("name", ["right", "wrong"])
def test_curl_examples_answer_as_they_say(folder: Path, name: str) -> None:
    with served() as (_, told):
        answer = json.loads(run(["sh", "-c", block("example", name)], url(told), folder))
    assert still(answer) == still(json.loads(block("answer", name)))


def test_python_example_prints_a_completed_video(folder: Path) -> None:
    with served("--pace", "polls:2") as (_, told):
        assert run([sys.executable, "-c", block("example", "python")], url(told), folder) == "completed 100\n"


def test_every_command_of_the_kit_is_listed_and_every_listed_one_is_there() -> None:
    listed = {line.split()[1] for line in block("example", "commands", KIT).splitlines()}
    assert listed == set(KIT_COMMANDS)
    assert [name for name in sorted(listed) if kit(name, "--help")[0] != 0] == []


COMMANDS = [line for page in PAGES for line in re.findall(r"`contract-tests ([^`]+)`", page.read_text("utf-8"))]


@pytest.mark.parametrize("words", COMMANDS)
def test_commands_of_the_kit_in_the_text_are_understood(words: str) -> None:
    assert not isinstance(parse(words.split(), {}, StringIO(), StringIO()), int)


@pytest.mark.filterwarnings("ignore::pytest.PytestAssertRewriteWarning")
def test_pytest_example_runs_one_test_a_rule(tmp_path: Path) -> None:
    line = block("example", "pytest", KIT).strip()
    with served("--token", "T") as (_, told):
        words = shlex.split(line.replace("http://127.0.0.1:9000", url(told)))[1:]
        argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--videos-profile", "quick", *words]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d\d passed", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("model", ["sora-2", "sora-9"])
def test_in_process_example_judges_an_application(model: str, tmp_path: Path) -> None:
    models = "enum: [{0}, sora-2-pro]\n          default: {0}\n"
    document = edited(tmp_path, (models.format("sora-2"), models.format(model)))
    code = block("example", "in process", KIT).replace('Settings(token="T"', 'Settings(token="T", profile="quick"')
    names = {"app": create_app(Settings(tokens=("T",), document=document))}
    with nullcontext() if model == "sora-2" else pytest.raises(AssertionError):
        exec(code, names)  # noqa: S102  the README's own lines


def workflow() -> list[str]:
    """What the steps of the workflow run, one after the other."""
    steps = yaml.safe_load(block("example", "workflow", KIT))["jobs"]["contract"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_workflow_installs_this_project() -> None:
    name = tomllib.loads((README.parent / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    assert workflow()[0] == f"pip install {name}"


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_workflow_of_a_caller_judges_the_mock_and_leaves_its_report(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    lines = "\n".join(workflow()[1:]).replace("8000", port).replace("contract-tests run", "contract-tests run --profile quick")  # fmt: skip
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "VIDEOS_TOKEN": "test-token"}
    script = f"set -e; trap 'kill $(jobs -p)' EXIT\n{lines}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S607  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
    assert (tmp_path / "report" / "junit.xml").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
