"""What holds for every input that there is."""

from hypothesis import given
from hypothesis import strategies as st

from tests.mock.vocabulary import BOUNDARY, DOCUMENT, Mock, Part, envelope, file, form, multipart, text
from tests.pictures import fitting, picture

MOCK = Mock()
FIELDS = DOCUMENT["components"]["schemas"]["CreateVideo"]["properties"]
NAMES = st.sampled_from([*FIELDS, "width", ""]) | st.text(
    st.characters(exclude_characters='"\r\n', codec="utf-8"), max_size=9
)
VALUES = st.sampled_from([value for node in FIELDS.values() for value in node.get("enum", [])]) | st.text(max_size=20)
CONTENTS = st.sampled_from([picture(), picture(8, 8), picture()[:50], b""]) | st.binary(max_size=50)
FILENAMES = st.none() | st.sampled_from(["image.png", ""])
TYPES = st.none() | st.sampled_from(["image/png", "text/plain", "application/octet-stream"])
PARTS: st.SearchStrategy[Part] = st.builds(text, NAMES, VALUES) | st.builds(file, CONTENTS, FILENAMES, TYPES, NAMES)
MARKS = st.sampled_from(
    [b"--", b"\r\n", b"\n", b'"', b"\0", b"\xff", BOUNDARY.encode(), b"Content-Disposition: form-data; name="]
)


def answers_in_shape(body: bytes) -> None:
    """Expect a video or the envelope, and nothing else."""
    answer = MOCK.body(body)
    if answer.status_code == 200:
        assert answer.json()["object"] == "video"
    else:
        envelope(answer)


@given(st.lists(PARTS, max_size=8))
def test_any_parts_are_answered_in_shape(parts: list[Part]) -> None:
    answers_in_shape(multipart(parts))


@given(st.binary(max_size=300) | st.lists(MARKS | st.binary(max_size=9)).map(b"".join))
def test_any_bytes_are_answered_in_shape(body: bytes) -> None:
    answers_in_shape(body)


@given(
    st.lists(PARTS, max_size=5),
    st.lists(st.tuples(st.integers(0), st.integers(0, 20), MARKS | st.binary(max_size=9)), max_size=4),
)
def test_any_damaged_form_is_answered_in_shape(parts: list[Part], damages: list[tuple[int, int, bytes]]) -> None:
    body = multipart([*form(), *parts])
    for at, lost, inserted in damages:
        start = at % (len(body) + 1)
        body = body[:start] + inserted + body[start + lost :]
    answers_in_shape(body)


ANY = st.text(st.characters(codec="utf-8"), max_size=99)


@given(ANY, ANY, ANY)
def test_any_headers_are_answered_in_shape(content_type: str, authorization: str, length: str) -> None:
    headers = {"content-type": content_type, "authorization": authorization, "content-length": length}
    answer = MOCK.send("POST", "/v1/videos", {name: value.encode() for name, value in headers.items()}, content=b"x")
    envelope(answer)


SMALL = ["720x1280", "1280x720"]
LARGE = ["1024x1792", "1792x1024"]


@given(
    prompt=st.text(min_size=1, max_size=300),
    seconds=st.none() | st.sampled_from(["4", "8", "12"]),
    model_and_size=st.tuples(st.sampled_from([None, "sora-2", "sora-2-pro"]), st.sampled_from([None, *SMALL]))
    | st.tuples(st.just("sora-2-pro"), st.sampled_from(LARGE)),
    file_format=st.sampled_from(["png", "jpeg", "webp"]),
    filename=FILENAMES,
    declared=TYPES,
)
def test_any_form_that_the_schema_accepts_and_whose_picture_fits_is_accepted(
    prompt: str,
    seconds: str | None,
    model_and_size: tuple[str | None, str | None],
    file_format: str,
    filename: str | None,
    declared: str | None,
) -> None:
    model, size = model_and_size
    content = file(fitting(size or "720x1280", file_format), filename, declared)
    video = MOCK.create(prompt=prompt, seconds=seconds, model=model, size=size, input_reference=content)
    assert (video["seconds"], video["model"], video["size"]) == (seconds or "4", model or "sora-2", size or "720x1280")
