"""Candidates for the document: what was constant or related in the answers of a run and stands in no rule.

They are no verdicts: a few answers may agree by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import yaml

from contract_tests.cases.contract import Contract
from contract_tests.spec.rules import answer_keys

#: Answers that must agree before anything is made of it, candidates that are told, characters of a value that is.
FEWEST, MOST, _LONGEST = 3, 50, 100
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FORMS = ((_UUID, _UUID), ("[0-9]+", "[0-9]"), ("[0-9a-f]+", "[0-9a-f]"), ("[0-9A-Za-z]+", "[0-9A-Za-z]"))
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}

Video = dict[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What was seen, and the actions of an overlay that would state it."""

    says: str
    actions: tuple[dict[str, Any], ...]


def suggest(contract: Contract, videos: Sequence[Video]) -> tuple[Suggestion, ...]:
    """The candidates that answers with a video hold."""
    if len(videos) < FEWEST:
        return ()
    known = answer_keys(contract.document, contract.answer)
    found = [
        *_keys(contract, known, videos),
        *_ids(contract, known, videos),
        *_relations(contract, known, videos),
        *_constants(contract, known, videos),
    ]
    return tuple(found[:MOST])


def overlay(suggestions: Sequence[Suggestion]) -> str:
    """The candidates as an OpenAPI Overlay."""
    actions = [{"description": one.says, **action} for one in suggestions for action in one.actions]
    made = {"overlay": "1.1.0", "info": {"title": "Candidates seen in a run", "version": "1"}, "actions": actions}
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=110)


def _target(pointer: str, *keys: str) -> str:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    quoted = (step.replace("\\", "\\\\").replace("'", "\\'") for step in (*steps, *keys))
    return "$" + "".join(f"['{step}']" for step in quoted)


def _schema(known: dict[str, str]) -> str:
    """Where the schema stands that all videos have: that which describes the id."""
    return known["id"].rpartition("/")[0].rpartition("/")[0]


def _keys(contract: Contract, known: dict[str, str], videos: Sequence[Video]) -> Iterator[Suggestion]:
    """Keys that all answers have and the document lacks."""
    if "id" not in known:
        return
    named = set(contract.document.at(f"{_schema(known)}/properties")) | set(known)
    for key in videos[0]:
        values = [video[key] for video in videos if key in video]
        if key in named or len(values) < len(videos):
            continue
        kinds = sorted({_TYPES.get(type(value), "null") for value in values})
        schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
        says = f"each of {len(videos)} videos has the key '{key}' ({', '.join(kinds)})"
        yield Suggestion(
            says,
            (
                {"target": _target(f"{_schema(known)}/properties"), "update": {key: schema}},
                {"target": _target(f"{_schema(known)}/required"), "update": [key]},
            ),
        )


def _ids(contract: Contract, known: dict[str, str], videos: Sequence[Video]) -> Iterator[Suggestion]:
    """The one form of all ids, where the document states none, or another."""
    ids = sorted({video["id"] for video in videos if isinstance(video.get("id"), str)})
    form = _form(ids) if len(ids) >= FEWEST and "id" in known else None
    if form is None:
        return
    schema = contract.document.at(known["id"])
    if "pattern" in schema and any(re.search(schema["pattern"], one) for one in ids):
        return
    actions: list[dict[str, Any]] = [{"target": _target(known["id"]), "update": {"pattern": form}}]
    if "x-template" in schema:
        actions.append({"target": _target(known["id"], "x-template"), "remove": True})
    yield Suggestion(f"each of {len(ids)} ids has the form {form}", tuple(actions))


def _form(ids: Sequence[str]) -> str | None:
    """A pattern of the words before the last `_` or `-` that all share, and of the characters behind it."""
    prefix = ids[0]
    while not all(one.startswith(prefix) for one in ids):
        prefix = prefix[:-1]
    prefix = prefix[: max(prefix.rfind("_"), prefix.rfind(":")) + 1]
    rest = [one[len(prefix) :] for one in ids]
    lengths = {len(one) for one in rest}
    for pattern, character in _FORMS:
        if all(re.fullmatch(pattern, one) for one in rest):
            if pattern == _UUID:
                return f"^{re.escape(prefix)}{pattern}$"
            count = f"{{{min(lengths)}}}" if len(lengths) == 1 else "+"
            return f"^{re.escape(prefix)}{character}{count}$"
    return None


def _relations(contract: Contract, known: dict[str, str], videos: Sequence[Video]) -> Iterator[Suggestion]:
    """Times that are always as many whole minutes after another one, as an expiry is and a completion is not."""
    times = {key for video in videos for key, value in video.items() if key.endswith("_at") and type(value) is int}
    told: set[str] = set()
    for key, other in permutations(sorted(times), 2):
        related = [video for video in videos if type(video.get(key)) is int and type(video.get(other)) is int]
        seen = len({str(video.get("id")) for video in related})
        apart = {video[key] - video[other] for video in related}
        after = next(iter(apart), 0)
        schema = contract.document.at(known[key]) if key in known else {}
        if (
            key in told
            or seen < FEWEST
            or len(apart) > 1
            or after <= 0
            or after % 60
            or "x-after" in schema
            or "id" not in known
        ):
            continue
        told.add(key)
        empty = any(key in video and video[key] is None for video in videos)
        told_type: Any = ["integer", "null"] if empty else "integer"
        whole = {"type": told_type, "x-after": {"key": other, "seconds": after}}
        says = f"{key} is {after} seconds after {other} in each of {seen} videos"
        at = f"{_schema(known)}/properties/{key}"
        rule = {"says": f"{key} is {after} seconds after {other}.", "at": f"{at}/x-after", "source": "inferred"}
        yield Suggestion(
            says,
            (
                {"target": _target(f"{_schema(known)}/properties"), "update": {key: whole}},
                {"target": "$['x-rules']", "update": {f"response.{key}.after": {**rule, "from": "answers of a run"}}},
            ),
        )


def _constants(contract: Contract, known: dict[str, str], videos: Sequence[Video]) -> Iterator[Suggestion]:
    """Values that are one and the same in all answers, where the document lets them be others."""
    for key, at in known.items():
        schema = contract.document.at(at)
        first = videos[0].get(key)
        fixed = "const" in schema or "enum" in schema or key in contract.echoed or key.endswith("_at")
        plain = isinstance(first, str | int | float) and len(str(first)) <= _LONGEST
        if not fixed and plain and all(key in video and video[key] == first for video in videos):
            says = f"{key} is {first!r} in each of {len(videos)} videos"
            yield Suggestion(says, ({"target": _target(at), "update": {"const": first}},))
