"""openapi.yaml itself: valid, complete, and word for word what the mock answers."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import openapi_spec_validator
import pytest

from contract_tests.spec.document import Document as KitDocument
from mockserver.spec.document import default_path, read_document
from mockserver.spec.yaml_loader import load_yaml
from tests.mock.vocabulary import CONTROL_DOCUMENT, DOCUMENT, Mock, file, form, multipart, text
from tests.pictures import fitting, picture

RULES = DOCUMENT["x-rules"]
SCHEMAS = DOCUMENT["components"]["schemas"]
REPO_DOCUMENT = read_document(default_path())

PARAMETERS = "Request Parameters"
FIELDS = "Response Fields"
EXAMPLE = "Success Response Example (200)"

STATEMENTS: list[tuple[str, str, Any]] = [
    # where the source document says it · the rule · what has to stand at the rule's place, or within it
    ("Overview / Method", "method", "createVideo"),
    ("Overview / Path", "path", "post"),
    ("Overview / Content-Type", "media-type", "schema"),
    ("Authentication / Header", "auth.required", "http"),
    ("Authentication / Header", "auth.scheme", "bearer"),
    (f"{PARAMETERS} / prompt / Type", "prompt.type", "string"),
    (f"{PARAMETERS} / prompt / Required", "prompt.required", "prompt"),
    (f"{PARAMETERS} / input_reference / Type", "input_reference.type", "application/octet-stream"),
    (f"{PARAMETERS} / input_reference / Required", "input_reference.required", "input_reference"),
    (f"{PARAMETERS} / input_reference / Description", "input_reference.is-image", "image/png"),
    (f"{PARAMETERS} / input_reference / Description", "input_reference.matches-size", "size"),
    (f"{PARAMETERS} / model / Type", "model.type", "string"),
    (f"{PARAMETERS} / model / Required", "model.optional", "default"),
    (f"{PARAMETERS} / model / Description", "model.enum", "sora-2"),
    (f"{PARAMETERS} / model / Description", "model.enum", "sora-2-pro"),
    (f"{PARAMETERS} / model / Description", "model.default", "sora-2"),
    (f"{PARAMETERS} / seconds / Type", "seconds.type", "string"),
    (f"{PARAMETERS} / seconds / Required", "seconds.optional", "default"),
    (f"{PARAMETERS} / seconds / Description", "seconds.enum", "4"),
    (f"{PARAMETERS} / seconds / Description", "seconds.enum", "8"),
    (f"{PARAMETERS} / seconds / Description", "seconds.enum", "12"),
    (f"{PARAMETERS} / seconds / Description", "seconds.default", "4"),
    (f"{PARAMETERS} / size / Type", "size.type", "string"),
    (f"{PARAMETERS} / size / Required", "size.optional", "default"),
    (f"{PARAMETERS} / size / Description", "size.enum", "720x1280"),
    (f"{PARAMETERS} / size / Description", "size.enum", "1280x720"),
    (f"{PARAMETERS} / size / Description", "size.enum", "1024x1792"),
    (f"{PARAMETERS} / size / Description", "size.enum", "1792x1024"),
    (f"{PARAMETERS} / size / Description", "size.needs-pro", "1024x1792"),
    (f"{PARAMETERS} / size / Description", "size.needs-pro", "1792x1024"),
    (f"{PARAMETERS} / size / Description", "size.needs-pro", "sora-2-pro"),
    (EXAMPLE, "response.status-code", "content"),
    (EXAMPLE, "response.media-type", "schema"),
    *[
        (EXAMPLE, "response.keys", key)
        for key in (
            "id object created_at status completed_at error expires_at model progress "
            "remixed_from_video_id seconds size"
        ).split()
    ],
    (f"{FIELDS} / id", "response.id", "string"),
    (f"{FIELDS} / id", "response.id.unique", "string"),
    (f"{FIELDS} / object", "response.object", "video"),
    (f"{FIELDS} / created_at", "response.created_at", "integer"),
    (f"{FIELDS} / created_at", "response.created_at.now", "integer"),
    (f"{FIELDS} / status", "response.status", "string"),
    (f"{FIELDS} / completed_at", "response.completed_at", "null"),
    (f"{FIELDS} / error", "response.error", "null"),
    (f"{FIELDS} / expires_at", "response.expires_at", "null"),
    (f"{FIELDS} / model", "response.model", "string"),
    (f"{FIELDS} / model", "response.model.echo", "model"),
    (f"{FIELDS} / progress", "response.progress", "integer"),
    (f"{FIELDS} / remixed_from_video_id", "response.remixed_from_video_id", "null"),
    (f"{FIELDS} / seconds", "response.seconds", "string"),
    (f"{FIELDS} / seconds", "response.seconds.echo", "seconds"),
    (f"{FIELDS} / size", "response.size", "string"),
    (f"{FIELDS} / size", "response.size.echo", "size"),
]
"""Every statement of the source document: method, path, media type, header, each row and value of its two tables,
each field of its example."""


def words(node: Any) -> Iterator[str]:
    """Every key and every scalar within ``node``."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from words(value)
    elif isinstance(node, list):
        for value in node:
            yield from words(value)
    else:
        yield from re.split(r"[\s,]+|[$^(?!|)]+", str(node).removeprefix("$request.body#/"))
        yield str(node)


