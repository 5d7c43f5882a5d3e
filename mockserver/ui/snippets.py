"""Requests as code to copy: curl, Python, JavaScript, and a test for pytest. Pure."""

import json
import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

from mockserver.ui.nearest import Sent, SentFile

TOKEN = "OPENAI_API_KEY"  # noqa: S105 - the variable that clients of this API read it from
"""The environment variable that the code takes the token from."""

PNG_HELPER = '''def png(width, height):
    """A picture of one colour."""
    rows = b"".join(b"\\0" + bytes((90, 120, 200)) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = b"\\x89PNG\\r\\n\\x1a\\n"
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


'''


class Call(NamedTuple):
    """A request to be made: ``fields`` go into a form, or where ``is_json`` into an object; none where it has no body.

    ``sends_token``: whether a test of it sends one.
    """

    method: str
    url: str
    fields: tuple[Sent, ...] = ()
    is_json: bool = False
    sends_token: bool = True


def snippets(call: Call) -> list[dict[str, str]]:
    """The call in each language."""
    return [
        {"name": "curl", "text": curl(call)},
        {"name": "Python", "text": python(call)},
        {"name": "JavaScript", "text": javascript(call)},
    ]


def curl(call: Call) -> str:
    """A command for a shell."""
    parts = [f"curl {shlex.quote(call.url)}"]
    if call.method not in ("GET", "POST") or (call.method == "POST" and not call.fields):
        parts[0] = f"curl -X {call.method} {shlex.quote(call.url)}"
    parts.append(f'-H "Authorization: Bearer ${TOKEN}"')
    if call.is_json and call.fields:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_object(call))}"]
    else:
        parts += [_curl_field(field) for field in call.fields]
    return _notes(call, "#") + " \\\n  ".join(parts)


def _curl_field(field: Sent) -> str:
    if field.file is None:
        return f"--form-string {shlex.quote(f'{field.name}={field.text}')}"
    kind = f";type={field.file.content_type}" if field.file.content_type else ""
    return f"-F {shlex.quote(f'{field.name}=@{_path(field.file)}{kind}')}"


def python(call: Call) -> str:
    """A program with httpx."""
    lines = [
        "import os",
        "",
        "import httpx",
        "",
        "answer = httpx.request(",
        f"    {call.method!r},",
        f"    {call.url!r},",
    ]
    lines.append(f"    headers={{'Authorization': f\"Bearer {{os.environ['{TOKEN}']}}\"}},")
    lines += _python_body(call, lambda file: f"open({_path(file)!r}, 'rb')")
    return _notes(call, "#") + "\n".join([*lines, ")", "print(answer.status_code, answer.text)"])


def _python_body(call: Call, content: Callable[[SentFile], str]) -> list[str]:
    if not call.fields:
        return []
    if call.is_json:
        return [f"    json={ {field.name: field.text for field in call.fields}!r},"]
    lines = ["    files=["]
    for field in call.fields:
        if field.file is None or _is_text(field.file):
            lines.append(f"        ({field.name!r}, (None, {_python_text(field.text or '')})),")
        else:
            named = (field.file.filename or _path(field.file), field.file.content_type or "application/octet-stream")
            lines.append(f"        ({field.name!r}, ({named[0]!r}, {content(field.file)}, {named[1]!r})),")
    return [*lines, "    ],"]


def _python_text(text: str) -> str:
    """A string; of what is no UTF-8 its bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return repr(text.encode("utf-8", "surrogateescape"))
    return repr(text)


def javascript(call: Call) -> str:
    """A program for Node, or with the file from elsewhere for a browser."""
    files = [field.file for field in call.fields if field.file is not None]
    lines = ['import { readFile } from "node:fs/promises";', ""] if files else []
    headers = [f"Authorization: `Bearer ${{process.env.{TOKEN}}}`"]
    body = []
    if call.is_json and call.fields:
        headers.append('"Content-Type": "application/json"')
        body = [f"  body: JSON.stringify({_object(call)}),"]
    elif call.fields:
        lines.append("const body = new FormData();")
        for field in call.fields:
            if field.file is None:
                lines.append(f"body.append({_js(field.name)}, {_js(field.text or '')});")
            else:
                kind = _js(field.file.content_type or "application/octet-stream")
                path = _js(_path(field.file))
                made = f"new Blob([await readFile({path})], {{ type: {kind} }})"
                lines.append(
                    f"body.append({_js(field.name)}, {made}, {_js(field.file.filename or _path(field.file))});"
                )
        lines.append("")
        body = ["  body,"]
    lines += [f"const answer = await fetch({_js(call.url)}, {{", f"  method: {_js(call.method)},"]
    lines.append(f"  headers: {{ {', '.join(headers)} }},")
    return _notes(call, "//") + "\n".join([*lines, *body, "});", "console.log(answer.status, await answer.text());"])


def pytest_test(call: Call, path: str, rule: str, status: int, code: str | None) -> str:
    """A test that sends the call to the fixture ``videos_mock`` and expects the answer that came."""
    files = [field.file for field in call.fields if field.file is not None]
    drawn = any(_is_drawn(file) for file in files)
    imports = ["import struct", "import zlib", ""] if drawn else []
    imports += ["import httpx", "", ""]
    name = re.sub(r"\W+", "_", rule or f"{call.method.lower()}_is_answered").strip("_").lower()
    expected = f"is_refused_{name}" if rule else name
    lines = [f"def test_{expected}(videos_mock):", "    answer = httpx.request(", f"        {call.method!r},"]
    lines.append(f"        videos_mock.url + {path!r},")
    if call.sends_token:
        lines.append('        headers={"Authorization": f"Bearer {videos_mock.token}"},')
    lines += ["    " + line for line in _python_body(call, _test_content)]
    lines += ["    )", f"    assert answer.status_code == {status}, answer.text"]
    if rule:
        lines.append(f'    assert answer.json()["error"]["code"] == {code!r}')
    return "\n".join(imports) + (PNG_HELPER if drawn else "") + "\n".join(lines) + "\n"


def _is_text(file: SentFile) -> bool:
    """Whether a field that should be a file was sent as text."""
    return file.filename is None and (file.content_type or "text/plain").startswith("text/")


def _is_drawn(file: SentFile) -> bool:
    return file.image is not None and (file.image.intact or file.image.type.startswith("image/"))


def _test_content(file: SentFile) -> str:
    if not _is_drawn(file) or file.image is None:
        return "b'not a picture'"
    return f"png({file.image.width}, {file.image.height})" if file.image.intact else "png(16, 16)[:60]"


def _notes(call: Call, comment: str) -> str:
    """A line for each file that the reader has to have."""
    files = [field.file for field in call.fields if field.file is not None]
    told = [
        f"{comment} {_path(file)}: {file.image.type}, {file.image.width}x{file.image.height} pixels\n"
        for file in files
        if file.image is not None and file.image.intact
    ]
    return "".join(told)


def _path(file: SentFile) -> str:
    """The name of a file as it is read from disk: that which was sent, without what a shell or a folder makes of it."""
    name = re.sub(r"[^\w.-]+", "_", (file.filename or "").replace("\\", "/").rpartition("/")[2]).lstrip(".-")
    return name or "picture.png"


def _object(call: Call) -> str:
    return json.dumps({field.name: field.text for field in call.fields}, ensure_ascii=False)


def _js(text: str) -> str:
    """A string of JavaScript; the two line ends that JSON leaves alone are escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
