"""`mockserver example`: pictures for the commands of the documentation."""

from io import BytesIO, StringIO
from pathlib import Path

import pytest
from PIL import Image

from mockserver.cli import main
from tests.mock.test_cli import served, url
from tests.mock.vocabulary import DOCUMENT

SIZES = DOCUMENT["components"]["schemas"]["CreateVideo"]["properties"]["size"]["enum"]


def written(folder: Path, *words: str) -> dict[str, str]:
    """The name and the size of each picture, as it is told."""
    stdout = StringIO()
    assert main(["example", str(folder), *words], {}, stdout, StringIO()) == 0
    rows = [line.split() for line in stdout.getvalue().splitlines()]
    return {Path(path).name: size for path, size in rows}


def test_there_is_a_picture_of_each_size_and_one_that_fits_none(tmp_path: Path) -> None:
    told = written(tmp_path / "new")
    assert set(told) == {"image.png", "does-not-fit.png", *(f"image-{size}.png" for size in SIZES)}
    assert told["does-not-fit.png"] not in SIZES
    for name, size in told.items():
        with Image.open(tmp_path / "new" / name) as image:
            assert "x".join(map(str, image.size)) == size


def test_a_picture_shows_something(tmp_path: Path) -> None:
    written(tmp_path)
    colours = Image.open(BytesIO((tmp_path / "image.png").read_bytes())).getcolors(10**6)
    assert colours is not None and len(colours) > 100


def test_a_document_without_sizes_has_a_picture_too(tmp_path: Path) -> None:
    assert "image.png" in written(tmp_path, "--dialect", "sglang")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stderr = StringIO()
    assert main(["example", str(tmp_path / "file")], {}, StringIO(), stderr) == 2
    assert stderr.getvalue() == f"mockserver example: {tmp_path / 'file'}: File exists\n"


@pytest.mark.parametrize(("name", "status"), [("image.png", 200), ("does-not-fit.png", 400)])
def test_a_picture_does_what_its_name_says(name: str, status: int, tmp_path: Path) -> None:
    import httpx  # noqa: PLC0415

    written(tmp_path)
    with served() as (_, told), (tmp_path / name).open("rb") as picture:
        files = {"input_reference": picture}
        answer = httpx.post(
            f"{url(told)}/v1/videos", data={"prompt": "x"}, files=files, headers={"authorization": "Bearer x"}
        )
    assert answer.status_code == status
