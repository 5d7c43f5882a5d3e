"""OpenAPI Overlays: the differences of a dialect, applied to the document as data.

Overlay 1.0 and 1.1 (https://spec.openapis.org/overlay/v1.1.0.html): the actions ``update``, ``remove`` and ``copy``.
An action that selects nothing is an error, for it says something about a document that is not this one.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

from mockserver.spec.yaml_loader import YAMLError, load_yaml
from mockserver.spelling import did_you_mean

SUFFIX = ".overlay.yaml"

Place = tuple[str | int, ...]


class OverlayError(Exception):
    """The overlay cannot be applied. Its text is one line that names the overlay and the action."""


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change: what ``target`` selects is removed, or gets ``update`` or what ``copy`` selects merged into it."""

    target: str
    description: str = ""
    update: Any = msgspec.UNSET
    copy: str | msgspec.UnsetType = msgspec.UNSET
    remove: bool = False

    def __post_init__(self) -> None:
        """Refuse an action that asks for nothing, or for two things."""
        if (self.update is not msgspec.UNSET) + (self.copy is not msgspec.UNSET) + self.remove != 1:
            raise ValueError("needs exactly one of update, copy and remove: true")


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole overlay. ``extends`` is of no use here: the document is given."""

    overlay: str
    info: dict[str, Any]
    actions: list[Any]
    extends: str = ""


def dialect_folder() -> Path:
    """Where the dialects of this installation lie: in a checkout at its root, in a wheel in its own folder."""
    root = Path(__file__).parents[2]
    installed = root / "videos_mock_kit" / "dialects"
    return installed if installed.exists() else root / "dialects"


def dialect_names() -> list[str]:
    """The dialects that ship."""
    return sorted(path.name.removesuffix(SUFFIX) for path in dialect_folder().glob("*" + SUFFIX))


def dialect_path(name: str) -> Path:
    """The file of a dialect, given by its name or as a file; ``ValueError`` that lists the dialects there are."""
    known = dialect_names()
    if name in known:
        return dialect_folder() / (name + SUFFIX)
    if Path(name).suffix or "/" in name:
        return Path(name)
    hint = did_you_mean(name, known)
    raise ValueError(f"'{name}' is no dialect{hint}; allowed: {', '.join(known)}, or a file of an overlay")


def apply_overlays(raw: dict[str, Any], overlays: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A copy of the document with each overlay applied in turn; of each, its name and its text. ``OverlayError``."""
    changed = deepcopy(raw)
    for name, text in overlays:
        for number, action in enumerate(_actions(name, text), 1):
            try:
                _apply(changed, msgspec.convert(action, Action))
            except (msgspec.ValidationError, ValueError) as error:
                raise OverlayError(f"{name}: action {number}: {error}") from None
    return changed


def _actions(name: str, text: str) -> list[Any]:
    try:
        overlay = msgspec.convert(load_yaml(text), Overlay)
    except (YAMLError, msgspec.ValidationError) as error:
        raise OverlayError(f"{name}: {error}") from None
    if not overlay.overlay.startswith(("1.0.", "1.1.")):
        raise OverlayError(f"{name}: overlay: '{overlay.overlay}' is not supported, 1.0 and 1.1 are")
    return overlay.actions


def _apply(document: dict[str, Any], action: Action) -> None:
    places = _select(document, action.target, "target")
    if action.remove:
        # The last of a list first, so that the places of the others stay right.
        for place in reversed(places):
            if not place:
                raise ValueError("target '$' is the whole document, which cannot be removed")
            del _at(document, place[:-1])[place[-1]]
        return
    if isinstance(action.copy, str):
        sources = _select(document, action.copy, "copy")
        if len(sources) != 1:
            raise ValueError(f"copy '{action.copy}' selects {len(sources)} nodes, it must select one")
        # A copy: what is copied may itself be changed by this action.
        value = deepcopy(_at(document, sources[0]))
    else:
        value = action.update
    for place in places:
        _update(document, place, value)


def _select(document: dict[str, Any], path: str, key: str) -> list[Place]:
    # Loaded when there is an overlay: a mock without one starts without it.
    from jsonpath import JSONPathError, finditer  # noqa: PLC0415

    try:
        places = [match.parts for match in finditer(path, document)]
    except JSONPathError as error:
        raise ValueError(f"{key} '{path}' is no JSONPath (RFC 9535): {' '.join(str(error).split())}") from None
    if not places:
        raise ValueError(f"{key} '{path}' matches nothing in the document")
    return places


def _at(node: Any, place: Place) -> Any:
    for step in place:
        node = node[step]
    return node


def _update(document: dict[str, Any], place: Place, value: Any) -> None:
    node = _at(document, place)
    if isinstance(node, dict):
        if not isinstance(value, dict):
            raise ValueError(f"update of an object needs an object, not {value!r}")  # noqa: TRY004 - as all faults of an action
        _merge(node, value)
    elif isinstance(node, list):
        node += deepcopy(value) if isinstance(value, list) else [deepcopy(value)]
    elif isinstance(value, (dict, list)):
        raise ValueError(f"update of the value {node!r} needs a value, not an object or a list")  # noqa: TRY004
    else:
        _at(document, place[:-1])[place[-1]] = value


def _merge(node: dict[str, Any], update: dict[str, Any]) -> None:
    """Merge as the specification says: objects key by key, lists one behind the other; other values replace."""
    for key, value in update.items():
        old = node.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            old += deepcopy(value)
        else:
            node[key] = deepcopy(value)
