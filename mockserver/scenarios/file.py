"""The scenario file: what every request of a mock is to meet from its start."""

from pathlib import Path
from typing import Any, NamedTuple

from mockserver.scenarios.catalogue import ScenarioError, ScenarioParser
from mockserver.spec.yaml_loader import YAMLError, load_yaml

FORM = "a list of texts, or of mappings with 'scenario' and perhaps 'times'"


class ScenarioFileError(Exception):
    """The file cannot be used. Its text is one line that says where and why."""


class FileScenario(NamedTuple):
    """One entry: the text of its scenarios, and how many requests meet them, ``None`` for all."""

    text: str
    times: int | None = None


def read_scenarios(path: Path, reader: ScenarioParser) -> tuple[FileScenario, ...]:
    """The entries of the YAML file at ``path``; ``ScenarioFileError`` if one cannot be asked for."""
    try:
        entries = load_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioFileError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ScenarioFileError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from None
    except YAMLError as error:
        raise ScenarioFileError(f"{path}: {error}") from None
    if not isinstance(entries, list):
        raise ScenarioFileError(f"{path}: the top level is not {FORM}")
    return tuple(_standing(f"{path}: entry {number}", entry, reader) for number, entry in enumerate(entries, 1))


def _standing(where: str, entry: Any, reader: ScenarioParser) -> FileScenario:
    given = entry if isinstance(entry, dict) else {"scenario": entry}
    text, times = given.get("scenario"), given.get("times")
    if not isinstance(text, str) or given.keys() - {"scenario", "times"}:
        raise ScenarioFileError(f"{where} is wrong, the file is {FORM}")
    if times is not None and (type(times) is not int or times < 1):
        raise ScenarioFileError(f"{where}: times is '{times}'; allowed: a whole number from 1")
    try:
        reader.read(text)
    except ScenarioError as error:
        raise ScenarioFileError(f"{where}: {error}") from None
    return FileScenario(text, times)
