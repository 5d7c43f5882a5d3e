"""Why a request was refused: its rule, what was sent beside what is allowed, and the nearest right request as code."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from mockserver.control.record import File, Record, legible
from mockserver.spec.document import Document, Operation
from mockserver.spec.rules import FormRules
from mockserver.ui.nearest import FieldChange, Sent, SentFile, broken_check, example_of, nearest, reading_of
from mockserver.ui.snippets import Call, pytest_test, snippets
from mockserver.validation.checks import Violation, forgiven, verdict_on
from mockserver.validation.images import Image

FORM, JSON = "multipart/form-data", "application/json"

AUTHENTICATION = ("auth.required", "auth.scheme", "auth.key")
NOT_FOUND = "retrieve.not-found"
TOO_EARLY = ("content.ready", "delete.finished", "remix.completed")


class Subject(NamedTuple):
    """A request that is explained: what the journal has of it, and by which document.

    ``base`` is the mock's URL; ``video`` the id of a video that its token has, if it has one.
    """

    record: Record
    document: Document
    rules: Mapping[str, FormRules]
    base: str
    video: str | None = None

    @property
    def operation(self) -> Operation | None:
        """What it asked for; ``None`` where that is nothing of the document."""
        return next((one for one in self.document.operations if one.id == self.record.operation), None)

    @property
    def fields(self) -> list[Sent]:
        """Its fields, in their order."""
        return [_sent(name, value) for name, value in self.record.fields]


def _sent(name: str, value: bytes | File) -> Sent:
    if isinstance(value, File):
        return Sent(legible(name), None, SentFile(value.filename, value.content_type, value.image))
    return Sent(legible(name), legible(value.decode("utf-8", "surrogateescape")))


def why(subject: Subject) -> dict[str, Any] | None:
    """The rule that a request broke; ``None`` for one that broke none."""
    rule_id = subject.record.rule
    rule = subject.document.rules.get(rule_id)
    if rule is None:
        if rule_id not in subject.document.errors:
            return None
        return {
            "rule": rule_id,
            "says": "A scenario asked for this error.",
            "source": "extension",
            "from": ", ".join(subject.record.scenarios) or "a scenario",
            "field": None,
        }
    told: dict[str, Any] = {"rule": rule_id, "says": rule.says, "source": rule.source, "from": rule.from_}
    return told | (_beside(subject) or {"field": None})


def _beside(subject: Subject) -> dict[str, Any] | None:
    """The field at fault, what was sent for it and what is allowed; ``None`` where no one field is."""
    rules = subject.rules.get(subject.record.operation)
    return _beside_request(subject, rules) or (None if rules is None else _beside_field(subject, rules))


def _beside_request(subject: Subject, rules: FormRules | None) -> dict[str, Any] | None:
    """The same where it is no field of the form: the request line, or a header."""
    record, operations, headers = subject.record, subject.document.operations, dict(subject.record.headers)
    if record.rule in AUTHENTICATION:
        sent = headers.get(b"authorization")
        shown = None if sent is None else legible(sent.decode("latin-1"))
        return {"field": "Authorization", "sent": shown, "allowed": ["Bearer YOUR_TOKEN"]}
    if record.rule == "method":
        allowed = [one.method for one in operations if _fits(one.path, record.path)]
        return {"field": "method", "sent": record.method, "allowed": allowed}
    if record.rule == "path":
        routes = [f"{one.method} {one.path}" for one in operations]
        return {"field": "path", "sent": f"{record.method} {legible(record.path)}", "allowed": routes}
    if record.rule == "media-type" and rules is not None:
        media_type = headers.get(b"content-type", b"").decode("latin-1")
        return {"field": "Content-Type", "sent": media_type or None, "allowed": list(rules.media_types)}
    return None


def _beside_field(subject: Subject, rules: FormRules) -> dict[str, Any] | None:
    reading = reading_of(rules, _judged_fields(subject))
    verdict = verdict_on(reading)
    if not isinstance(verdict, Violation):
        verdict = next(forgiven(reading), verdict)
    if not isinstance(verdict, Violation) or verdict.rule != subject.record.rule:
        return None
    name = str(verdict.words.get("field") or "")
    kind = broken_check(rules, verdict).kind
    sent = [field for field in _judged_fields(subject) if field.name == name]
    told: dict[str, Any] = {"field": name, "sent": _told(sent), "allowed": _allowed(rules, kind, name, verdict.words)}
    if kind == "x-dimensions-match":
        told["picture"] = _picture(reading.images[name], verdict.words)
    return told


def _judged_fields(subject: Subject) -> list[Sent]:
    """The fields of the form; of an operation that has none, those of the query."""
    operation = subject.operation
    if operation is None or "requestBody" in operation.node:
        return subject.fields
    pairs = parse_qsl(subject.record.query.decode("latin-1"), keep_blank_values=True)
    return [Sent(name, value) for name, value in pairs]


def _told(fields: Sequence[Sent]) -> str | None:
    """What was sent for a field, in words."""
    told = []
    for field in fields:
        image = field.file.image if field.file else None
        if field.file is None:
            told.append(_short(field.text or ""))
        elif image is not None and image.intact:
            told.append(f"{image.type}, {image.width}x{image.height}")
        else:
            told.append(
                "a file" if image is None else f"a file: {image.type}" + ("" if image.intact else ", no whole picture")
            )
    return " and ".join(told) if told else None


def _short(text: str, most: int = 300) -> str:
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if len(text) <= most:
        return text or "(empty)"
    return f"{text[:most]}… ({len(text)} characters)"


def _allowed(rules: FormRules, kind: str, name: str, words: Mapping[str, Any]) -> list[str]:
    """What may stand in place of what was sent, by the kind of the breach."""
    field, limit, listed = rules.fields.get(name), words.get("limit"), words.get("allowed")
    types = list(field.file_types) if field is not None else []
    by_kind = {
        "x-dimensions-match": [f"{words.get('expected')}, the value of {words.get('other')}"],
        "additionalProperties": list(rules.fields),
        "repeated": ["once"],
        "minLength": [f"at least {limit} characters"],
        "maxLength": [f"at most {limit} characters"],
        "minimum": [f"at least {limit}"],
        "maximum": [f"at most {limit}"],
        "file": types,
        "file-type": types,
        "file-intact": [f"a whole {file_type}" for file_type in types],
        "text-encoding": ["UTF-8"],
        "type": [str(one) for one in (limit if isinstance(limit, (list, tuple)) else [limit])],
    }
    if kind in by_kind:
        return by_kind[kind]
    values = listed if isinstance(listed, (list, tuple)) and listed else field.allowed if field is not None else ()
    return [str(value) for value in values] or types or ["text"]


def _picture(image: Image, words: Mapping[str, Any]) -> dict[str, Any]:
    """Both rectangles: what was sent, and what is allowed for the size that was asked for."""
    width, height = (int(side) for side in str(words["expected"]).split("x"))
    return {
        "sent": {"width": image.width, "height": image.height},
        "allowed": [{"width": width, "height": height}],
    }


def _fits(template: str, path: str) -> bool:
    names, others = template.split("/"), path.split("/")
    return len(names) == len(others) and all(
        "{" in one or one == other for one, other in zip(names, others, strict=True)
    )


def right(subject: Subject) -> dict[str, Any] | None:
    """The nearest right request as code; ``None`` where nothing near it is known to be right."""
    operation = subject.operation or _meant(subject)
    rules = subject.rules.get(operation.id)
    made = _made_right(subject, operation, rules)
    if made is None:
        return None
    fields, changes = made
    return {
        "changes": [{"field": change.field, "says": change.says} for change in changes],
        "snippets": snippets(_call(subject, operation, fields)),
    }


def same(subject: Subject) -> dict[str, Any]:
    """An accepted request as code."""
    operation = subject.operation or _meant(subject)
    return {"changes": [], "snippets": snippets(_call(subject, operation, _judged_fields(subject)))}


def _meant(subject: Subject) -> Operation:
    """The operation that a request to an unknown path or by a wrong method most likely meant."""
    record, operations = subject.record, subject.document.operations
    there = [one for one in operations if _fits(one.path, record.path)]
    lines = {f"{one.method} {one.path}": one for one in there or operations}
    close = get_close_matches(f"{record.method} {record.path}", lines, 1, 0.0)
    return lines[close[0]]


def _made_right(
    subject: Subject, operation: Operation, rules: FormRules | None
) -> tuple[list[Sent], list[FieldChange]] | None:
    record, changes = subject.record, []
    if record.rule in AUTHENTICATION:
        changes.append(FieldChange("Authorization", "is 'Bearer' and a token that the mock accepts"))
    elif record.rule == "media-type" and rules is not None:
        changes.append(FieldChange("Content-Type", f"is {rules.media_type}"))
    elif subject.operation is None:
        changes.append(FieldChange("request line", f"is {operation.method} {operation.path}"))
    elif record.rule == NOT_FOUND and subject.video is not None:
        changes.append(FieldChange("video_id", f"is that of a video of the same token, as {subject.video}"))
    elif record.rule in TOO_EARLY:
        changes.append(FieldChange("video", "is completed by then: ask for it again until it is"))
    elif record.rule and record.rule not in subject.document.rules:
        changes.append(FieldChange("scenario", "asked for this error: the request itself is right"))
    if rules is None:
        return [], changes
    fields = _judged_fields(subject)
    if not fields and "requestBody" in operation.node:
        fields = [example_of(rules, rules.fields[name], {}) for name in _required(rules)]
    made = nearest(rules, fields)
    return None if made is None else (made[0], [*changes, *made[1]])


def _required(rules: FormRules) -> list[str]:
    return [str(rule.field) for rule in rules.checks if rule.kind == "required" and rule.field in rules.fields]


def _call(subject: Subject, operation: Operation, fields: Sequence[Sent]) -> Call:
    path = legible(subject.record.path) if subject.operation is not None else operation.path
    if subject.record.rule == NOT_FOUND and subject.video is not None:
        path = operation.path.replace("{video_id}", subject.video)
    url = subject.base + path
    if "requestBody" not in operation.node:
        if fields:
            url += "?" + urlencode([(field.name, field.text or "") for field in fields])
        return Call(operation.method, url)
    is_json = JSON in operation.node["requestBody"].get("content", {})
    return Call(operation.method, url, tuple(fields), is_json)


def test_of(subject: Subject, code: str | None) -> str | None:
    """The request as a test for pytest; ``None`` for one whose body is not known."""
    record, operation = subject.record, subject.operation
    if record.status is None or (operation is None and record.method not in ("GET", "HEAD", "DELETE")):
        return None
    has_body = operation is not None and "requestBody" in operation.node
    if has_body and not record.fields:
        return None
    path = legible(record.path) + (f"?{legible(record.query.decode('latin-1'))}" if record.query else "")
    is_json = has_body and operation is not None and JSON in operation.node["requestBody"].get("content", {})
    call = Call(record.method, subject.base + path, tuple(subject.fields), is_json, record.rule not in AUTHENTICATION)
    return pytest_test(call, path, record.rule, record.status, code)
