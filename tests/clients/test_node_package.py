"""The npm package of clients/node, by its own tests under two runners, and its types by the compiler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import INSTALL_SECONDS, program

PACKAGE = Path(__file__).parents[2] / "clients" / "node"


@pytest.fixture(scope="module")
def package(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with what its tests need."""
    folder = tmp_path_factory.mktemp("package") / "node"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        pytest.skip(f"npm ci failed: {done.stderr.strip()[-300:]}")
    return folder


@pytest.mark.parametrize("script", ["test", "test:vitest", "test:types"])
def test_package_passes(package: Path, script: str) -> None:
    environment = {**os.environ, "VIDEOS_MOCK_COMMAND": f"{sys.executable} -m mockserver"}
    command = [program("npm"), "run", "--silent", script]
    done = subprocess.run(
        command, cwd=package, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_packed_package_holds_its_files_and_needs_nothing(package: Path) -> None:
    done = subprocess.run(
        [program("npm"), "pack", "--dry-run"], cwd=package, capture_output=True, text=True, check=True
    )
    packed = {line.split()[-1] for line in done.stderr.splitlines() if line.startswith("npm notice ") and "B " in line}
    assert {"index.js", "index.mjs", "index.d.ts", "README.md", "package.json"} <= packed
    assert "test/suite.mjs" not in packed
    assert '"dependencies"' not in (package / "package.json").read_text("utf-8")
