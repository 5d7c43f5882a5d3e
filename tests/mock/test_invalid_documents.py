"""Documents that cannot be served: one line says why."""

import pytest

from mockserver.spec.document import DocumentError
from tests.mock.test_edits import field, media, parameter, schema
from tests.mock.vocabulary import Edit, Edited, Mock

INVALID: dict[str, tuple[Edit, str]] = {
    "version": (lambda d: d.update(openapi="3.0.3"), "openapi: '3.0.3' is not supported, 3.1 is"),
    "no paths": (lambda d: d.pop("paths"), "paths is missing"),
    "paths of another type": (lambda d: d.update(paths=[]), "paths: Expected `object`, got `array`"),
    "operation of another type": (lambda d: d["paths"]["/v1/videos"].update(post=3), "post /v1/videos: Expected `object`, got `int`"),
    "no operation id": (lambda d: d["paths"]["/v1/videos"]["post"].pop("operationId"), "post /v1/videos has no operationId"),
    "no create": (lambda d: d["paths"]["/v1/videos"]["post"].update(operationId="make"), "no operation has the operationId 'createVideo'"),
    "no errors": (lambda d: d.pop("x-errors"), "x-errors is missing"),
    "status of another type": (lambda d: d["x-errors"]["too_long"].update(status="400"), "x-errors: Expected `int`, got `str` - at `$[...].status`"),
    "misspelt key of an error": (lambda d: d["x-errors"]["too_long"].update(massage="x"), "x-errors: Object contains unknown field `massage`"),
    "unknown word": (lambda d: d["x-errors"]["too_long"].update(message="{size}"), "x-errors.too_long.message: no word '{size}', there are allowed, count,"),
    "unknown word of a rule": (lambda d: d["x-rules"]["model.enum"].update(message="{size}"), "x-rules.model.enum.message: no word '{size}'"),
    "open brace": (lambda d: d["x-errors"]["too_long"].update(message="{"), "x-errors.too_long.message: "),
    "no error for the rest": (lambda d: d["x-errors"]["breaks_schema"].pop("kinds"), "x-errors: no error has the kind '*'"),
    "unknown error": (lambda d: d["x-rules"]["model.enum"].update(error="nope"), "x-rules.model.enum.error: x-errors has no 'nope'"),
    "unknown source": (lambda d: d["x-rules"]["model.enum"].update(source="hearsay"), "x-rules: Invalid enum value 'hearsay'"),
    "named rule missing": (lambda d: d["x-rules"].pop("auth.key"), "x-rules lacks 'auth.key', or its error"),
    "kind without an error": (lambda d: d["x-rules"]["model.enum"].pop("error"), "x-rules.model.enum: a rule with a kind needs an error"),
    "no limits": (lambda d: media(d).pop("x-limits"), "x-limits: Expected `object`, got `null`"),
    "limit of nothing": (lambda d: media(d)["x-limits"].update(parts=0), "x-limits: Expected `int` >= 1 - at `$.parts`"),
    "two media types": (lambda d: d["paths"]["/v1/videos"]["post"]["requestBody"]["content"].update({"a/b": {}}), "createVideo: the media types of requestBody are multipart/form-data, a/b; supported: "),
    "no body": (lambda d: d["paths"]["/v1/videos"]["post"].pop("requestBody"), "createVideo: requestBody.content: Expected `object`, got `null`"),
    "no properties": (lambda d: schema(d).update(properties=7), "properties"),
    "type of a field": (lambda d: field(d, "model").update(type="text"), '#/components/schemas/CreateVideo: "text" is not valid'),
    "enum of a field": (lambda d: field(d, "model").update(enum="sora-2"), '#/components/schemas/CreateVideo: "sora-2" is not of type "array"'),
    "pattern of a field": (lambda d: field(d, "model").update(pattern="("), '#/components/schemas/CreateVideo: "(" is not a "regex"'),
    "unreadable file type": (lambda d: media(d)["encoding"]["input_reference"].update(contentType="image/heic"), "encoding of input_reference: 'image/heic' cannot be judged by its bytes; image/png, image/jpeg, image/webp, image/gif can"),
    "dimensions of a field that is not there": (lambda d: field(d, "input_reference").update({"x-dimensions-match": "format"}), "input_reference: x-dimensions-match needs a field 'format'"),
    "reference to nowhere": (lambda d: media(d).update(schema={"$ref": "#/components/schemas/None"}), "'#/components/schemas/None' leads nowhere"),
    "reference to another file": (
        lambda d: media(d).update(schema={"$ref": "other.yaml#/Create"}),
        "'other.yaml#/Create' does not point into the document (#/…)",
    ),
    "reference to itself": (lambda d: d["components"]["schemas"].update(Video={"$ref": "#/components/schemas/Video"}), "leads back to itself"),
    "no answer": (lambda d: d["paths"]["/v1/videos"]["post"]["responses"]["200"].update(content={}), "createVideo: responses.200 has no JSON schema, 'application/json' is missing"),
    "error of a scenario missing": (lambda d: d["x-errors"].pop("rate_limit_exceeded"), "x-errors lacks 'rate_limit_exceeded'"),
    "variant that cannot be made": (lambda d: parameter(d, "/v1/videos/{video_id}/content", "variant")["schema"]["enum"].append("poster"), "downloadContent: the variant 'poster' cannot be made; video, thumbnail, spritesheet can"),
    "no default of a parameter": (lambda d: parameter(d, "/v1/videos", "limit")["schema"].pop("default"), "listVideos: the parameter 'limit' is missing, or its default"),
    "no parameter": (lambda d: d["paths"]["/v1/videos"]["get"].pop("parameters"), "listVideos: the parameter 'limit' is missing, or its default"),
    "echo of no field": (lambda d: d["components"]["schemas"]["Video"]["properties"]["model"].update({"x-echo": "model"}), "x-echo of model: 'model' names no request field"),
    "template of ids": (lambda d: d["components"]["schemas"]["Video"]["properties"]["id"].update({"x-template": "{now}"}), "x-template of id: '{now}' makes no ids"),
    "no template of ids": (lambda d: d["components"]["schemas"]["Video"]["properties"]["id"].pop("x-template"), "x-template of id: '' makes no ids"),
}  # fmt: skip


