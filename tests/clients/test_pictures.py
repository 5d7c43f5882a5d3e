"""What is expected of odd pictures is what Pillow and a browser say of them."""

import pytest
from PIL import Image as PillowImage

from benchmarks.picture_corpus import Sample, by_pillow
from benchmarks.picture_corpus import chromium as started
from tests import odd_pictures
from tests.odd_pictures import OddPicture


@pytest.fixture(scope="module")
def sizes(chromium: str) -> dict[str, tuple[int, int] | None]:
    """What the browser decodes of each."""
    PillowImage.init()
    samples = [Sample(odd.name, odd.content) for odd in odd_pictures.odd_pictures()]
    with started(chromium) as browser:
        return dict(zip([sample.name for sample in samples], browser.sizes(samples), strict=True))


@pytest.mark.parametrize("odd", odd_pictures.odd_pictures(), ids=lambda odd: odd.name)
def test_decoders_say_of_an_odd_picture_what_is_expected_of_it(
    odd: OddPicture, sizes: dict[str, tuple[int, int] | None]
) -> None:
    pillow, browser = by_pillow(odd.content) is not None, sizes[odd.name] is not None
    if odd.expected in (odd_pictures.TAKEN, odd_pictures.PIXELS_GO_ON):
        assert (pillow, browser) == (True, True)
    elif odd.expected in (odd_pictures.BROKEN, odd_pictures.DAMAGED_PIXELS, odd_pictures.FURTHER_FRAMES):
        assert (pillow, browser) == (False, False)
    else:
        assert pillow != browser
