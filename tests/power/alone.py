"""Schemathesis without the kit, as it comes: all phases, its own checks, given the document and the token."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from contract_tests.spec.document import Document, default_path

_CONFIG = """
seed = 1
[cache]
enabled = false
[generation]
database = "none"
"""


def alone(app: Any, token: str) -> tuple[list[str], list[int]]:
    """What it reports about an application, as check and title, and the status of every answer."""
    config = SchemathesisConfig.from_str(_CONFIG)
    config.projects.default.headers = {"Authorization": f"Bearer {token}"}
    document = Document.load(default_path())
    operation = next(one for one in document.operations() if not one.extension)
    tree = {**document.tree, "paths": {operation.path: {operation.method: operation.node}}}
    schema = schemathesis.openapi.from_dict(tree, config=config)
    schema.app = app
    found: dict[str, None] = {}
    answers: list[int] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            answers += [
                0 if one.response is None else one.response.status_code for one in recorder.interactions.values()
            ]
            for checks in recorder.checks.values():
                failures = [
                    (check.name, check.failure_info.failure) for check in checks if check.failure_info is not None
                ]
                found.update({f"{name}: {failure.title}": None for name, failure in failures})
    return list(found), answers
