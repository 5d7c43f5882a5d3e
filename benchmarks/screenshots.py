"""``python -m benchmarks.screenshots``: the pictures of ``docs/images``, of the page and of a report, made anew."""

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, sync_playwright

from contract_tests.cli import main as contract_tests
from mockserver.jobs.pace import parse_pace
from mockserver.settings import Settings
from mockserver.spec.document import default_path
from mockserver.testing import VideosMock

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
COLOURS = 256
"""Of a picture: enough for a page, and a third of the bytes."""

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()

SCENES = (
    (
        "A lighthouse at dusk; the lamp comes on and gulls lift off the rocks.",
        "720x1280",
        (38, 48, 107),
        (246, 197, 140),
    ),
    ("Fog rolls over a pine forest, slow pan to the right.", "1280x720", (70, 96, 110), (214, 222, 216)),
    ("Steam rises from a cup of tea by the window.", "720x1280", (90, 52, 44), (240, 200, 160)),
    ("Waves break on black sand, seen from above.", "1280x720", (18, 70, 92), (150, 214, 210)),
)


def scene(size: str, top: tuple[int, int, int], low: tuple[int, int, int]) -> bytes:
    """A picture of WIDTHxHEIGHT: a sun between a sky and hills."""
    width, height = map(int, size.split("x"))
    ramp = Image.linear_gradient("L").resize((width, height))
    sky = Image.composite(Image.new("RGB", (width, height), low), Image.new("RGB", (width, height), top), ramp)
    pen = ImageDraw.Draw(sky)
    radius, middle = min(width, height) // 9, (int(width * 0.62), int(height * 0.5))
    pen.ellipse([middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius], fill=(255, 243, 214))
    sky = sky.filter(ImageFilter.GaussianBlur(3))
    pen = ImageDraw.Draw(sky)
    for step, share in enumerate((0.62, 0.72, 0.84)):
        points = [
            (x, height * share + height * 0.05 * ((x / width * (3 + step) * 2) % 2 - 1) ** 2)
            for x in range(0, width + 9, 8)
        ]
        shade = tuple(channel * (3 - step) // 5 for channel in top)
        pen.polygon([(0, height), *points, (width, height)], fill=shade)
    buffer = BytesIO()
    sky.save(buffer, "PNG")
    return buffer.getvalue()


def fill(mock: VideosMock) -> list[str]:
    """Send what clients send; the ids of the videos that came of it."""
    client = httpx.Client(base_url=mock.url, headers={"authorization": "Bearer sk-demo-0123456789abcdef"})

    def post(prompt: str, picture: bytes, name: str = "reference.png", **fields: str) -> dict[str, Any]:
        files = {"input_reference": (name, picture, "image/png")}
        return dict(client.post("/v1/videos", data={"prompt": prompt, **fields}, files=files).json())

    pictures = [scene(size, top, low) for _, size, top, low in SCENES]
    client.get("/v1/videos", headers={"authorization": "sk-demo-0123456789abcdef"})
    post(SCENES[0][0], pictures[0], seconds="10")
    post(SCENES[0][0], b"not a picture", name="notes.txt")
    post(SCENES[1][0], pictures[1], size="1792x1024")
    client.post("/v1/videos", json={"prompt": SCENES[0][0]})
    ids = [
        str(post(prompt, picture, size=size)["id"])
        for (prompt, size, _, _), picture in zip(SCENES, pictures, strict=True)
    ]
    mock.advance(5)
    for video in ids:
        client.get(f"/v1/videos/{video}")
    mock.finish(ids[0])
    mock.finish(ids[1])
    remix = client.post(f"/v1/videos/{ids[0]}/remix", json={"prompt": "The same lighthouse in a storm."}).json()["id"]
    mock.finish(remix)
    mock.fail(ids[2])
    client.get(f"/v1/videos/{ids[0]}/content")
    post("At night, the lamp turning slowly.", pictures[0], size="720x1280")
    post(SCENES[1][0], pictures[0], size="1280x720")
    mock.fail_next("fail=moderation_blocked, at=40", 2)
    return [*ids, remix]


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        yield (chromium := playwright.chromium.launch(executable_path=program, args=FLAGS))
        chromium.close()


def keep(picture: bytes, name: str) -> None:
    """Write a picture, as small as it can be."""
    image = Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(IMAGES / f"{name}.png", optimize=True)
    print(f"{name}.png {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")


def shoot(
    chromium: Browser, url: str, name: str, *, theme: str, ready: str, size: dict[str, int] | None = None
) -> None:
    """Take one picture, once ``ready`` is to be seen."""
    context = chromium.new_context(viewport=size or SIZE, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(ready)
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)  # pictures and videos show
    keep(page.screenshot(), name)
    context.close()


def report(folder: Path) -> Path:
    """The report on a mock that takes a length which the document does not have."""
    document = folder / "openapi.yaml"
    document.write_text(
        default_path().read_text("utf-8").replace("enum: ['4', '8', '12']", "enum: ['4', '8', '10', '12']"), "utf-8"
    )
    mock = VideosMock(Settings(document=document, pace=parse_pace("instant")))
    contract_tests(["run", mock.url, "--token", "sk-demo", "--profile", "quick", "--report", str(folder)])
    mock.close()
    return folder / "report.html"


def main(argv: Sequence[str] | None = None) -> int:
    """Make all pictures."""
    parser = argparse.ArgumentParser("python -m benchmarks.screenshots", description=__doc__)
    parser.add_argument("--browser", default=shutil.which("chromium"), help="the program (%(default)s)")
    options = parser.parse_args(argv)
    if options.browser is None:
        print("no chromium was found; name one with --browser", file=sys.stderr)
        return 2
    IMAGES.mkdir(exist_ok=True)
    mock = VideosMock(Settings(pace=parse_pace("real"), seed=1))
    ids = fill(mock)
    refused = next(one["id"] for one in reversed(mock.requests) if one["rule"])
    page = f"{mock.url}/_mock/ui/#"
    with TemporaryDirectory() as folder, browser(options.browser) as chromium:
        shoot(chromium, f"{page}/requests/{refused}", "refused", theme="light", ready=".why")
        shoot(chromium, f"{page}/videos/{ids[0]}", "video", theme="dark", ready="video")
        shoot(chromium, f"{page}/try", "try", theme="light", ready=".drop img")
        shoot(chromium, f"{page}/scenarios", "scenarios", theme="dark", ready="table")
        shoot(chromium, f"{page}/document", "document", theme="light", ready=".ruleline")
        shoot(chromium, report(Path(folder)).as_uri(), "report", theme="light", ready=".broken-rule")
    mock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
