"""The document: ``openapi.yaml`` read, checked and resolved. The only reader of the file in this package."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from mockserver.spec.consistency import contradiction
from mockserver.spec.overlay import OverlayError, apply_overlays
from mockserver.spec.pointer import PointerError, escape, find, unescape
from mockserver.spec.yaml_loader import YAMLError, dump_yaml, load_yaml

WORDS = frozenset("field value allowed limit count reason type image other expected method path routes".split())
"""The words in braces that an error message may hold; the document explains each."""

NAMED_RULES = {
    "createVideo": "http.well-formed http.head-limit http.url-limit http.connections path method media-type "
    "body.coding body.limit body.boundary body.complete body.part-name body.parts body.timeout body.well-formed "
    "store.available error.no-5xx",
    "retrieveVideo": "retrieve.not-found",
    "listVideos": "list.after",
    "deleteVideo": "retrieve.not-found delete.finished",
    "downloadContent": "retrieve.not-found content.ready content.range",
    "remixVideo": "retrieve.not-found remix.completed json.well-formed",
}
"""The rules that each operation asks for by id, because no schema keyword leads to them."""

AUTHENTICATION = ("auth.required", "auth.scheme", "auth.key")
"""The rules of the credential, where the document asks for one."""

RATE_LIMIT = "rate_limit_exceeded"
"""The error that this package asks for by name, because no rule leads to it."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The keys of an OpenAPI path item that are operations."""

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=1)]


class DocumentError(Exception):
    """The document cannot be used. Its text is one line that says where and why."""


class Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One entry of ``x-errors``: what a broken rule answers. ``retry_after`` is in seconds."""

    status: int
    type: str
    code: str | None
    param: str | None
    message: str
    kinds: tuple[str, ...] = ()
    retry_after: int | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One entry of ``x-rules``, without its id."""

    says: str
    at: str
    source: Literal["document", "inferred", "extension"]
    from_: str
    error: str | None = None
    message: str | None = None
    field: str | None = None
    kind: str | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``x-limits`` of a request's media type; the document says what each counts."""

    body_bytes: Count
    parts: Count
    part_header_bytes: Count


class Operation(msgspec.Struct, frozen=True):
    """One method of one path. ``method`` is in capitals; ``path`` begins with the path of a server of the document.

    ``node`` is the operation as it stands in the file, at ``pointer``.
    """

    id: str
    method: str
    path: str
    node: dict[str, Any]
    pointer: str


class SecurityScheme(msgspec.Struct, frozen=True):
    """One way to send the credential: in ``header``, in lower case, as a bearer token or as it is."""

    header: bytes
    is_bearer: bool


class Document(msgspec.Struct, frozen=True):
    """The whole document, checked: each rule's error exists, each message can be filled in.

    ``failures`` are the messages of failed jobs, by code; ``security`` are the ways to send a credential, of which one
    is enough; where there are none, no credential is asked for.
    """

    raw: dict[str, Any]
    operations: tuple[Operation, ...]
    errors: dict[str, Error]
    rules: dict[str, Rule]
    failures: dict[str, str]
    security: tuple[SecurityScheme, ...]

    def operation(self, operation_id: str) -> Operation:
        """The operation of that id, or ``DocumentError``."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise DocumentError(f"no operation has the operationId '{operation_id}'")

    def resolve(self, node: Any) -> Any:
        """``node``, or what it leads to where it is a reference within the document."""
        seen: list[str] = []
        while isinstance(node, dict) and "$ref" in node:
            reference = node["$ref"]
            if reference in seen:
                raise DocumentError(f"$ref '{reference}' leads back to itself")
            seen.append(reference)
            node = self.at(reference)
        return node

    def at(self, pointer: str) -> Any:
        """The node under ``#/a/b``, or ``DocumentError``."""
        try:
            return find(self.raw, pointer)
        except PointerError as error:
            raise DocumentError(f"'{pointer}' {error}") from None

    def stale_rules(self) -> Iterator[str]:
        """The rules that stand nowhere any more, because what they speak of was edited away."""
        for rule_id, rule in self.rules.items():
            try:
                self.at(rule.at)
            except DocumentError:
                yield rule_id

    def schema_of_answer(self, operation: Operation, status: str) -> dict[str, Any]:
        """The schema of the JSON that ``operation`` answers with ``status``."""
        node = operation.node
        for key in ("responses", status, "content", "application/json", "schema"):
            if key not in node:
                raise DocumentError(f"{operation.id}: responses.{status} has no JSON schema, '{key}' is missing")
            node = convert(self.resolve(node[key]), f"{operation.id}: {key}", dict[str, Any])
        return node

    def error_of(self, rule_id: str) -> Error:
        """The error that breaking the rule earns, with the rule's own message where it has one."""
        rule = self.rules[rule_id]
        error = self.errors[rule.error or ""]
        return msgspec.structs.replace(error, message=rule.message) if rule.message else error


