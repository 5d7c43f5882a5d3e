"""A catalogue of faulty servers, and of correct ones, to measure what a contract check is worth.

Nothing here knows `mockserver` or `contract_tests`: the rules are read from the document a second time, by hand.
"""

from __future__ import annotations

from . import answers, bodies, fields, images, kept, listed, refusals, retrieval, transport
from .correct import SERVERS
from .fault import Fault, Server

_MODULES = (transport, bodies, fields, images, answers, refusals, retrieval, listed, kept)

CATALOGUE: dict[str, Fault] = {fault.name: fault for module in _MODULES for fault in module.FAULTS}
CORRECT: dict[str, Server] = {server.name: server for server in SERVERS}

__all__ = ["CATALOGUE", "CORRECT", "Fault", "Server"]
