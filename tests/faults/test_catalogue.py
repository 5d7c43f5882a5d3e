"""The catalogue is true: each faulty server does what it says, and the clean one does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml

from . import CATALOGUE, CORRECT, MODULES
from .ask import Ask, HTTPClient
from .probes_created import PROBES as OF_CREATIONS
from .probes_kept import PROBES as OF_KEPT
from .probes_kinds import PROBES as OF_KINDS
from .probes_later import PROBES as OF_LATER
from .probes_listed import PROBES as OF_LISTED
from .probes_refused import PROBES as OF_REFUSALS
from .probes_requests import PROBES as OF_REQUESTS
from .probes_strange import PROBES as OF_STRANGE
from .wire import ASGIApp

PROBES = OF_REQUESTS | OF_CREATIONS | OF_REFUSALS | OF_LISTED | OF_KEPT | OF_STRANGE | OF_LATER | OF_KINDS
RULES = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())["x-rules"]
# Not to be seen by a client of an ASGI application, and why.
UNSEEN = {
    "http.well-formed": "the server below the application reads HTTP",
    "http.head-limit": "the server below the application reads HTTP",
    "http.url-limit": "the server below the application reads HTTP",
    "http.connections": "how many connections a server keeps open is its own decision",
    "body.coding": "a server may decode what it likes",
    "body.timeout": "how long a server waits is its own decision",
    "store.available": "no request makes a server lose its store",
}


def reply(build: Callable[[], ASGIApp], ask: Ask) -> str:
    """What a fresh server answers, as JSON, which tells 0 from false and 0.0."""

    async def run() -> object:
        transport = httpx.ASGITransport(build(), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            return await ask(HTTPClient(http))

    return json.dumps(asyncio.run(run()))


@pytest.mark.parametrize("name", CATALOGUE)
def test_fault_does_what_it_says(name: str) -> None:
    probe = PROBES[name]
    assert reply(CATALOGUE[name].build, probe.ask) == json.dumps(probe.wrong)


@pytest.mark.parametrize("name", CATALOGUE)
def test_clean_server_has_not_that_fault(name: str) -> None:
    probe = PROBES[name]
    assert reply(CORRECT["clean"].build, probe.ask) == json.dumps(probe.right)


def listed(rule: str) -> str:
    """The rule of the document; what it leaves open has a rule of the kit behind its id."""
    return rule if rule in RULES else "retrieve.found" if rule == "retrieve.answer" else rule.rpartition(".")[0]


def test_every_fault_breaks_a_rule_of_the_document() -> None:
    assert {listed(fault.rule) for fault in CATALOGUE.values()} <= set(RULES)


def test_every_rule_is_broken_by_some_fault() -> None:
    assert set(RULES) - {listed(fault.rule) for fault in CATALOGUE.values()} == set(UNSEEN)


def test_names_are_unique() -> None:
    names = [fault.name for module in MODULES for fault in module.FAULTS]
    assert len(names) == len(set(names) - set(CORRECT))


def test_every_probe_has_its_fault() -> None:
    assert set(PROBES) == set(CATALOGUE)


def test_catalogue_keeps_its_size() -> None:
    assert len(CATALOGUE) >= 570
    assert len(CORRECT) >= 20