def default_path() -> Path:
    """Where the document of this installation lies: beside the package in a checkout, in its own folder in a wheel."""
    beside = Path(__file__).parents[2]
    installed = beside / "videos_mock_kit" / "openapi.yaml"
    return installed if installed.exists() else beside / "openapi.yaml"


def read_document(path: Path, dialects: Sequence[Path] = ()) -> Document:
    """Read and check the document at ``path`` with the overlays ``dialects``; ``DocumentError`` if it cannot be."""
    return parse_document(_read_text(path), tuple((one.name, _read_text(one, f"{one}: ")) for one in dialects))


def _read_text(path: Path, where: str = "") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"{where}{error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DocumentError(f"{where}not UTF-8: {error.reason} at byte {error.start}") from None


def document_json(document: Document) -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(document.raw), indent=2)


def document_yaml(document: Document) -> bytes:
    """The document as YAML, without the comments of the file."""
    return dump_yaml(document.raw).encode()


@lru_cache(maxsize=2)
def parse_document(text: str, overlays: tuple[tuple[str, str], ...] = ()) -> Document:
    """Check the document that ``text`` holds in YAML, with overlays, each as name and text; ``DocumentError`` else.

    A process that makes many mocks by one document, as tests do, reads it once: it is not changed by any of them.
    """
    try:
        raw = load_yaml(text)
    except YAMLError as error:
        raise DocumentError(str(error)) from None
    if not isinstance(raw, dict):
        raise DocumentError("not an OpenAPI document: the top level is no mapping")
    if overlays:
        try:
            raw = apply_overlays(raw, overlays)
        except OverlayError as error:
            raise DocumentError(str(error)) from None
    if not str(raw.get("openapi", "")).startswith("3.1."):
        raise DocumentError(f"openapi: '{raw.get('openapi')}' is not supported, 3.1 is")
    if found := contradiction(raw, None if overlays else text):
        raise DocumentError(found)
    document = _document(raw)
    _check_rules(document, AUTHENTICATION if document.security else ())
    if RATE_LIMIT not in document.errors:
        raise DocumentError(f"x-errors lacks '{RATE_LIMIT}'")
    if not any("*" in error.kinds for error in document.errors.values()):
        raise DocumentError("x-errors: no error has the kind '*', for breaches that no other names")
    return document


@lru_cache(maxsize=1)
def control_document() -> Document:
    """The document of the control interface, ``control.yaml`` of this package."""
    raw = load_yaml(Path(__file__).parents[1].joinpath("control.yaml").read_text(encoding="utf-8"))
    document = _document(raw)
    _check_rules(document)
    return document


def _document(raw: dict[str, Any]) -> Document:
    errors, rules = _section(raw, "x-errors", dict[str, Error]), _section(raw, "x-rules", dict[str, Rule])
    placed = {name: _placed(raw, rule) for name, rule in rules.items()}
    failures = _section(raw, "x-failures", dict[str, str])
    return Document(raw, tuple(_operations(raw)), errors, placed, failures, tuple(_security(raw)))


_FIELD_IN_POINTER = re.compile(r"#/(?:.*/)?(?:properties|encoding)/([^/]+)")
_PARAMETER_IN_POINTER = re.compile(r"#/paths/([^/]+)/(\w+)/parameters/(\d+)")


def _placed(raw: dict[str, Any], rule: Rule) -> Rule:
    """The rule with the field or parameter that its place names, where a breach of it is of one."""
    if rule.field is not None or rule.kind is None:
        return rule
    if found := _FIELD_IN_POINTER.match(rule.at):
        return msgspec.structs.replace(rule, field=unescape(found[1]))
    if found := _PARAMETER_IN_POINTER.match(rule.at):
        try:
            parameter = raw["paths"][unescape(found[1])][found[2]]["parameters"][int(found[3])]
            return msgspec.structs.replace(rule, field=str(parameter["name"]))
        except (LookupError, TypeError):
            return rule  # an edit has removed what it speaks of
    return rule


