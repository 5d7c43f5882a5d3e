"""A faulty server, and a correct one: a name, a sentence and a way to build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .library import LIBRARY
from .server import CLEAN as CREATING
from .server import app
from .wire import ASGIApp

#: The reference server with every operation.
CLEAN = replace(CREATING, beyond=LIBRARY.serve)


@dataclass(frozen=True)
class Fault:
    """A server that breaks one rule of openapi.yaml's x-rules and keeps all others.

    What a rule leaves open has a rule behind it: path.only, input_reference.is-image.types, seconds.enum.empty,
    response.created_at.whole, response.media-type.keys.

    A server that refuses a good request breaks the rule whose values it narrows; where it narrows no field,
    `response.status-code`. One that refuses in another status, code or shape breaks `error.envelope`.
    `at_once`: it shows only where requests are under way at once.
    """

    name: str
    rule: str
    says: str
    build: Callable[[], ASGIApp]
    at_once: bool = False


@dataclass(frozen=True)
class Server:
    """A server that keeps every rule of the document; if `strict`, those inferred too."""

    name: str
    says: str
    build: Callable[[], ASGIApp]
    strict: bool


def fault(name: str, rule: str, says: str, **policies: Any) -> Fault:
    """The reference server with these policies replaced."""
    return Fault(name, rule, says, partial(app, replace(CLEAN, **policies)))


def server(name: str, says: str, *, strict: bool, **policies: Any) -> Server:
    """The reference server with these policies replaced, still correct."""
    return Server(name, says, partial(app, replace(CLEAN, **policies)), strict)


def beyond(name: str, rule: str, says: str, **policies: Any) -> Fault:
    """The reference server with these policies of its library replaced."""
    return fault(name, rule, says, beyond=replace(LIBRARY, **policies).serve)
