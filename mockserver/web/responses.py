"""Answers: a job or a violation as status, headers and JSON, in the shapes that the document gives them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mockserver.jobs.job import Job, JobState
from mockserver.spec.document import Document, DocumentError, Error, Limits, Operation, convert
from mockserver.validation.checks import MessageValues, Violation

Header = tuple[bytes, bytes]
JSON: Header = (b"content-type", b"application/json")
LIVE = ("id", "created_at", "status", "progress", "completed_at", "error", "remixed_from_video_id")
"""The keys of a video that are the job's own; the others are echoes, constants or null."""

UNFINISHED = ("body.limit", "body.timeout")
"""The rules that are answered before the whole body came."""

ERROR_PARTS = ("message", "type", "param", "code", "status")
"""What an error is made of."""

Filler = Callable[[Mapping[str, Any]], Any]

encode = msgspec.json.Encoder().encode


class Response(msgspec.Struct, frozen=True):
    """One HTTP answer. ``rule`` is the id of the broken rule that it tells of, if it does.

    ``drop`` is not 0 where the rest of the request is unwanted: the connection is to be closed, after at most so many
    more bytes of it. ``cut`` is not None where the connection breaks: after so many bytes of the body, or before the
    head where it is below 0.
    """

    status: int
    headers: tuple[Header, ...]
    body: bytes | memoryview
    rule: str = ""
    drop: int = 0
    cut: int | None = None


def answer(status: int, value: object, *headers: Header, rule: str = "", drop: int = 0) -> Response:
    """``value`` as JSON, with its length."""
    body = encode(value)
    return Response(status, (JSON, (b"content-length", b"%d" % len(body)), *headers), body, rule, drop)


class VideoSchema:
    """The video object of a document: its keys in their order, and where the value of each comes from."""

    def __init__(self, document: Document, operation: Operation) -> None:
        schema = document.schema_of_answer(operation, "200")
        properties = properties_of(document, schema)
        self._blank = {key: node.get("const", node.get("default")) for key, node in properties.items()}
        echoes = {key: request_field(key, node["x-echo"]) for key, node in properties.items() if "x-echo" in node}
        self.echo = tuple(echoes.values())
        self._keys = (*LIVE, *echoes)
        self._is_whole = self._blank.keys() >= set(LIVE)
        self.id_template = str(properties.get("id", {}).get("x-template", ""))
        self._after = tuple(_after(key, node["x-after"]) for key, node in properties.items() if "x-after" in node)
        self._omitted = tuple(_never_null(document, schema, properties))
        error_keys = properties.get("error", {}).get("properties", {}).keys()
        self._error_keys = None if error_keys >= FAILURE_KEYS else error_keys & FAILURE_KEYS

    def video(self, job: Job, state: JobState) -> dict[str, Any]:
        """The video object of ``job`` in ``state``."""
        error = state.error
        if error is not None and self._error_keys is not None:
            error = {key: value for key, value in error.items() if key in self._error_keys}
        done = (state.completed_at, error)
        live = (job.id, int(job.created), state.status, state.progress, *done, job.remixed_from)
        echo = job.echo if job.echoed == self.echo else self._reordered(job)
        video = self._blank.copy()
        video.update(zip(self._keys, (*live, *echo), strict=True))
        for key, other, seconds in self._after:
            video[key] = None if video[other] is None else video[other] + seconds
        for key in self._omitted:
            if video[key] is None:
                del video[key]
        return video if self._is_whole else {key: video[key] for key in self._blank if key in video}

    def _reordered(self, job: Job) -> tuple[Any, ...]:
        """The echoes of a job that was made when the document had others; null for those that it lacks."""
        values = dict(zip(job.echoed, job.echo, strict=False))
        return tuple(values.get(name) for name in self.echo)


FAILURE_KEYS = {"code", "message"}
"""The keys of the error of a failed job."""