def convert(node: Any, where: str, kind: type[T]) -> T:
    """``node`` as ``kind``, or ``DocumentError`` that names the place: ``where`` and what is below it."""
    try:
        return msgspec.convert(node, kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: {error}") from None


def _section(raw: dict[str, Any], key: str, kind: type[T]) -> T:
    if key not in raw:
        raise DocumentError(f"{key} is missing")
    return convert(raw[key], key, kind)


def _operations(raw: dict[str, Any]) -> Iterator[Operation]:
    """Every operation under the path of every server; one that a second path refers to, under that too."""
    paths = _section(raw, "paths", dict[str, dict[str, Any]])
    for prefix in _prefixes(raw):
        for path, item in paths.items():
            place = str(item.get("$ref", f"#/paths/{escape(path)}"))
            there = paths.get(unescape(place.removeprefix("#/paths/")))
            if there is None:
                raise DocumentError(f"{path}: '{place}' is no path of this document (#/paths/…)")
            for method, node in there.items():
                if method in METHODS:
                    operation_id = convert(node, f"{method} {path}", dict[str, Any]).get("operationId")
                    if operation_id is None:
                        raise DocumentError(f"{method} {path} has no operationId")
                    yield Operation(operation_id, method.upper(), prefix + path, node, f"{place}/{method}")


def _prefixes(raw: dict[str, Any]) -> list[str]:
    """The paths of the servers, without a slash at the end: what each path of the document begins with."""
    servers = convert(raw.get("servers") or [{"url": ""}], "servers", list[dict[str, Any]])
    paths = (re.sub(r"^[a-z]+://[^/]*", "", str(server.get("url", ""))).rstrip("/") for server in servers)
    return list(dict.fromkeys(paths))


def _security(raw: dict[str, Any]) -> Iterator[SecurityScheme]:
    schemes = raw.get("components", {}).get("securitySchemes", {})
    for requirement in convert(raw.get("security", []), "security", list[dict[str, Any]]):
        for name in requirement:
            scheme = convert(schemes.get(name, {}), f"components.securitySchemes.{name}", dict[str, Any])
            if (scheme.get("type"), str(scheme.get("scheme")).lower()) == ("http", "bearer"):
                yield SecurityScheme(b"authorization", is_bearer=True)
            elif (scheme.get("type"), scheme.get("in")) == ("apiKey", "header"):
                yield SecurityScheme(str(scheme.get("name")).lower().encode(), is_bearer=False)
            else:
                raise DocumentError(f"security: '{name}' is neither http bearer nor an apiKey in a header")


def _check_rules(document: Document, needed: Sequence[str] = ()) -> None:
    """Check that rules have their errors and messages only known words; ``needed`` are rules that must be there too."""
    for rule_id, rule in document.rules.items():
        if rule.error is not None and rule.error not in document.errors:
            raise DocumentError(f"x-rules.{rule_id}.error: x-errors has no '{rule.error}'")
        if rule.kind is not None and rule.error is None:
            raise DocumentError(f"x-rules.{rule_id}: a rule with a kind needs an error")
        if rule.message is not None:
            _check_words(f"x-rules.{rule_id}.message", rule.message)
    named = " ".join(NAMED_RULES.get(operation.id, "") for operation in document.operations).split()
    for rule_id in (*named, *needed):
        if rule_id not in document.rules or document.rules[rule_id].error is None:
            raise DocumentError(f"x-rules lacks '{rule_id}', or its error")
    for name, error in document.errors.items():
        _check_words(f"x-errors.{name}.message", error.message)
        _check_words(f"x-errors.{name}.param", error.param or "")


def _check_words(where: str, template: str) -> None:
    """Refuse a message that asks for a word nobody fills in, before a request meets it."""
    try:
        words = {word for _, word, _, _ in Formatter().parse(template) if word is not None}
    except ValueError as error:
        raise DocumentError(f"{where}: {error}") from None
    if unknown := sorted(words - WORDS):
        raise DocumentError(f"{where}: no word '{{{unknown[0]}}}', there are {', '.join(sorted(WORDS))}")
