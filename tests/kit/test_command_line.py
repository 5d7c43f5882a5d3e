"""Where the value of an option of the kit comes from."""

import re
from io import StringIO
from pathlib import Path

import pytest

from contract_tests.cli import main
from contract_tests.options import COMMANDS, OPTIONS
from tests.kit.vocabulary import HERE, command

FILE = '[tool.contract-tests]\nprofile = "quick"\nseed = 5\nrule = ["seconds.enum", "size.enum"]\nstrict = true\n'


def told(folder: Path, *words: str, **environment: str) -> dict[str, tuple[str, ...]]:
    """What --show-settings tells of each option: its value and where it comes from."""
    out = StringIO()
    assert main([*words, "--show-settings"], environment, out, StringIO(), folder=folder) == 0
    rows = [re.split(r" {2,}", line) for line in out.getvalue().splitlines()]
    return {row[0]: tuple(row[1:]) for row in rows}


def test_the_flag_wins_over_the_variable_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(FILE)
    found = told(tmp_path, "run", HERE, "--profile", "thorough", CONTRACT_TESTS_PROFILE="x", CONTRACT_TESTS_SEED="6")
    assert (found["profile"], found["seed"]) == (("thorough", "--profile"), ("6", "CONTRACT_TESTS_SEED"))
    assert found["rule"] == ("seconds.enum size.enum", "pyproject.toml: rule")
    assert found["timeout"] == ("30", "default")


def test_the_token_is_not_shown(tmp_path: Path) -> None:
    assert told(tmp_path, "run", HERE, VIDEOS_TOKEN="secret-1")["token"] == ("(not shown)", "VIDEOS_TOKEN")


def test_a_variable_may_hold_several_values(tmp_path: Path) -> None:
    assert told(tmp_path, "run", HERE, CONTRACT_TESTS_RULE="a b")["rule"] == ("a b", "CONTRACT_TESTS_RULE")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_each_of_its_options(name: str) -> None:
    code, out, _ = command(name, "--help")
    assert code == 0
    assert all(option.flag in out for option in OPTIONS if name in option.commands)


def test_the_help_lists_the_commands() -> None:
    assert all(name in command("--help")[1] for name in COMMANDS)


MISUSED = {
    "an option of the file": ("[tool.contract-tests]\nsede = 1", (), "pyproject.toml: no option is called 'sede' (did you mean 'seed'?)"),
    "a value of the file": ('[tool.contract-tests]\nseed = "x"', (), "pyproject.toml: seed: 'x' is no whole number"),
    "a switch of the file": ('[tool.contract-tests]\nstrict = "x"', (), "pyproject.toml: strict: 'x' is neither true nor false"),
    "a file": ("[tool", (), "pyproject.toml: Expected"),
    "an option": ("", ("--profil", "quick"), "No such option '--profil'. (Did you mean one of: '--profile', '--proxy'?)"),
    "a value twice": ("", ("--seed", "1", "--seed", "2"), "--seed: given 2 times; it may be given once"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSED)
def test_misuse_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    text, words, message = MISUSED[case]
    (tmp_path / "pyproject.toml").write_text(text)
    err = StringIO()
    assert main(["run", HERE, *words], {}, StringIO(), err, folder=tmp_path) == 2
    assert err.getvalue().startswith(f"contract-tests: {message}") and err.getvalue().count("\n") == 1