def test_document_is_valid_openapi() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def test_control_interface_is_valid_openapi_too() -> None:
    openapi_spec_validator.validate(CONTROL_DOCUMENT)


@pytest.mark.parametrize(("said", "rule", "value"), STATEMENTS)
def test_every_statement_of_the_source_has_its_rule(said: str, rule: str, value: str) -> None:
    assert (RULES[rule]["source"], RULES[rule]["from"]) == ("document", said)
    assert value in words(REPO_DOCUMENT.at(RULES[rule]["at"]))


def test_every_rule_of_the_source_is_one_of_its_statements() -> None:
    rules = {rule_id for rule_id, rule in RULES.items() if rule["source"] == "document"}
    assert rules == {rule for _, rule, _ in STATEMENTS}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_stands_somewhere(rule: str) -> None:
    assert REPO_DOCUMENT.at(RULES[rule]["at"]) is not None


def test_every_error_is_earned_by_a_rule_or_a_kind() -> None:
    earned = {rule.get("error") for rule in RULES.values()}
    assert [name for name, error in DOCUMENT["x-errors"].items() if name not in earned and "kinds" not in error] == []


def test_every_extension_keyword_is_described() -> None:
    used = {word for word in words(DOCUMENT) if word.startswith("x-") and word not in DOCUMENT["components"]["headers"]}
    described = {
        line.split("`")[1] for line in DOCUMENT["info"]["description"].splitlines() if line.startswith("| `x-")
    }
    assert used - described == {"x-request-id"}
    assert described - used == ONLY_IN_DIALECTS


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Every example in the document, with its schema."""
    for name, schema in SCHEMAS.items():
        for field, node in schema.get("properties", {}).items():
            for value in (*node.get("examples", ()), *([node["default"]] if "default" in node else ())):
                yield f"{name}.{field}", value, node
    bodies = [(name, response) for name, response in DOCUMENT["components"]["responses"].items()]
    for path in DOCUMENT["paths"].values():
        bodies += [(node["operationId"], node["responses"]["200"]) for node in path.values()]
    for name, response in bodies:
        media = response["content"].get("application/json", {})
        for example, node in media.get("examples", {}).items():
            yield f"{name}.{example}", REPO_DOCUMENT.resolve(node)["value"], media["schema"]


@pytest.mark.parametrize(
    ("value", "schema"), [(value, schema) for _, value, schema in examples()], ids=[name for name, _, _ in examples()]
)
def test_every_example_fits_its_own_schema(value: Any, schema: Any) -> None:
    jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def test_example_of_the_answer_is_that_of_the_source() -> None:
    assert DOCUMENT["components"]["examples"]["QueuedVideo"]["value"] == {
        "id": "video_68f082321ed08193a4eaf01376fa10bc0284bd663de64dc5",
        "object": "video",
        "created_at": 1760592434,
        "status": "queued",
        "completed_at": None,
        "error": None,
        "expires_at": None,
        "model": "sora-2",
        "progress": 0,
        "remixed_from_video_id": None,
        "seconds": "4",
        "size": "720x1280",
    }


class Call(NamedTuple):
    """A call below /v1/videos, in which RUNNING and DONE stand for the ids of videos that are so."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it

    def made(self, mock: Mock) -> Any:
        done = mock.create()["id"]
        mock.clock.advance(100)
        path = self.path.replace("DONE", done).replace("RUNNING", mock.create()["id"])
        headers = {"content-type": "application/json", **self.headers}
        return mock.send(self.method, f"/v1/videos{path}", headers, content=self.body)


def without_ids(answer: Any) -> str:
    return re.sub(r"'video_\w+'", "'video_123'", json.dumps(answer))