def _after(key: str, node: object) -> tuple[str, str, int]:
    """The key, the key of the video that it comes after, and by how many seconds (``x-after``)."""
    after = convert(node, f"x-after of {key}", After)
    if after.key not in LIVE:
        raise DocumentError(f"x-after of {key}: '{after.key}' is no time of a video; created_at and completed_at are")
    return key, after.key, after.seconds


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``x-after``: a time so many seconds after that of another key, null while that is."""

    key: str
    seconds: int


def _never_null(document: Document, schema: dict[str, Any], properties: dict[str, Any]) -> Iterator[str]:
    """The keys that are left out where they say nothing: neither required, nor null by their type."""
    required = required_of(document, schema)
    for key, node in properties.items():
        types = node.get("type", "null")
        if key not in required and "null" not in ([types] if isinstance(types, str) else types):
            yield key


def required_of(document: Document, schema: dict[str, Any]) -> set[str]:
    """The required keys of ``schema`` and of what it is composed of."""
    schema = document.resolve(schema)
    return set(schema.get("required", ())).union(*(required_of(document, node) for node in schema.get("allOf", [])))


_REQUEST_FIELD = re.compile(r"\$request\.body#/([^/]+)")


def request_field(key: str, expression: object) -> str:
    """The field of the request that a runtime expression of OpenAPI names; ``DocumentError`` for any other one."""
    found = _REQUEST_FIELD.fullmatch(str(expression))
    if found is None:
        raise DocumentError(f"x-echo of {key}: '{expression}' names no request field, as $request.body#/model does")
    return found[1]


def constants(document: Document, operation: Operation) -> dict[str, Any]:
    """The keys that an answer of ``operation`` has, in order; those that are always the same, with their value."""
    properties = properties_of(document, document.schema_of_answer(operation, "200"))
    return {key: node.get("const") for key, node in properties.items()}


def properties_of(document: Document, schema: dict[str, Any]) -> dict[str, Any]:
    """All properties of ``schema`` and of what it is composed of; what comes first says most."""
    schema = document.resolve(schema)
    found: dict[str, Any] = {}
    for part in [schema.get("properties", {}), *(properties_of(document, node) for node in schema.get("allOf", []))]:
        for key, node in part.items():
            found[key] = {**document.resolve(node), **found.get(key, {})}
    return found


def message_of(violation: Violation) -> str:
    """The message of the error of a violation."""
    return violation.error.message.format_map(_MessageValues(violation.words))


class ErrorSchema:
    """The shape of every error of a document, filled in with what a violation says.

    A value of the schema says which part it is by ``x-error``, or by its own name: message, type, param, code or
    status. A constant stays; what is none of these is null.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._fill = self._filler("", document.at(document.rules["error.envelope"].at))

    def body(self, parts: Mapping[str, Any]) -> Any:
        """The JSON of an error."""
        return self._fill(parts)

    def _filler(self, name: str, node: Any) -> Filler:
        node = self._document.resolve(node)
        if "properties" in node:
            inner = [(key, self._filler(key, child)) for key, child in node["properties"].items()]
            return lambda parts: {key: fill(parts) for key, fill in inner}
        part = node.get("x-error", name)
        if "const" in node or part not in ERROR_PARTS:
            return lambda _: node.get("const")
        is_text = node.get("type") == "string"
        return lambda parts: str(parts[part]) if is_text and parts[part] is not None else parts[part]


def refusal(violation: Violation, schema: ErrorSchema, limits: Limits, *headers: Header) -> Response:
    """The error of a violation. Of a body over the limit, no more than twice the limit is still taken in."""
    error = violation.error
    parts = {
        "message": message_of(violation),
        "type": error.type,
        "param": _param(error, violation.words.get("field")),
        "code": error.code,
        "status": error.status,
    }
    drop = 2 * limits.body_bytes if violation.rule in UNFINISHED else 0
    if error.retry_after is not None:
        headers = (*headers, retry_after(error.retry_after))
    return answer(error.status, schema.body(parts), *headers, rule=violation.rule, drop=drop)


def retry_after(seconds: int) -> Header:
    """The header that says when to come back."""
    return b"retry-after", b"%d" % seconds


def _param(error: Error, field: str | None) -> str | None:
    """The field at fault; none where the request as a whole is."""
    if error.param is None or (field is None and "{field}" in error.param):
        return None
    return error.param.replace("{field}", field or "")


class _MessageValues:
    """The words of a violation as a template asks for them. One that there is no value for stays as it stands there."""

    def __init__(self, words: MessageValues) -> None:
        self._words = words

    def __getitem__(self, name: str) -> str:
        return _shown(name, self._words[name]) if name in self._words else "{" + name + "}"


MOST_SHOWN = 100
"""Characters of a value that an error message repeats."""


def _shown(name: str, word: object) -> str:
    """A word of a message. What the document says is told whole, what came is cut."""
    if isinstance(word, (list, tuple)):
        return listed([str(value) for value in word])
    text = str(word)
    return text if len(text) <= MOST_SHOWN or name in ("allowed", "routes") else text[:MOST_SHOWN] + "…"


def listed(values: Sequence[str]) -> str:
    """'a', 'b', and 'c'."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + ", and " + quoted[-1]
