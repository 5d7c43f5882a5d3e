"""Mistakes of an upload that the official service refuses: forgiven with a warning by default, refused on demand."""

import pytest

from tests.mock.vocabulary import Mock, Part, file, form, refused
from tests.pictures import picture

NO_NAME = "Invalid type for 'input_reference': expected a file, but got a string instead."
TYPE = (
    "Invalid file 'input_reference': unsupported mimetype ('{}'). "
    "Supported file formats are 'image/png', 'image/jpeg', and 'image/webp'."
)
UNNAMED = form(input_reference=file(picture(), filename=None))


def declared(content_type: str | None) -> list[Part]:
    return form(input_reference=file(picture(), content_type=content_type))


@pytest.fixture
def strict() -> Mock:
    return Mock(strict_uploads=True)


def test_strict_mock_refuses_a_file_without_a_name(strict: Mock) -> None:
    refused(strict.post(UNNAMED), 400, "invalid_type", "input_reference", NO_NAME)


@pytest.mark.parametrize("content_type", ["application/octet-stream", "video/mp4", "image/gif"])
def test_strict_mock_refuses_a_picture_declared_as_something_else(strict: Mock, content_type: str) -> None:
    message = TYPE.format(content_type)
    refused(strict.post(declared(content_type)), 400, "unsupported_file_mimetype", "input_reference", message)


@pytest.mark.parametrize("content_type", ["image/png", "IMAGE/PNG", "image/jpeg", "image/png; x=y", None])
def test_strict_mock_accepts_a_type_that_the_field_takes(strict: Mock, content_type: str | None) -> None:
    assert strict.post(declared(content_type)).status_code == 200


def test_strict_mock_names_a_broken_rule_first(strict: Mock) -> None:
    refused(strict.post(form(seconds="5", input_reference=UNNAMED[1])), 400, "invalid_value", "seconds")


def test_scenario_in_a_header_or_prompt_refuses(mock: Mock) -> None:
    refused(mock.post(UNNAMED, prefer="example=strict_uploads"), 400, "invalid_type", "input_reference")
    prompt = form(prompt="A fox. [mock: strict_uploads]", input_reference=UNNAMED[1])
    refused(mock.post(prompt), 400, "invalid_type", "input_reference")


def test_forgiven_mistake_is_logged_once_a_kind(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        assert mock.post(UNNAMED).status_code == 200
        assert mock.post(declared("video/mp4")).status_code == 200
    told = [record.getMessage() for record in caplog.records if "--strict-uploads" in record.getMessage()]
    assert len(told) == 2
    assert NO_NAME in told[0]
    assert TYPE.format("video/mp4") in told[1]


def test_refused_file_without_a_name_is_explained_on_the_page(strict: Mock) -> None:
    strict.post(UNNAMED)
    [request] = strict.control.requests
    explained = strict.tell("GET", f"requests/{request['id']}").json()
    assert explained["why"]["field"] == "input_reference"