@pytest.mark.parametrize("name", INVALID)
def test_document_that_cannot_be_used_is_refused_in_one_line(edited: Edited, name: str) -> None:
    edit, message = INVALID[name]
    with pytest.raises(DocumentError) as raised:
        edited(edit)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an OpenAPI document: the top level is no mapping"),
        ("- a", "not an OpenAPI document: the top level is no mapping"),
        ("a: ]", "not valid YAML: line 1, column 4"),
        ("a: 1\nb: 2\na: 3", "not valid YAML: line 3, column 1: the key 'a' stands there twice"),
        ("a: \0", "not valid YAML: "),
        ("!!python/object:os.system {}", "not valid YAML: line 1, column 1: could not determine a constructor"),
        ("? [a]\n: 1", "not valid YAML: "),
        ("a: 2020-99-99", "not valid YAML: "),
    ],
)
def test_file_that_is_no_document_is_refused_in_one_line(edited: Edited, text: str, message: str) -> None:
    with pytest.raises(DocumentError) as raised:
        edited.text(text)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_file_that_is_no_text_is_refused(edited: Edited) -> None:
    edited.path.write_bytes(b"\xff")
    with pytest.raises(DocumentError, match="not UTF-8: invalid start byte at byte 0"):
        Mock(document=edited.path)


def test_file_that_is_not_there_is_refused(edited: Edited) -> None:
    with pytest.raises(DocumentError, match="No such file or directory"):
        Mock(document=edited.path)
