"""Where the value of an option comes from, and what a shell completes."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from mockserver.cli import main
from mockserver.settings import OPTIONS
from tests.mock.test_cli import served

OWN = '[mockserver]\npace = "instant"\nseed = 5\ntoken = ["a", "b"]\nreload = true\n'
SHARED = OWN.replace("[mockserver]", "[tool.mockserver]")


def told(folder: Path, *argv: str, **env: str) -> dict[str, tuple[str, ...]]:
    """What --show-settings tells of each option: its value and where it comes from."""
    stdout = StringIO()
    assert main([*argv, "--show-settings"], env, stdout, StringIO(), folder) == 0
    rows = [re.split(r" {2,}", line) for line in stdout.getvalue().splitlines()]
    return {row[0]: tuple(row[1:]) for row in rows}


def refused(folder: Path, *argv: str, **env: str) -> str:
    stderr = StringIO()
    assert main(argv, env, StringIO(), stderr, folder) == 2
    return stderr.getvalue()


@pytest.mark.parametrize(("name", "text"), [("videos-mock.toml", OWN), ("pyproject.toml", SHARED)])
def test_a_file_of_settings_is_read(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    found = told(tmp_path)
    assert (found["pace"], found["seed"]) == (("instant", f"{name}: pace"), ("5", f"{name}: seed"))
    assert found["reload"] == ("true", f"{name}: reload")


def test_the_flag_wins_over_the_variable_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "videos-mock.toml").write_text(OWN)
    found = told(tmp_path, "--pace", "real", MOCKSERVER_PACE="fast", MOCKSERVER_SEED="6")
    assert (found["pace"], found["seed"]) == (("real", "--pace"), ("6", "MOCKSERVER_SEED"))
    assert found["port"] == ("8000", "default")


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    found = told(tmp_path, "--token", "secret-1", MOCKSERVER_CONTROL_TOKEN="secret-2")
    assert (found["token"][0], found["control-token"][0]) == ("(not shown)", "(not shown)")


def test_every_option_is_shown(tmp_path: Path) -> None:
    assert set(told(tmp_path)) == {"option", *(option.name for option in OPTIONS)}


def test_every_option_may_stand_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "videos-mock.toml").write_text(
        "[mockserver]\n" + "".join(f'{option.name} = "?"\n' for option in OPTIONS)
    )
    assert "no option is called" not in refused(tmp_path)


BAD_FILES = {
    "an unknown option": (
        "[mockserver]\nprot = 1",
        "videos-mock.toml: no option is called 'prot' (did you mean 'port'?)",
    ),
    "a name like none": ("[mockserver]\nzzz = 1", "videos-mock.toml: no option is called 'zzz'\n"),
    "a bad value": ("[mockserver]\nport = -1", "videos-mock.toml: port: '-1' is no port"),
    "several values": ("[mockserver]\nport = [1, 2]", "videos-mock.toml: port is [1, 2]; allowed: one text"),
    "a table": ("[mockserver.token]\na = 1", "videos-mock.toml: token is {'a': 1}; allowed: a text"),
    "no table": ("mockserver = 1", "videos-mock.toml: mockserver is no table"),
    "no TOML": ("[mockserver", "videos-mock.toml: Expected ']'"),
    "no text": ("\udcff", "videos-mock.toml: 'utf-8' codec can't decode"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    text, message = BAD_FILES[case]
    (tmp_path / "videos-mock.toml").write_text(text, "utf-8", "surrogateescape")
    line = refused(tmp_path)
    assert line.startswith(f"mockserver: {message}") and line.count("\n") == 1


def test_two_files_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "videos-mock.toml").write_text(OWN)
    (tmp_path / "pyproject.toml").write_text(SHARED)
    assert "videos-mock.toml and pyproject.toml both hold settings of mockserver" in refused(tmp_path)


def test_a_file_for_others_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 80\n")
    assert told(tmp_path)["port"] == ("8000", "default")


def test_a_server_starts_by_the_file_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "videos-mock.toml").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    with served() as (_, banner):
        assert "export OPENAI_API_KEY=YOUR_TOKEN" in banner


@pytest.mark.parametrize("program", ["mockserver", "contract-tests"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str, program: str) -> None:
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    script = Path(sys.executable).with_name(program)
    environment = {**os.environ, variable: f"{shell}_source"}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    assert variable in done.stdout


COMPLETED = {
    "an option": ("mockserver --temp", "--temporary-bytes"),
    "a command": ("mockserver doc", "document"),
    "a level": ("mockserver --log-level w", "warning"),
    "a dialect": ("mockserver document --dialect az", "azure"),
    "a command of the kit": ("contract-tests iden", "identify"),
    "an option of the kit": ("contract-tests run --prof", "--profile"),
    "a profile": ("contract-tests run --profile th", "thorough"),
}


@pytest.mark.parametrize("case", COMPLETED)
def test_words_are_completed(case: str) -> None:
    words, completed = COMPLETED[case]
    program = words.split()[0]
    script = Path(sys.executable).with_name(program)
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    environment = {
        **os.environ,
        variable: "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    assert f"plain,{completed}" in done.stdout.splitlines()
