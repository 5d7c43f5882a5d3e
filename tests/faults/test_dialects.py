"""Departures from a dialect: the mock of the dialect with one thing changed is found by the kit, by the right rule."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from contract_tests.cases.contract import load
from mockserver.app import create_app
from mockserver.settings import Settings
from mockserver.spec.document import default_path, read_document
from mockserver.spec.overlay import dialect_names, dialect_path
from tests.kit.vocabulary import TOKEN, broken, judge

VIDEO = "$.components.schemas.Video.properties"
FORM = "$.components.schemas.CreateVideo"


class Departure(NamedTuple):
    """What is changed, as actions of an overlay, and a rule that it breaks."""

    rule: str
    actions: list[dict[str, Any]]


def gone(target: str) -> dict[str, Any]:
    return {"target": target, "remove": True}


def put(target: str, update: Any) -> dict[str, Any]:
    return {"target": target, "update": update}


# A departure is one row: a name, the rule, and what the server does otherwise.
DEPARTURES = {
    "another form of ids": Departure("response.id.form", [put(f"{VIDEO}.id", {"x-template": "vid-{random:hex20}"})]),
    "another default length": Departure("seconds.default", [put(f"{FORM}.properties.seconds", {"default": "8"})]),
    "no prompt needed": Departure("prompt.required", [gone(f"{FORM}.required[0]")]),
    "empty prompt": Departure("prompt.min-length", [gone(f"{FORM}.properties.prompt.minLength")]),
    "unknown fields": Departure("fields.unknown", [gone(f"{FORM}.additionalProperties")]),
    "status of a missing field": Departure(
        "prompt.required.error", [put("$['x-errors']['missing_parameter']", {"status": 409})]
    ),
    "status of an unknown video": Departure(
        "retrieve.not-found.error", [put("$['x-errors']['video_not_found']", {"status": 410})]
    ),
    "model not repeated": Departure("response.model", [gone(f"{VIDEO}.model['x-echo']")]),
    "size not repeated": Departure("response.size", [gone(f"{VIDEO}.size['x-echo']")]),
    "another object": Departure("response.object", [put(f"{VIDEO}.object", {"const": "job"})]),
    "GIF taken": Departure(
        "input_reference.is-image.types",
        [
            put(
                "$.paths['/v1/videos'].post.requestBody.content['multipart/form-data'].encoding.input_reference",
                {"contentType": "image/png, image/jpeg, image/webp, image/gif"},
            )
        ],
    ),
    "no progress": Departure(
        "response.keys",
        [gone(f"{VIDEO}.progress"), gone("$.components.schemas.QueuedVideo.allOf[1].properties.progress")],
    ),
    "long pages": Departure(
        "list.limit.maximum", [put("$.paths['/v1/videos'].get.parameters[0].schema", {"maximum": 100000})]
    ),
    "another envelope": Departure(
        "error.envelope", [put("$.components.schemas", {"Error": {"properties": {"oops": {"x-error": "message"}}}})]
    ),
}


OPTIONAL = {"model not repeated": "model", "size not repeated": "size", "no progress": "progress"}
"""The departures that leave a key out, which is none where the dialect does not require it."""


def required_keys(name: str) -> list[str]:
    raw = read_document(default_path(), [dialect_path(name)]).raw
    return list(raw["components"]["schemas"]["Video"]["required"])


def app_of(name: str, departure: Departure, folder: Path) -> Any:
    """The mock of a dialect with a departure."""
    file = folder / "departure.overlay.yaml"
    actions = departure.actions
    if departure.rule == "error.envelope":
        keys = read_document(default_path(), [dialect_path(name)]).raw["components"]["schemas"]["Error"]["properties"]
        actions = [gone(f"$.components.schemas.Error.properties['{key}']") for key in keys] + actions
    file.write_text(yaml.safe_dump({"overlay": "1.1.0", "info": {}, "actions": actions}), "utf-8")
    return create_app(Settings(tokens=(TOKEN,), dialects=(dialect_path(name), file)))


@pytest.mark.parametrize("what", DEPARTURES)
@pytest.mark.parametrize("name", dialect_names())
def test_departure_from_a_dialect_is_found(name: str, what: str, tmp_path: Path) -> None:
    departure = DEPARTURES[what]
    if departure.rule not in load(default_path(), [dialect_path(name)]).rules:
        pytest.skip(f"{name} has no rule {departure.rule}")
    if what in OPTIONAL and OPTIONAL[what] not in required_keys(name):
        pytest.skip(f"{name} may leave {OPTIONAL[what]} out")
    found = broken(
        judge(app_of(name, departure, tmp_path), dialects=(dialect_path(name),), only=frozenset({departure.rule}))
    )
    assert departure.rule in found
