"""The correct servers are right about every request of the table, and a fault shows in its own rule alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from . import CATALOGUE, CORRECT
from .ask import ASGIClient
from .cases import ALL, LIGHT, Bad, Good
from .oracle import all_faults
from .wire import ASGIApp

RULES = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())["x-rules"]
PARTS = 10

# What a fault cannot help: a refusal for a wrong reason, or a value that two rules speak of.
ALSO: dict[str, set[str]] = {
    "prompt-ascii": {"prompt.max-length", "response.status-code"},
    "parts-unlimited": {"error.envelope"},
    "model-required": {"error.envelope"},
    "model-pro-refused": {"response.status-code", "size.needs-pro"},
    "model-default-pro": {"size.needs-pro"},
    "seconds-required": {"error.envelope"},
    "seconds-12-refused": {"error.envelope", "response.status-code"},
    "size-file": {"error.envelope"},
    "size-required": {"error.envelope"},
    "size-any-fitting": {"error.envelope"},
    "size-1280x720-refused": {"error.envelope", "size.needs-pro"},
    "size-1024x1792-refused": {"error.envelope", "size.needs-pro"},
    "pro-refused": {"response.status-code"},
    "pro-landscape-refused": {"response.status-code"},
    "pro-large-only": {"model.enum", "response.status-code"},
    "image-png-only": {"error.envelope", "input_reference.matches-size", "response.status-code"},
    "image-jpeg-refused": {"error.envelope", "input_reference.matches-size"},
    "image-webp-refused": {"error.envelope", "response.status-code"},
    "image-type-mismatch-refused": {"input_reference.matches-size", "response.status-code"},
    "webp-extended-refused": {"response.status-code"},
    "fit-default-only": {"error.envelope", "response.status-code", "size.enum", "size.needs-pro"},
    "keys-wrapped": {"response.id.unique"},
    "id-null": {"response.id.unique"},
    "model-dated": {"model.default"},
    "seconds-decimal": {"seconds.default"},
    "size-turned": {"size.default"},
    "size-capital-x": {"size.default"},
    "created-at-milliseconds": {"response.id.time"},
    "crash-emoji": {"prompt.max-length"},
    "list-of-all": {"auth.key"},
    "retrieve-succeeded": {"response.completed_at"},
    "retrieve-progress-fraction": {"retrieve.completed", "response.progress"},
    "retrieve-progress-text": {"retrieve.completed", "response.progress"},
    # The checks written by hand tell no creation from a retrieval, nor what the kit infers from what it reads.
    "path-unknown-200": {"path"},
    "created-at-float": {"response.created_at"},
    "retrieve-error-empty": {"response.error"},
    "retrieve-object-task": {"response.object"},
    "retrieve-202": {"response.status-code"},
    "retrieve-completed-early": {"response.completed_at"},
    "retrieve-nulls-left-out": {"response.keys"},
    "retrieve-wrapped": {"response.keys"},
    "retrieve-model-lost": {"response.model.echo"},
    "retrieve-seconds-lost": {"response.seconds.echo"},
    "retrieve-size-lost": {"response.size.echo"},
    "retrieve-seconds-number": {"response.seconds"},
    "retrieve-created-at-text": {"response.created_at"},
    "retrieve-expires": {"response.expires_at"},
}


def broken(app: ASGIApp, cases: tuple[Good | Bad, ...], *, retrieves: bool = True) -> set[str]:
    """The rules that this server is seen to break."""
    return asyncio.run(all_faults(ASGIClient(app), cases=cases, retrieves=retrieves))


# The small judge knows no header Date, is led nowhere, and lets a sender call a picture what it likes.
BEYOND_IT = ("clock-told", "led-on", "types-as-declared")


@pytest.mark.parametrize("name", [name for name, one in CORRECT.items() if one.strict and name not in BEYOND_IT])
def test_strict_server_breaks_no_rule(name: str) -> None:
    assert not broken(CORRECT[name].build(), LIGHT, retrieves=not name.startswith("create-"))


@pytest.mark.parametrize("name", [name for name, one in CORRECT.items() if not one.strict and name not in BEYOND_IT])
def test_correct_server_breaks_only_what_is_inferred(name: str) -> None:
    rules = broken(CORRECT[name].build(), LIGHT)
    assert {RULES[rule]["source"] for rule in rules} == {"inferred"}


def test_clean_server_takes_a_body_of_just_the_limit() -> None:
    assert not broken(CORRECT["clean"].build(), tuple(case for case in ALL if case.rule == "body.limit"))


@pytest.mark.parametrize("at", range(len(CATALOGUE)), ids=CATALOGUE)
def test_fault_keeps_all_other_rules(at: int) -> None:
    """Each fault meets one part of the table, its neighbours the others."""
    fault = list(CATALOGUE.values())[at]
    assert broken(fault.build(), LIGHT[at % PARTS :: PARTS]) <= {fault.rule} | ALSO.get(fault.name, set())


def test_a_new_server_knows_no_video_of_another() -> None:
    fault = CATALOGUE["retrieve-lost"]
    assert fault.build() is not fault.build()


def test_every_exception_has_its_fault() -> None:
    assert set(ALSO) <= set(CATALOGUE)
