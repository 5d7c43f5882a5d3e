"""What surrounds the code is consistent: versions, workflows, the pages of the site."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
SOURCES = [
    *(ROOT / "mockserver").rglob("*.py"),
    *(ROOT / "contract_tests").rglob("*.py"),
    ROOT / "tests/mock/stores.py",
]
YAML_FILES = [*sorted(ROOT.glob(".github/**/*.yml")), ROOT / "CITATION.cff"]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_one_version_everywhere() -> None:
    package = json.loads((ROOT / "clients/node/package.json").read_text("utf-8"))["version"]
    modules = re.findall(r'__version__ = "(.+)"', (ROOT / "contract_tests/__init__.py").read_text("utf-8"))
    assert {VERSION, package, load("CITATION.cff")["version"], *modules} == {VERSION}


def test_changelog_names_the_version() -> None:
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_yaml_files_of_the_repository_can_be_read(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


def test_release_checks_the_tag_attests_and_publishes_in_two_jobs() -> None:
    jobs = load(".github/workflows/release.yml")["jobs"]
    assert list(jobs) == ["build", "publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert any("attest-build-provenance" in step.get("uses", "") for step in jobs["build"]["steps"])


def test_ci_runs_the_script_of_the_repository() -> None:
    steps = load(".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == "bash .ci/run"


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [page.name for page in ROOT.glob("docs/*.md") if f"- {page.name}" not in text] == []


def test_hooks_before_a_commit_run_what_tox_runs() -> None:
    commands = (ROOT / "tox.ini").read_text("utf-8")
    for hook in load(".pre-commit-config.yaml")["repos"][0]["hooks"]:
        assert re.search(rf"^(commands =)? *{re.escape(hook['entry'])}$", commands, re.MULTILINE), hook["entry"]


def test_what_the_recipes_name_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = set(re.findall(r"`((?:mockserver|contract_tests|tests|docs|dialects)/[\w/.]*)`", text))
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    for name in ("CHECKS", "SCENARIOS", "parse_store", "StateStore", "KINDS", "Outputs", "write_outputs"):
        assert any(re.search(rf"\b{name}\b", (ROOT / path).read_text("utf-8")) for path in SOURCES), name
