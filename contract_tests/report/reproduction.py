"""Writes a finding as a folder that reproduces it: the exact body, a curl line, a stand-alone script.

The token stands in none of it: both read it from the environment variable VIDEOS_TOKEN.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from contract_tests.model.credential import CREDENTIALS, Credential
from contract_tests.model.finding import Finding
from contract_tests.model.request import Request

VARIABLE = "VIDEOS_TOKEN"


#: Findings of a rule that get a folder: the best evidence, and two more.
FOLDERS = 3


def folder_of(findings: Sequence[Finding], index: int) -> str | None:
    """The folder that reproduces one of a rule's findings, below that of the report; None where it has none."""
    has_one = index < FOLDERS and findings[index].case is not None
    return f"findings/{folder_name(findings[index])}" if has_one else None


def folder_name(finding: Finding) -> str:
    """A name that tells the rule, and the case where there are several."""
    case = "run" if finding.case is None else finding.case.id[:8]
    return re.sub(r"[^a-z0-9._-]+", "-", f"{finding.rule}-{case}".lower())


def write(finding: Finding, request: Request, url: str, folder: Path) -> None:
    """Write body, curl.sh, send.py and README.txt into `folder`; they send the request of the finding again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "body").write_bytes(request.body)
    (folder / "curl.sh").write_text(curl(request, url), encoding="utf-8")
    (folder / "send.py").write_text(script(request, url), encoding="utf-8")
    lines = (
        f"rule      {finding.rule}",
        f"sent      {finding.label}",
        f"expected  {finding.expected}",
        f"actual    {finding.actual}",
        "",
        f"Set {VARIABLE} to the token, then: sh curl.sh, or: python send.py",
        "",
    )
    (folder / "README.txt").write_text("\n".join(lines), encoding="utf-8")


def curl(request: Request, url: str) -> str:
    """A shell script of one curl command; it must be run in the folder of the body."""
    words = ["curl", "--silent", "--show-error", "--include", "--request", request.method, "--header", "'Expect:'"]
    if request.content_type is None:
        words += ["--header", "'Content-Type:'"]
    else:
        words += ["--header", shlex.quote(f"Content-Type: {request.content_type}")]
    if request.chunked:
        words += ["--header", "'Transfer-Encoding: chunked'"]
    for name, value in request.headers:
        words += ["--header", shlex.quote(f"{name}: {value}")]
    words += _authorization(CREDENTIALS[request.credential])
    if request.method != "GET":
        words += ["--data-binary", "@body"]
    words.append(shlex.quote(url + request.path))
    return f'#!/bin/sh\ncd "$(dirname "$0")" || exit 2\n{" ".join(words)}\n'


def _authorization(credential: Credential) -> list[str]:
    if credential.shell is None:
        return []
    # curl sends a header without a value only where it ends with a semicolon.
    header = f"Authorization: {credential.shell}" if credential.shell else "Authorization;"
    return ["--header", f'"{header}"']


def script(request: Request, url: str) -> str:
    """A Python script that needs httpx alone and prints the status and the body."""
    headers = [*request.headers]
    if request.content_type is not None:
        headers.append(("Content-Type", request.content_type))
    content = "chunks()" if request.chunked else "body" if request.method != "GET" else "None"
    chunks = "\n\ndef chunks():\n    yield body\n\n" if request.chunked else ""
    return f'''"""Sends the request again and prints what comes back. Needs httpx, and the token in {VARIABLE}."""

import os
from pathlib import Path

import httpx

token = os.environ.get({VARIABLE!r}, "")
body = (Path(__file__).parent / "body").read_bytes()
headers = {headers!r}
authorization = {CREDENTIALS[request.credential].python}
if authorization is not None:
    headers.append(("Authorization", authorization.encode()))
{chunks}
answer = httpx.request({request.method!r}, {(url + request.path)!r}, headers=headers, content={content}, timeout=60)
print(answer.status_code)
print(answer.text)
'''
