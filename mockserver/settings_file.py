"""Options that stand in a file: ``videos-mock.toml``, or a table of ``pyproject.toml``."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.spelling import did_you_mean

OWN, SHARED = "videos-mock.toml", "pyproject.toml"


class SettingsFile(NamedTuple):
    """The name of the file, and the texts that it has for each option."""

    name: str = ""
    texts: Mapping[str, list[str]] = {}


def read_settings_file(folder: Path, program: str, options: Mapping[str, bool]) -> SettingsFile:
    """The options of ``program``: ``[program]`` of the own file, or ``[tool.program]`` of ``pyproject.toml``.

    ``options``: the names that may stand there, and whether each may have several values. ``ValueError``.
    """
    found = {OWN: _table(folder / OWN, program), SHARED: _table(folder / SHARED, "tool", program)}
    held = [name for name, table in found.items() if table is not None]
    if len(held) > 1:
        raise ValueError(f"{OWN} and {SHARED} both hold settings of {program}: keep them in one")
    if not held:
        return SettingsFile()
    [name] = held
    return SettingsFile(name, {key: _texts(name, key, value, options) for key, value in (found[name] or {}).items()})


def _table(path: Path, *keys: str) -> dict[str, Any] | None:
    try:
        node: Any = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name}: {' '.join(str(error).split())}") from None
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    if node is not None and not isinstance(node, dict):
        raise ValueError(f"{path.name}: {'.'.join(keys)} is no table")
    return node


def _texts(file: str, key: str, value: Any, options: Mapping[str, bool]) -> list[str]:
    if key not in options:
        raise ValueError(f"{file}: no option is called '{key}'{did_you_mean(key, options)}")
    values = value if isinstance(value, list) and options[key] else [value]
    if not all(isinstance(one, str | int | float) for one in values):
        allowed = "a text, a number, true, false, or a list of these" if options[key] else "one text, number or switch"
        raise ValueError(f"{file}: {key} is {value!r}; allowed: {allowed}")
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
