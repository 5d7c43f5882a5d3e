"""A catalogue of faulty servers, and of correct ones, to measure what a contract check is worth.

Nothing here knows `mockserver` or `contract_tests`: the rules are read from the document a second time, by hand.
"""

from __future__ import annotations

from . import (
    answers,
    bodies,
    changed,
    fields,
    freedoms,
    images,
    kept,
    kinds,
    lasting,
    later,
    listed,
    narrow,
    refusals,
    retrieval,
    transport,
    written,
)
from .correct import SERVERS
from .fault import Fault, Server

MODULES = (
    *(transport, bodies, fields, images, answers, refusals, retrieval, listed, kept),
    *(written, narrow, lasting, later, changed, kinds),
)

CATALOGUE: dict[str, Fault] = {fault.name: fault for module in MODULES for fault in module.FAULTS}
CORRECT: dict[str, Server] = {server.name: server for server in (*SERVERS, *freedoms.SERVERS)}

__all__ = ["CATALOGUE", "CORRECT", "Fault", "Server"]
