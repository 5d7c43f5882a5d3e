"""Faults of how an answer is written down: what stands around its JSON, and how its bytes are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from .fault import Fault, fault
from .wire import Response

_BOM = b"\xef\xbb\xbf"
Change = Callable[[Response], Response]


def _where(concerned: Callable[[int], bool], change: Change) -> dict[str, Change]:
    """Answers of a status that is `concerned` are changed, if they are JSON."""

    def finish(answer: Response) -> Response:
        is_json = answer.headers.get("content-type") == "application/json"
        return change(answer) if is_json and concerned(answer.status) else answer

    return {"finish": finish}


def _good(change: Change) -> dict[str, Change]:
    return _where(lambda status: status < 300, change)


def _refused(change: Change) -> dict[str, Change]:
    return _where(lambda status: status >= 400, change)


def _body(change: Callable[[bytes], bytes]) -> Change:
    return lambda answer: replace(answer, body=change(answer.body))


def _header(name: str, value: str) -> Change:
    return lambda answer: replace(answer, headers=answer.headers | {name: value})


def _more(text: bytes) -> Callable[[bytes], bytes]:
    """One key more, at the end of the object."""
    return lambda body: body[:-1] + b", " + text + b"}"


def _id_twice(body: bytes) -> bytes:
    return _more(b'"id": ' + json.dumps(json.loads(body).get("id")).encode())(body)


def _length(shift: int) -> Change:
    """The length that is told is not that of the body."""
    return lambda answer: _header("content-length", str(len(answer.body) + shift))(answer)


def _event(answer: Response) -> Response:
    return _header("content-type", "text/event-stream")(_body(lambda body: b"data: " + body + b"\n\n")(answer))


# fmt: off
FAULTS: tuple[Fault, ...] = (
    fault("json-bom", "response.media-type", "A byte order mark stands before the JSON.", **_good(_body(lambda body: _BOM + body))),
    fault("json-utf-16", "response.media-type", "The JSON is UTF-16.", **_good(_body(lambda body: body.decode().encode("utf-16")))),
    fault("json-latin-1", "response.media-type", "A further key holds text in Latin-1.", **_good(_body(_more(b'"note": "caf\xe9"')))),
    fault("json-nan", "response.media-type", "A further key is NaN.", **_good(_body(_more(b'"eta": NaN')))),
    fault("json-key-twice", "response.media-type.keys", "The key id stands there twice.", **_good(_body(_id_twice))),
    fault("json-comma", "response.media-type", "A comma stands behind the last key.", **_good(_body(lambda body: body[:-1] + b",}"))),
    fault("json-two", "response.media-type", "Behind the JSON follows null.", **_good(_body(lambda body: body + b"\nnull"))),
    fault("json-nul", "response.media-type", "A NUL stands behind the JSON.", **_good(_body(lambda body: body + b"\0"))),
    fault("json-guarded", "response.media-type", "A guard against scripts stands before the JSON.", **_good(_body(lambda body: b")]}',\n" + body))),
    fault("json-event", "response.media-type", "The video is sent as a stream of events.", **_good(_event)),
    fault("length-more", "response.status-code", "The length told is ten bytes more than come.", **_good(_length(10))),
    fault("length-less", "response.media-type", "The length told is ten bytes less than come.", **_good(_length(-10))),
    fault("gzip-claimed", "response.media-type", "The answer is said to be packed by gzip, and is not.", **_good(_header("content-encoding", "gzip"))),
    fault("processing-ms-negative", "response.headers", "The header openai-processing-ms is negative.", **_good(_header("openai-processing-ms", "-1"))),
    fault("processing-ms-fraction", "response.headers", "The header openai-processing-ms has a decimal point.", **_good(_header("openai-processing-ms", "0.41"))),
    fault("error-bom", "error.envelope", "A byte order mark stands before the JSON of a refusal.", **_refused(_body(lambda body: _BOM + body))),
    fault("error-type-problem", "error.envelope", "Refusals are declared as application/problem+json.", **_refused(_header("content-type", "application/problem+json"))),
    fault("error-encoded-twice", "error.envelope", "Refusals are JSON within a JSON string.", **_refused(_body(lambda body: json.dumps(body.decode()).encode()))),
    fault("error-gzip-claimed", "error.envelope", "Refusals are said to be packed by gzip, and are not.", **_refused(_header("content-encoding", "gzip"))),
)
# fmt: on
