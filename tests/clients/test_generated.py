"""Clients that are generated from the document: the Python one uploads a file, the TypeScript one compiles."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import program
from tests.clients.vocabulary import PROMPT, TOKEN, Server, run

DOCUMENT = Path(__file__).parents[2] / "openapi.yaml"

UPLOAD = f"""
import json, sys
from gen import AuthenticatedClient
from gen.api.videos import create_video
from gen.models.create_video import CreateVideo
from gen.types import File
client = AuthenticatedClient(base_url=sys.argv[1], token={TOKEN!r})
with open(sys.argv[2], "rb") as picture:
    reference = File(payload=picture, file_name="image.png", mime_type="image/png")
    answer = create_video.sync_detailed(client=client, body=CreateVideo(prompt={PROMPT!r}, input_reference=reference))
print(answer.status_code.value, json.loads(answer.content).get("status") or answer.content)
"""


def test_generated_python_client_uploads_a_file(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(DOCUMENT), "--meta", "none"]
    subprocess.run([*command, "--output-path", "gen"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "upload.py").write_text(UPLOAD, "utf-8")
    there = {**os.environ, "PYTHONPATH": str(tmp_path)}
    answer = run(sys.executable, "-W", "ignore", tmp_path / "upload.py", server.url, server.picture, env=there)
    assert answer == "200 queued\n"


@pytest.mark.parametrize("name", ["createVideo", "listVideos"])
def test_generated_typescript_compiles_and_has_the_operation(node_modules: Path, tmp_path: Path, name: str) -> None:
    types = tmp_path / "api.ts"
    run(program("node"), node_modules / "node_modules/openapi-typescript/bin/cli.js", DOCUMENT, "-o", types)
    use = f'import type {{ operations }} from "./api"\nexport type Body = operations["{name}"]["responses"][200]\n'
    (tmp_path / "use.ts").write_text(use, "utf-8")
    compiler = node_modules / "node_modules/typescript/bin/tsc"
    run(program("node"), compiler, "--noEmit", "--strict", "--skipLibCheck", tmp_path / "use.ts")
