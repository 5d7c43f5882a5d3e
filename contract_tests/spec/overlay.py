"""Dialects: OpenAPI Overlays 1.0 and 1.1 that change the document into that of one server of the field."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contract_tests.errors import MisuseError
from contract_tests.spelling import did_you_mean

_ENDING = ".overlay.yaml"
_KEYS = {"target", "description", "update", "copy", "remove"}
_TOP = {"overlay": str, "info": dict, "actions": list}

Steps = tuple[str | int, ...]


def folder() -> Path:
    """Where the dialects lie: beside the document."""
    root = Path(__file__).parents[2]
    shipped = root / "videos_mock_kit" / "dialects"
    return shipped if shipped.exists() else root / "dialects"


def names() -> list[str]:
    """The dialects that ship."""
    return sorted(path.name.removesuffix(_ENDING) for path in folder().glob(f"*{_ENDING}"))


def find(name: str) -> Path:
    """The file of a dialect, given by name or as a file. Raises ValueError that lists what there is."""
    known = names()
    if name in known:
        return folder() / f"{name}{_ENDING}"
    if "/" in name or Path(name).suffix:
        return Path(name)
    hint = did_you_mean(name, known)
    raise ValueError(f"'{name}' is no dialect{hint}; allowed: {', '.join(known)}, or a file of an overlay")


def overlaid(tree: Any, overlays: Sequence[tuple[Path, Any]]) -> Any:
    """A copy of the document with each overlay applied, in order. Raises MisuseError: overlay, action, reason."""
    made = copy.deepcopy(tree)
    for path, overlay in overlays:
        fault = _fault(overlay)
        if fault:
            raise MisuseError(f"The dialect {path}: {fault}.")
        for number, action in enumerate(overlay["actions"], 1):
            try:
                _run(made, _checked(action))
            except ValueError as error:
                raise MisuseError(f"The dialect {path}: action {number}: {error}.") from error
    return made


def _fault(overlay: Any) -> str | None:
    """What is wrong with the top of an overlay; None where nothing is."""
    if not isinstance(overlay, dict):
        return "it is no mapping"
    for key, kind in _TOP.items():
        if not isinstance(overlay.get(key), kind):
            return f"'{key}' is missing, or no {kind.__name__}"
    unknown = sorted(set(map(str, overlay)) - {*_TOP, "extends"})
    if unknown:
        return f"unknown key '{unknown[0]}'; there are {', '.join(sorted({*_TOP, 'extends'}))}"
    if overlay["overlay"].rpartition(".")[0] not in {"1.0", "1.1"}:
        return f"overlay '{overlay['overlay']}' is not supported, 1.0 and 1.1 are"
    return None


def _checked(action: Any) -> dict[str, Any]:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise ValueError("it is no mapping with a 'target'")  # noqa: TRY004  as all faults of an action
    unknown = sorted(set(map(str, action)) - _KEYS)
    if unknown:
        raise ValueError(f"unknown key '{unknown[0]}'; there are {', '.join(sorted(_KEYS))}")
    if not isinstance(action.get("remove", False), bool) or not isinstance(action.get("copy", ""), str):
        raise ValueError("'remove' is true or false, and 'copy' is a JSONPath")  # noqa: TRY004
    if ("update" in action) + ("copy" in action) + action.get("remove", False) != 1:
        raise ValueError("it needs exactly one of update, copy and remove: true")
    return action


def _run(tree: Any, action: dict[str, Any]) -> None:
    found = _found(tree, action["target"], "target")
    if action.get("remove"):
        if () in found:
            raise ValueError("the whole document cannot be removed")
        # From the end of a list to its start, so that no place moves before its turn.
        for steps in reversed(found):
            del _node(tree, steps[:-1])[steps[-1]]
        return
    new = action.get("update")
    if "copy" in action:
        sources = _found(tree, action["copy"], "copy")
        if len(sources) > 1:
            raise ValueError(f"copy '{action['copy']}' selects {len(sources)} nodes, it must select one")
        new = copy.deepcopy(_node(tree, sources[0]))
    for steps in found:
        old = _node(tree, steps)
        if not isinstance(old, list) and _kind(old) is not _kind(new):
            raise ValueError(f"what '{action['target']}' selects cannot become {new!r}")
        entry = isinstance(old, list) and not isinstance(new, list)
        _put(tree, steps, _merged(old, [new] if entry else new))


def _kind(value: Any) -> type:
    """Objects, lists, and all other values: what is merged alike."""
    return type(value) if isinstance(value, dict | list) else object


def _found(tree: Any, path: str, key: str) -> list[Steps]:
    # Loaded where a dialect is asked for.
    from jsonpath import JSONPathError, finditer  # noqa: PLC0415

    try:
        found = [tuple(match.parts) for match in finditer(path, tree)]
    except JSONPathError as error:
        raise ValueError(f"{key} '{path}' is no JSONPath (RFC 9535): {' '.join(str(error).split())}") from error
    if not found:
        raise ValueError(f"{key} '{path}' matches nothing in the document")
    return found


def _node(tree: Any, steps: Steps) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def _put(tree: Any, steps: Steps, value: Any) -> None:
    if steps:
        _node(tree, steps[:-1])[steps[-1]] = value
    else:
        tree.update(value)


def _merged(old: Any, new: Any) -> Any:
    """Objects key by key, lists one behind the other; any other value is replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        merged = {key: _merged(old[key], new[key]) if key in new else old[key] for key in old}
        return merged | {key: copy.deepcopy(new[key]) for key in new if key not in old}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *copy.deepcopy(new)]
    return copy.deepcopy(new)