BROKEN: dict[str, Any] = {
    "seconds.enum": form(seconds="10"),
    "body.complete": multipart(form())[:100],
    "prompt.required": form(prompt=None),
    "prompt.type": form(prompt=file(b"x", name="prompt")),
    "prompt.min-length": form(prompt=""),
    "prompt.max-length": form(prompt="x" * 32001),
    "input_reference.required": form(input_reference=None),
    "input_reference.type": form(input_reference=text("input_reference", "x")),
    "input_reference.is-image": form(input_reference=b"text"),
    "input_reference.intact": form(input_reference=picture()[:100]),
    "input_reference.matches-size": form(input_reference=picture(1280, 720)),
    "model.enum": form(model="sora-1-turbo"),
    "size.enum": form(size="1080x1080"),
    "size.needs-pro": form(size="1792x1024", input_reference=fitting("1792x1024")),
    "fields.repeated": [*form(), text("seconds", "4"), text("seconds", "4")],
    "fields.text-encoding": form(prompt=text("prompt", b"abc\xff")),
    "fields.unknown": form(width="1"),
    "auth.key": {"authorization": "Bearer wrong-token"},
    "auth.required": {"authorization": None},
    "auth.scheme": {"authorization": "Basic x"},
    "body.limit": {"content-length": "20971521"},
    "media-type": {"content-type": "application/json"},
    "body.coding": {"content-encoding": "gzip"},
    "retrieve.not-found": Call("GET", "/video_123"),
    "list.limit.type": Call("GET", "?limit=ten"),
    "list.limit.maximum": Call("GET", "?limit=101"),
    "list.after": Call("GET", "?after=video_123"),
    "delete.finished": Call("DELETE", "/RUNNING"),
    "content.ready": Call("GET", "/RUNNING/content"),
    "content.variant": Call("GET", "/DONE/content?variant=gif"),
    "content.range": Call("GET", "/DONE/content?variant=thumbnail", headers={"range": "bytes=99999999-"}),
    "remix.completed": Call("POST", "/RUNNING/remix", b'{"prompt": "x"}'),
    "json.well-formed": Call("POST", "/DONE/remix", b"["),
}
"""How each rule that has an example of its error is broken: a form, a body, a header, a call of another operation."""

ELSEWHERE = {"body.timeout", "http.head-limit", "http.url-limit"}
"""What takes time or a socket to break; ``tests/mock/test_slow.py`` and ``test_http.py`` hold it to its example."""

ERRORS = {
    rule: example["value"]
    for response in DOCUMENT["components"]["responses"].values()
    for rule, example in response["content"]["application/json"].get("examples", {}).items()
}


def test_every_example_of_an_error_is_tried() -> None:
    assert BROKEN.keys() | ELSEWHERE == ERRORS.keys() <= RULES.keys()


@pytest.mark.parametrize("rule", BROKEN)
def test_every_example_of_an_error_is_what_the_mock_answers(mock: Mock, rule: str) -> None:
    how = BROKEN[rule]
    if isinstance(how, Call):
        answer = how.made(mock)
    elif isinstance(how, bytes):
        answer = mock.body(how)
    elif isinstance(how, dict):
        answer = mock.body(multipart(form()), **{"content-type": "multipart/form-data; boundary=x", **how})
    else:
        answer = mock.post(how)
    assert without_ids(answer.json()) == without_ids(ERRORS[rule])
    assert answer.status_code == DOCUMENT["x-errors"][RULES[rule]["error"]]["status"]


EXTENSIONS = json.loads(Path(__file__).parents[1].joinpath("openapi.extensions.schema.json").read_text("utf-8"))


ONLY_IN_DIALECTS = {"x-after", "x-error"}
"""The keywords that the document explains for its overlays, and uses nowhere itself."""


def extension_keywords(node: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every extension keyword below the top level, except for headers of that name."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if depth and isinstance(key, str) and key.startswith("x-") and key in EXTENSIONS["$defs"]:
            yield key, value
        yield from extension_keywords(value, depth + 1)


@pytest.mark.parametrize("document", [DOCUMENT, CONTROL_DOCUMENT], ids=["openapi.yaml", "control.yaml"])
def test_extension_keywords_are_as_their_schema_describes_them(document: Any) -> None:
    jsonschema_rs.Draft202012Validator(EXTENSIONS).validate(document)
    for key, value in extension_keywords(document):
        jsonschema_rs.Draft202012Validator({**EXTENSIONS["$defs"][key], "$defs": EXTENSIONS["$defs"]}).validate(value)


def test_every_extension_keyword_in_use_is_described() -> None:
    text = Path(__file__).parents[1].joinpath("openapi.yaml").read_text("utf-8")
    used = set(re.findall(r"^ *(x-[a-z-]+):", text, re.MULTILINE)) - {"x-request-id"}
    assert used | ONLY_IN_DIALECTS == EXTENSIONS["properties"].keys() | {
        key for key in EXTENSIONS["$defs"] if key.startswith("x-")
    }


@pytest.mark.parametrize("read", [load_yaml, lambda text: KitDocument.parse(text.encode(), Path("x.yaml"))])
def test_key_that_a_comma_made_is_refused_by_both_readers(read: Callable[[str], Any]) -> None:
    with pytest.raises(Exception, match=r"'for programs\.' has no value"):
        read("openapi: 3.1.0\nx: {description: The kind of the error, for programs.}")
