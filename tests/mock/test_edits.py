"""With only the document edited, the mock follows."""

import copy
from typing import Any

import pytest
import yaml

from tests.mock.vocabulary import Edited, file, form, refused, text
from tests.pictures import fitting, picture


def schema(document: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"]["CreateVideo"]  # type: ignore[no-any-return]


def field(document: dict[str, Any], name: str) -> dict[str, Any]:
    return schema(document)["properties"][name]  # type: ignore[no-any-return]


def media(document: dict[str, Any]) -> dict[str, Any]:
    return document["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]  # type: ignore[no-any-return]


def test_seconds_of_16_added(edited: Edited) -> None:
    mock = edited(lambda document: field(document, "seconds")["enum"].append("16"))
    assert mock.create(seconds="16")["seconds"] == "16"
    message = "Invalid value: '10'. Supported values are: '4', '8', '12', and '16'."
    refused(mock.post(form(seconds="10")), 400, "invalid_value", "seconds", message)


def test_third_model_added(edited: Edited) -> None:
    mock = edited(lambda document: field(document, "model")["enum"].append("sora-3"))
    assert mock.create(model="sora-3")["model"] == "sora-3"
    refused(
        mock.post(form(model="sora-3", size="1792x1024", input_reference=fitting("1792x1024"))),
        400,
        "invalid_value",
        "size",
    )


def test_third_model_may_render_the_large_sizes_too(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        field(document, "model")["enum"].append("sora-3")
        schema(document)["allOf"][0]["anyOf"][1]["properties"]["model"]["enum"].append("sora-3")

    large = {"size": "1792x1024", "input_reference": fitting("1792x1024")}
    assert edited(edit).create(model="sora-3", **large)["size"] == "1792x1024"


def test_another_size_for_pro_alone(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        field(document, "size")["enum"].append("1080x1920")
        schema(document)["allOf"][0]["anyOf"][0]["properties"]["size"]["pattern"] = (
            "^(?!1024x1792$|1792x1024$|1080x1920$)"
        )

    mock = edited(edit)
    large = {"size": "1080x1920", "input_reference": picture(1080, 1920)}
    mock.create(model="sora-2-pro", **large)
    message = "Invalid value: '1080x1920'. Supported values with 'model' 'sora-2' are: '720x1280' and '1280x720'."
    refused(mock.post(form(**large)), 400, "invalid_value", "size", message)


def test_another_size_for_all(edited: Edited) -> None:
    mock = edited(lambda document: field(document, "size")["enum"].append("480x480"))
    assert mock.create(size="480x480", input_reference=picture(480, 480))["size"] == "480x480"


@pytest.mark.parametrize(
    ("name", "default", "fields"),
    [
        ("seconds", "12", {}),
        ("model", "sora-2-pro", {"size": "1792x1024", "input_reference": fitting("1792x1024")}),
        ("size", "1280x720", {"input_reference": picture(1280, 720)}),
    ],
)
def test_another_default(edited: Edited, name: str, default: str, fields: dict[str, Any]) -> None:
    mock = edited(lambda document: field(document, name).update(default=default))
    assert mock.create(**fields)[name] == default


def test_default_taken_away_makes_the_picture_unjudgeable_but_not_wrong(edited: Edited) -> None:
    mock = edited(lambda document: field(document, "size").pop("default"))
    assert mock.create(input_reference=picture(9, 9))["size"] is None


@pytest.mark.parametrize("name", ["model", "seconds", "size"])
def test_field_made_required(edited: Edited, name: str) -> None:
    mock = edited(lambda document: schema(document)["required"].append(name))
    message = f"Missing required parameter: '{name}'."
    refused(mock.post(form()), 400, "missing_required_parameter", name, message)
    mock.create(model="sora-2", seconds="4", size="720x1280")


def test_field_made_optional(edited: Edited) -> None:
    mock = edited(lambda document: schema(document)["required"].remove("input_reference"))
    mock.create(input_reference=None)
    refused(mock.post(form(input_reference=picture(9, 9))), 400, None, "input_reference")


def test_new_text_field_with_an_enum(edited: Edited) -> None:
    mock = edited(
        lambda document: schema(document)["properties"].update(style={"type": "string", "enum": ["anime", "film"]})
    )
    mock.create(style="film")
    mock.create()
    message = "Invalid value: 'noir'. Supported values are: 'anime' and 'film'."
    refused(mock.post(form(style="noir")), 400, "invalid_value", "style", message)
    refused(mock.post(form(style=file(b"film", name="style"))), 400, "invalid_type", "style")
    refused(mock.post([*form(), text("style", "film"), text("style", "film")]), 400, "repeated_parameter", "style")


def test_new_field_is_echoed_where_the_answer_says_so(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        schema(document)["properties"]["style"] = {"type": "string", "default": "film"}
        document["components"]["schemas"]["Video"]["properties"]["style"] = {
            "type": "string",
            "x-echo": "$request.body#/style",
        }

    mock = edited(edit)
    assert (mock.create()["style"], mock.create(style="noir")["style"]) == ("film", "noir")


@pytest.mark.parametrize(
    ("sent", "accepted"), [("3", True), ("0", False), ("1.5", False), ("x", False), ("true", False), ("9" * 400, False)]
)
def test_new_field_that_is_a_number(edited: Edited, sent: str, *, accepted: bool) -> None:
    node = {"type": "integer", "minimum": 1, "maximum": 9}
    mock = edited(lambda document: schema(document)["properties"].update(n=node))
    answer = mock.post(form(n=sent))
    assert answer.status_code == (200 if accepted else 400)
    assert accepted or answer.json()["error"]["param"] == "n"


def test_new_field_with_a_pattern(edited: Edited) -> None:
    mock = edited(
        lambda document: schema(document)["properties"].update(user={"type": "string", "pattern": "^u[0-9]+$"})
    )
    mock.create(user="u1")
    refused(mock.post(form(user="x1")), 400, "invalid_value", "user")


def test_another_message_for_an_error(edited: Edited) -> None:
    mock = edited(
        lambda document: document["x-errors"]["invalid_value"].update(message="No {field} like {value}; try {allowed}")
    )
    refused(mock.post(form(seconds="5")), 400, "invalid_value", "seconds", "No seconds like 5; try '4', '8', and '12'")


def test_another_message_for_one_rule(edited: Edited) -> None:
    mock = edited(
        lambda document: document["x-rules"]["seconds.enum"].update(message="{value} seconds is not our length.")
    )
    refused(mock.post(form(seconds="5")), 400, "invalid_value", "seconds", "5 seconds is not our length.")
    refused(
        mock.post(form(model="x")),
        400,
        "invalid_value",
        "model",
        "Invalid value: 'x'. Supported values are: 'sora-2' and 'sora-2-pro'.",
    )


def test_another_status_and_code_and_param(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["x-errors"]["wrong_dimensions"].update(status=422, code="mismatch", param=None)

    answer = edited(edit).post(form(input_reference=picture(9, 9)))
    refused(answer, 422, "mismatch", None)


def test_word_that_an_error_has_no_value_for_stays_as_it_is(edited: Edited) -> None:
    mock = edited(lambda document: document["x-errors"]["invalid_value"].update(message="{image} {{}} {field}"))
    refused(mock.post(form(seconds="5")), 400, "invalid_value", "seconds", "{image} {} seconds")


def test_another_size_limit(edited: Edited) -> None:
    mock = edited(lambda document: media(document)["x-limits"].update({"body-bytes": 1000}))
    refused(mock.post(form(prompt="x" * 1000)), 413, "request_too_large", None)


def test_accepted_file_types(edited: Edited) -> None:
    mock = edited(
        lambda document: media(document)["encoding"]["input_reference"].update(contentType="image/png, image/gif")
    )
    mock.create(input_reference=picture(file_format="gif"))
    message = "Invalid file 'input_reference': unsupported mimetype ('image/jpeg'). Supported file formats are 'image/png' and 'image/gif'."
    answer = mock.post(form(input_reference=picture(file_format="jpeg")))
    refused(answer, 400, "unsupported_file_mimetype", "input_reference", message)


def test_any_file_is_accepted_where_no_type_is_said(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        del media(document)["encoding"]
        del field(document, "input_reference")["x-dimensions-match"]

    edited(edit).create(input_reference=file(b"\0\1", "any.bin", "application/octet-stream"))


def test_unknown_fields_are_let_through_where_the_schema_allows_them(edited: Edited) -> None:
    edited(lambda document: schema(document).pop("additionalProperties")).create(width="1")


def test_condition_beside_the_fields(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        schema(document)["if"] = {"properties": {"seconds": {"const": "12"}}, "required": ["seconds"]}
        schema(document)["then"] = {"properties": {"model": {"const": "sora-2-pro"}}}

    mock = edited(edit)
    mock.create(seconds="12", model="sora-2-pro")
    message = "Invalid value: '12'. Supported values with 'model' 'sora-2' are: '4' and '8'."
    refused(mock.post(form(seconds="12")), 400, "invalid_value", "seconds", message)


def test_rule_that_only_the_whole_schema_tells(edited: Edited) -> None:
    mock = edited(lambda document: schema(document).update(maxProperties=4))
    refused(mock.post(form()), 400, "invalid_value", None)


def test_condition_without_a_deciding_field(edited: Edited) -> None:
    node = {"not": {"properties": {"seconds": {"const": "8"}}}}
    mock = edited(lambda document: schema(document)["allOf"].append(node))
    mock.create()
    refused(mock.post(form(seconds="8")), 400, "invalid_value", None)


def test_another_path(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        text = (
            yaml.safe_dump(document).replace("/v1/videos", "/api/v3/clips").replace("~1v1~1videos", "~1api~1v3~1clips")
        )
        document.clear()
        document.update(yaml.safe_load(text))

    mock = edited(edit)
    assert mock.send("GET", "/api/v3/clips/x").status_code == 404
    assert mock.send("POST", "/api/v3/clips").status_code == 415
    refused(mock.post(), 404, "unknown_url", None)


def test_schema_written_in_place_of_the_reference(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        media(document)["schema"] = copy.deepcopy(schema(document))

    refused(edited(edit).post(form(seconds="5")), 400, "invalid_value", "seconds")


def test_another_form_of_ids(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Video"]["properties"]["id"].update(
            {"x-template": "task_{random:hex8}", "pattern": "^task_[0-9a-f]{8}$"}
        )

    assert edited(edit).create()["id"].startswith("task_")


def test_answer_without_one_of_its_keys(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        for properties in (schemas["Video"]["properties"], schemas["QueuedVideo"]["allOf"][1]["properties"]):
            del properties["progress"]

    assert "progress" not in edited(edit).create()


def test_operation_that_the_mock_lacks_is_left_out(edited: Edited, caplog: pytest.LogCaptureFixture) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"]["/v1/videos"]["put"] = {"operationId": "replaceVideos"}

    mock = edited(edit)
    assert mock.send("PUT", "/v1/videos").status_code == 405
    assert "left out: PUT /v1/videos" in caplog.text


def test_lengths_that_are_no_number(edited: Edited) -> None:
    mock = edited(lambda document: field(document, "seconds")["enum"].append("auto"))
    video = mock.create(seconds="auto")
    mock.clock.advance(1)
    assert mock.poll(video)["status"] == "completed"


def test_path_may_have_more_than_operations(edited: Edited) -> None:
    edited(lambda document: document["paths"]["/v1/videos"].update(summary="Videos", parameters=[])).create()


def test_operations_beyond_the_source_may_be_taken_away(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["paths"] = {"/v1/videos": {"post": document["paths"]["/v1/videos"]["post"]}}

    mock = edited(edit)
    mock.create()
    assert mock.send("GET", "/v1/videos").headers["allow"] == "POST"


def test_rule_whose_place_was_edited_away_is_told_and_does_no_harm(
    edited: Edited, caplog: pytest.LogCaptureFixture
) -> None:
    edited(lambda document: field(document, "seconds").pop("enum")).create(seconds="5")
    assert "x-rules.seconds.enum stands nowhere any more" in caplog.text


def parameter(document: dict[str, Any], path: str, name: str) -> dict[str, Any]:
    """A parameter of the GET of a path."""
    found: dict[str, Any] = next(
        node for node in document["paths"][path]["get"]["parameters"] if node.get("name") == name
    )
    return found


def test_example_of_no_certain_status_is_no_answer_that_can_be_asked_for(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        media: dict[str, Any] = {"application/json": {"examples": {"teapot": {"value": {}}}}}
        document["paths"]["/v1/videos"]["get"]["responses"]["4XX"] = {"description": "x", "content": media}

    answer = edited(edit).send("GET", "/v1/videos", {"prefer": "example=teapot"})
    assert (answer.status_code, "teapot'" in answer.json()["error"]["message"]) == (400, True)
