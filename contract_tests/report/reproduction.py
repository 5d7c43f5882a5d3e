"""Writes a finding as a folder that reproduces it: the exact body, a curl line, a stand-alone script.

The token stands in none of it, nor do the values of secret headers: both are read from environment variables.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from contract_tests.model.credential import CREDENTIALS, Credential
from contract_tests.model.escape import printable
from contract_tests.model.finding import Finding
from contract_tests.model.request import Request
from contract_tests.settings import Network

VARIABLE = "VIDEOS_TOKEN"
SECOND_VARIABLE = "VIDEOS_SECOND_TOKEN"
FINDINGS = "findings"
_FILES = ("README.txt", "body", "curl.sh", "send.py")


#: Findings of a rule that get a folder: the best evidence, and two more.
FOLDERS = 3


def folder_of(findings: Sequence[Finding], index: int) -> str | None:
    """The folder that reproduces one of a rule's findings, below that of the report; None where it has none."""
    has_one = index < FOLDERS and findings[index].case is not None
    return f"{FINDINGS}/{folder_name(findings[index])}" if has_one else None


def folder_name(finding: Finding) -> str:
    """A name that tells the rule, and the case where there are several."""
    case = "run" if finding.case is None else finding.case.id[:8]
    return re.sub(r"[^a-z0-9._-]+", "-", f"{finding.rule}-{case}".lower())


def clear(folder: Path) -> None:
    """Take away what an earlier run has written below a report's folder, and nothing else."""
    for path in (folder / FINDINGS).glob("*"):
        for name in _FILES:
            with suppress(FileNotFoundError, NotADirectoryError):
                (path / name).unlink()
        # A folder with something else in it, or something that is none, is somebody's.
        with suppress(OSError):
            path.rmdir()


def write(finding: Finding, request: Request, url: str, folder: Path, network: Network | None = None) -> None:
    """Write body, curl.sh, send.py and README.txt into `folder`; they send the request of the finding again."""
    network = network or Network()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "body").write_bytes(request.body)
    (folder / "curl.sh").write_text(curl(request, url, network), encoding="utf-8", errors="backslashreplace")
    (folder / "send.py").write_text(script(request, url, network), encoding="utf-8", errors="backslashreplace")
    variables = ", ".join([VARIABLE, *(_variable(name) for name, _ in network.headers if is_secret(name))])
    told = (
        f"rule      {finding.rule}",
        f"sent      {finding.label}",
        f"expected  {finding.expected}",
        f"actual    {finding.actual}",
    )
    lines = [*map(printable, told), "", f"Set {variables} to what you use, then: sh curl.sh, or: python send.py", ""]
    (folder / "README.txt").write_text("\n".join(lines), encoding="utf-8")


def is_secret(name: str) -> bool:
    """Whether a header of this name is likely to hold a secret."""
    return re.search("auth|cookie|credential|key|password|secret|signature|token", name, re.IGNORECASE) is not None


def _variable(name: str) -> str:
    """The environment variable that holds the value of a secret header."""
    return "VIDEOS_HEADER_" + re.sub(r"\W", "_", name).upper()


def curl(request: Request, url: str, network: Network | None = None) -> str:
    """A shell script of one curl command; it must be run in the folder of the body."""
    network = network or Network()
    words = ["curl", "--silent", "--show-error", "--include", "--request", shlex.quote(request.method)]
    words += ["--header", "'Expect:'"]
    if request.content_type is None:
        words += ["--header", "'Content-Type:'"]
    else:
        words += ["--header", shlex.quote(f"Content-Type: {request.content_type}")]
    if request.chunked:
        words += ["--header", "'Transfer-Encoding: chunked'"]
    for name, value in request.headers:
        words += ["--header", shlex.quote(f"{name}: {value}")]
    for name, value in network.headers:
        words += ["--header", f'"{name}: ${_variable(name)}"' if is_secret(name) else shlex.quote(f"{name}: {value}")]
    words += _authorization(CREDENTIALS[request.credential])
    words += ["--max-time", f"{network.timeout:g}", *(["--noproxy", "'*'"] if network.proxy is None else [])]
    words += ["--insecure"] if network.insecure else []
    words += [] if network.ca is None else ["--cacert", shlex.quote(str(network.ca.absolute()))]
    words += [] if network.client_cert is None else ["--cert", shlex.quote(str(network.client_cert.absolute()))]
    for host, port, address in network.resolve:
        words += ["--resolve", shlex.quote(f"{host}:{port}:{address}")]
    if request.method != "GET":
        words += ["--data-binary", "@body"]
    words += ["--", shlex.quote(url + request.path)]
    return f'#!/bin/sh\ncd "$(dirname "$0")" || exit 2\n{" ".join(words)}\n'


def _authorization(credential: Credential) -> list[str]:
    if credential.shell is None:
        return []
    # curl sends a header without a value only where it ends with a semicolon.
    header = f"Authorization: {credential.shell}" if credential.shell else "Authorization;"
    return ["--header", f'"{header}"']


def script(request: Request, url: str, network: Network | None = None) -> str:
    """A Python script that needs nothing but Python, and prints the status and the body."""
    network = network or Network()
    headers = [f"({name!r}, {value!r})" for name, value in request.headers]
    headers += [
        f"({name!r}, {f'os.environ.get({_variable(name)!r}, str())' if is_secret(name) else repr(value)})"
        for name, value in network.headers
    ]
    if request.content_type is not None:
        headers.append(f"('Content-Type', {request.content_type!r})")
    if request.chunked:
        headers.append("('Transfer-Encoding', 'chunked')")
    elif request.method != "GET":
        headers.append("('Content-Length', str(len(body)))")
    content = "iter([body])" if request.chunked else "body" if request.method != "GET" else "None"
    cafile = None if network.ca is None else str(network.ca.absolute())
    trust = "ssl._create_unverified_context()" if network.insecure else f"ssl.create_default_context(cafile={cafile!r})"
    return f'''"""Sends the request again and prints what comes back. Needs the token in {VARIABLE}."""

import http.client
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

token = os.environ.get({VARIABLE!r}, "")
body = (Path(__file__).parent / "body").read_bytes()
headers = [{", ".join(headers)}]
authorization = {CREDENTIALS[request.credential].python}
if authorization is not None:
    headers.append(("Authorization", authorization.encode()))

url = urlsplit({(url + request.path)!r})
if url.scheme == "https":
    connection = http.client.HTTPSConnection(url.hostname, url.port, timeout={network.timeout!r}, context={trust})
else:
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout={network.timeout!r})
connection.putrequest({request.method!r}, url._replace(scheme="", netloc="").geturl() or "/")
for name, value in headers:
    connection.putheader(name, value)
connection.endheaders({content}, encode_chunked={request.chunked})
answer = connection.getresponse()
print(answer.status)
print(answer.read().decode("utf-8", "backslashreplace"))
connection.close()
'''
