"""What the page shows of odd requests."""

import json
from pathlib import Path

import pytest

from mockserver.spec.document import default_path
from mockserver.ui.details import thumbnail
from tests.mock.test_page import detail
from tests.mock.vocabulary import Mock, file, form, text
from tests.pictures import picture


def test_unknown_video_is_not_found_whatever_is_asked_of_it(mock: Mock) -> None:
    answers = [
        mock.tell("GET", "jobs/video_1"),
        mock.tell("DELETE", "jobs/video_1"),
        mock.tell("GET", "jobs/video_1/content"),
    ]
    answers.append(mock.tell("POST", "jobs/video_1", json={"status": "failed"}))
    assert [answer.status_code for answer in answers] == [404] * 4


def test_unknown_request_has_no_file_and_is_not_sent_again(mock: Mock) -> None:
    assert [mock.tell("GET", "requests/1/files/x").status_code, mock.tell("POST", "requests/1/resend").status_code] == [
        404,
        404,
    ]


def test_picture_whose_pixels_are_damaged_is_not_shown(mock: Mock) -> None:
    whole = picture(720, 1280, "jpeg")
    mock.post([text("prompt", "x"), text("size", "1280x720"), file(whole.replace(whole[300:320], b"\xff\xda" * 10))])
    with pytest.raises(ValueError, match="too many scans"):
        thumbnail(b"\xff\xd8" + b"\xff\xda" * 200, (1, 1))
    with pytest.raises(ValueError, match="not the size"):
        thumbnail(picture(), (1, 1))
    monkey = mock.control.journal.files
    mock.post(form(size="1280x720"))
    number = mock.control.requests[-1]["id"]
    [(_, record)] = mock.control.journal.read(mock.control.journal.notes()[-1:])
    monkey.keep(record.request_id or b"", {"input_reference": [picture()[:100]]})
    answer = mock.tell("GET", f"requests/{number}/files/input_reference")
    assert "pixels are damaged" in answer.text


def test_transparent_picture_stays_transparent(mock: Mock) -> None:
    assert thumbnail(picture(40, 30, mode="RGBA"), (40, 30))[:4] == b"RIFF"


def test_headers_that_are_too_long_are_not_kept(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"x-long": "y" * 200_000})
    assert [name for name, _ in detail(mock)["headers"]] == ["x-mockserver-note"]


def test_token_beyond_ascii_is_blotted_out_too(mock: Mock) -> None:
    secret = "schlüssel-ÄÖÜ"
    mock.send("GET", f"/v1/videos/{secret}", {"authorization": f"Bearer {secret}".encode("latin-1")})
    assert secret not in json.dumps(detail(mock), ensure_ascii=False)


def test_request_that_a_scenario_refused_is_right_itself(mock: Mock) -> None:
    mock.ask("rate_limit_exceeded")
    mock.post()
    found = detail(mock)
    assert (found["why"]["rule"], found["why"]["says"]) == ("rate_limit_exceeded", "A scenario asked for this error.")
    assert found["right"]["changes"][0]["field"] == "scenario"


def test_unknown_video_leads_to_one_that_there_is(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.get("video_1")
    found = detail(mock)
    assert video in found["right"]["snippets"][0]["text"]
    assert found["right"]["changes"][0]["field"] == "video_id"


def test_content_that_is_not_there_yet_is_asked_for_later(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.send("GET", f"/v1/videos/{video}/content")
    assert detail(mock)["right"]["changes"] == [
        {"field": "video", "says": "is completed by then: ask for it again until it is"}
    ]


def test_remix_and_deletion_are_shown_as_code(mock: Mock) -> None:
    video = mock.create()["id"]
    mock.control.finish(video)
    mock.send("POST", f"/v1/videos/{video}/remix", json={"prompt": ""})
    curl, python, javascript = (one["text"] for one in detail(mock)["right"]["snippets"])
    assert "Content-Type: application/json" in curl
    assert "json={'prompt': 'The same lighthouse in a storm.'}" in python
    assert 'JSON.stringify({"prompt": "The same lighthouse in a storm."})' in javascript
    assert "json={'prompt': ''}" in detail(mock)["test"]
    mock.send("DELETE", f"/v1/videos/{video}")
    assert detail(mock)["right"]["snippets"][0]["text"].startswith("curl -X DELETE http://127.0.0.1:8000/v1/videos/")


def test_request_without_a_token_is_tested_without_one(mock: Mock) -> None:
    mock.send("GET", "/v1/videos", {"authorization": None})
    assert "Authorization" not in detail(mock)["test"]


def test_query_that_is_no_number_is_made_right(mock: Mock) -> None:
    mock.send("GET", "/v1/videos?limit=ten")
    found = detail(mock)
    assert (found["why"]["sent"], found["why"]["allowed"]) == ("ten", ["integer"])
    assert "limit=20" in found["right"]["snippets"][0]["text"]


def test_form_with_more_faults_than_are_mended_has_no_right_one_near(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.ui.nearest.MOST_CHANGES", 1)
    mock.post(form(seconds="10", model="x"))
    assert detail(mock)["right"] is None


def test_condition_that_no_other_value_fulfils_is_met_by_the_field_itself(tmp_path: Path) -> None:
    document = tmp_path / "openapi.yaml"
    original = default_path().read_text("utf-8")
    document.write_text(
        original.replace("properties: {model: {enum: [sora-2-pro]}}", "properties: {model: {enum: [none-such]}}"),
        "utf-8",
    )
    mock = Mock(document=document)
    mock.post(form(size="1792x1024", input_reference=picture(1792, 1024)))
    assert detail(mock)["right"]["changes"][0]["field"] == "size"


def test_file_and_text_of_one_name_are_both_shown(mock: Mock) -> None:
    mock.post([*form(), text("input_reference", "x")])
    one, other = detail(mock)["fields"]["input_reference"]
    assert (one["kept"], other["kept"]) == (True, True)


def test_file_without_a_name_or_a_type_is_sent_again_as_it_was(mock: Mock) -> None:
    mock.post([text("prompt", "x"), file(picture(), None, "application/octet-stream")])
    mock.post([text("prompt", "x"), file(picture(), "a.png", None)])
    for number in (1, 2):
        assert mock.tell("POST", f"requests/{number}/resend").json()["status"] == 200
    fields = [request["fields"]["input_reference"] for request in mock.control.requests]
    assert fields[:2] == fields[2:]


def test_get_is_sent_again_though_a_scenario_closes_the_connection(mock: Mock) -> None:
    mock.send("GET", "/v1/videos")
    mock.ask("drop")
    assert mock.tell("POST", "requests/1/resend").json()["status"] is None
