"""Tools of the OpenAPI world read the document as it ships."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema

from tests.clients.vocabulary import PATIENCE, PROMPT, TOKEN, Server

DOCUMENT = Path(__file__).parents[2] / "openapi.yaml"


@pytest.fixture(scope="module")
def schema() -> BaseSchema:
    """The document as schemathesis loads it."""
    return schemathesis.openapi.from_path(DOCUMENT)


def test_openapi_spec_validator_finds_nothing_wrong() -> None:
    validate(yaml.safe_load(DOCUMENT.read_text("utf-8")))


def test_schemathesis_lists_every_operation(schema: BaseSchema) -> None:
    labels = [found.ok().label for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert labels == [
        "POST /v1/videos",
        "GET /v1/videos",
        "GET /v1/videos/{video_id}",
        "DELETE /v1/videos/{video_id}",
        "GET /v1/videos/{video_id}/content",
        "POST /v1/videos/{video_id}/remix",
    ]


@given(st.data())
@settings(
    max_examples=5, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_schemathesis_generates_forms(schema: BaseSchema, data: st.DataObject) -> None:
    case = data.draw(schema["/v1/videos"]["POST"].as_strategy())
    assert isinstance(case.body, dict)
    assert {"prompt", "input_reference"} <= case.body.keys()


@pytest.fixture(scope="module")
def prism(node: str, node_modules: Path) -> Iterator[str]:
    """The URL of a Prism that serves the document."""
    command = [node, "node_modules/.bin/prism", "mock", "--port", "0", str(DOCUMENT)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=node_modules
    ) as process:
        try:
            yield _listening(process.stdout)
        finally:
            process.terminate()


def _listening(output: Any) -> str:
    lines = []
    for line in output:
        lines.append(line)
        if "Prism is listening on " in line:
            return str(line.rpartition(" ")[2].strip())
    raise AssertionError("".join(lines))


def test_prism_answers_a_creation_with_the_documented_example(prism: str, server: Server) -> None:
    files = {"input_reference": ("image.png", server.picture.read_bytes(), "image/png")}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(f"{prism}/v1/videos", headers=headers, data={"prompt": PROMPT}, files=files, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["id"]) == (200, "video_68f082321ed08193a4eaf01376fa10bc0284bd663de64dc5")
