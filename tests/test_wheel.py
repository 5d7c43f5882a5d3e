"""What ships: the files of the installed wheel, and its command. Skipped where a checkout is installed in its place."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest


def installed_files() -> list[metadata.PackagePath]:
    try:
        files = metadata.files("videos-mock-kit") or []
    except metadata.PackageNotFoundError:
        return []
    return [path for path in files if "__pycache__" not in path.parts]


FILES = installed_files()
TOPS = {path.parts[0] for path in FILES if path.parts[0] != ".."}

pytestmark = pytest.mark.skipif("mockserver" not in TOPS, reason="the checkout runs, not the wheel")


def test_wheel_holds_the_two_packages_and_the_document_with_its_schema_and_nothing_else() -> None:
    assert {top for top in TOPS if not top.endswith(".dist-info")} == {
        "contract_tests",
        "mockserver",
        "videos_mock_kit",
    }
    folder = Path(__file__).parents[1] / "dialects"
    dialects = {f"videos_mock_kit/dialects/{path.name}" for path in folder.iterdir()}
    assert {str(path) for path in FILES if path.parts[0] == "videos_mock_kit"} == dialects | {
        "videos_mock_kit/openapi.extensions.schema.json",
        "videos_mock_kit/openapi.yaml",
    }


def test_wheel_holds_the_licence_and_the_types() -> None:
    names = {path.name for path in FILES}
    assert {"LICENSE", "py.typed"} <= names


def test_document_of_the_wheel_is_that_of_the_repository() -> None:
    shipped = next(path for path in FILES if path.name == "openapi.yaml")
    assert shipped.read_text() == (Path(__file__).parents[1] / "openapi.yaml").read_text("utf-8")


@pytest.mark.parametrize("command", ["mockserver", "contract-tests"])
def test_command_is_installed(command: str) -> None:
    module = [sys.executable, "-m", command.replace("-", "_")]
    for argv in (module, [str(Path(sys.executable).with_name(command))]):
        done = subprocess.run([*argv, "--help"], capture_output=True, text=True, check=True)
        assert f"Usage: {command}" in done.stdout


def test_kit_of_the_wheel_judges_the_mock_of_the_wheel_as_plain_pytest(tmp_path: Path) -> None:
    mock = [sys.executable, "-m", "mockserver", "--port", "0", "--token", "test-token"]
    with subprocess.Popen(mock, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            words = ["--videos-url", url, "--videos-token", "test-token", "--videos-profile", "quick"]
            argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--pyargs", "contract_tests"]
            done = subprocess.run([*argv, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        finally:
            process.terminate()
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
