"""``python -m benchmarks.picture_corpus FOLDER``: hold the reader of pictures against Pillow and a headless Chromium.

FOLDER is searched for pictures, also in archives (sdists of PyPI, npm packages, Debian packages that were unpacked).
Each file, and with ``--damage N`` also N damaged copies of it, is given to Pillow (libjpeg, libpng, libwebp), to
Chromium and to the reader of the mock. What is printed is every disagreement with what both judges say.
"""

import argparse
import hashlib
import io
import shutil
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import dropwhile, groupby, islice, takewhile
from pathlib import Path
from random import Random
from threading import Thread
from time import perf_counter
from typing import Any, NamedTuple, TextIO

from PIL import Image as PillowImage
from playwright.sync_api import Page, sync_playwright

from benchmarks.screenshots import FLAGS
from mockserver.validation.images import Image, read_image

JUDGED = ("image/png", "image/jpeg", "image/webp")
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_SIDE = 16_383
MOST_PIXELS = 40_000_000
"""Of a picture that is given to the judges; what claims more is only read by its header."""
BATCH = 40

DECODE = """async (count) => {
  const judge = async (index) => {
    const blob = await (await fetch(`/${index}`)).blob();
    try {
      const bitmap = await createImageBitmap(blob);
      const size = [bitmap.width, bitmap.height];
      bitmap.close();
      return size;
    } catch (error) { return null; }
  };
  const found = [];
  for (let index = 0; index < count; index++) found.push(await judge(index));
  return found;
}"""


class Sample(NamedTuple):
    """One file: where it comes from, its bytes, and from where on it was damaged."""

    name: str
    content: bytes
    damaged_at: int | None = None


class Verdict(NamedTuple):
    """What the three say of a file: width and height in pixels, ``None`` where it is no picture."""

    sample: Sample
    pillow: tuple[int, int] | None
    chromium: tuple[int, int] | None
    mock: Image

    @property
    def disagreement(self) -> str:
        """How the mock differs from what both judges say; empty where it does not."""
        if self.pillow is None and self.chromium is None:
            return "accepted, though both refuse it" if self.mock.intact else ""
        if self.pillow is None or self.chromium is None:
            return ""
        if not self.mock.intact:
            return "refused, though both take it"
        size = (self.mock.width, self.mock.height)
        return "" if size == self.pillow else f"read as {self.mock.dimensions}, by Pillow as {self.pillow}"

    @property
    def explanation(self) -> str:
        """What docs/pictures.md says of the disagreement; empty where it says nothing."""
        content = self.sample.content
        if self.mock.type == "image/png":
            pixels = _png_pixels(content)
            names = [name for name, _ in groupby(_png_chunks(content), lambda chunk: chunk[0])]
            if self.mock.intact:
                return PIXELS if not _is_deflated(pixels) else FRAMES if b"acTL" in names else ""
            behind = names[names.index(b"IDAT") + 1 :] if b"IDAT" in names else []
            return BEHIND if b"IDAT" in behind or (behind and not behind[0].isalpha()) else ""
        at = self.sample.damaged_at
        return PIXELS if self.mock.intact and at is not None and at >= _pixels_start(content) else ""

    @property
    def split(self) -> str:
        """Where the judges differ, and what the mock does."""
        if (self.pillow is None) == (self.chromium is None):
            return ""
        taker = "Pillow" if self.chromium is None else "Chromium"
        return f"only {taker} takes it; the mock {'accepts' if self.mock.intact else 'refuses'} it"


UNEXPLAINED = "DISAGREEMENT that docs/pictures.md does not explain"
PIXELS = "explained: the damage is within compressed pixels, which are not unpacked"
BEHIND = "explained: the chunk behind the pixels has no name, or pixels go on behind it"
FRAMES = "explained: the further frames of an animated PNG are not looked at"


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 8
    while offset + 8 <= len(content):
        length = int.from_bytes(content[offset : offset + 4])
        yield content[offset + 4 : offset + 8], content[offset + 8 : offset + 8 + length]
        offset += 12 + length


def _png_pixels(content: bytes) -> bytes:
    """The compressed pixels of the first row of IDAT chunks."""
    behind = dropwhile(lambda chunk: chunk[0] != b"IDAT", _png_chunks(content))
    return b"".join(data for _, data in takewhile(lambda chunk: chunk[0] == b"IDAT", behind))


def _is_deflated(pixels: bytes) -> bool:
    unpacked = zlib.decompressobj()
    try:
        unpacked.decompress(pixels)
    except zlib.error:
        return False
    return unpacked.eof


def _pixels_start(content: bytes) -> int:
    """Where the compressed pixels of a JPEG or WebP begin."""
    if content.startswith(b"\xff\xd8"):
        start = content.find(b"\xff\xda", 2)
        return start + 2 + int.from_bytes(content[start + 2 : start + 4])
    places = [place for name in (b"VP8 ", b"VP8L", b"ALPH") if (place := content.find(name, 12)) >= 0]
    return min(places, default=0) + 13  # behind the chunk's head, and the first bytes of the frame


def samples(folders: Sequence[Path]) -> Iterator[Sample]:
    """The different pictures below some folders, in the order of their names."""
    seen = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                for name, content in _members(path):
                    digest = hashlib.sha256(content).digest()
                    if digest not in seen and read_image([content[:512]]).type in JUDGED:
                        seen.add(digest)
                        yield Sample(name, content)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        yield from _contents(path)
    except (tarfile.TarError, zipfile.BadZipFile, NotImplementedError, EOFError):
        return  # an archive of a test, broken on purpose


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.name.endswith((".tar.gz", ".tgz")):
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and member.size <= LARGEST_FILE else None
                if file is not None:
                    yield f"{path.name}:{member.name}", file.read()
    elif path.suffix in (".zip", ".whl"):
        with zipfile.ZipFile(path) as zipped:
            for info in zipped.infolist():
                if not info.is_dir() and info.file_size <= LARGEST_FILE:
                    yield f"{path.name}:{info.filename}", zipped.read(info)
    elif path.stat().st_size <= LARGEST_FILE:
        yield str(path), path.read_bytes()


def damaged(sample: Sample, copies: int) -> Iterator[Sample]:
    """Copies of a file that are cut, or have bytes changed, put in or left out; the same in every run."""
    random = Random(sample.content[:4096])  # noqa: S311 - only has to differ
    content = sample.content
    for number in range(copies):
        near = min(len(content), 400) if random.random() < 0.7 else len(content)
        at = random.randrange(near)
        kind = random.choice(("cut", "cut the end", "change", "insert", "leave out"))
        count = random.choice((1, 1, 2, 4, 12, 16))
        made = {
            "cut": content[:at],
            "cut the end": content[:-count],
            "change": content[:at] + random.randbytes(count) + content[at + count :],
            "insert": content[:at] + random.choice((bytes(count), random.randbytes(count))) + content[at:],
            "leave out": content[:at] + content[at + count :],
        }[kind]
        where = len(content) - count if kind == "cut the end" else at
        yield Sample(f"{sample.name} #{number} {kind} {count} at {where} of {len(content)}", made, where)


def by_pillow(content: bytes) -> tuple[int, int] | None:
    """The size of a picture that Pillow decodes to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with PillowImage.open(io.BytesIO(content), formats=["PNG", "JPEG", "WEBP"]) as image:
                image.load()
                return image.size
        except Exception:  # noqa: BLE001 - whatever it raises, it does not take the file
            return None


class Site(ThreadingHTTPServer):
    """Serves the files of one batch to the browser, by their index."""

    files: Sequence[Sample] = ()


class Handler(BaseHTTPRequestHandler):
    """One request of the browser."""

    server: Site

    def do_GET(self) -> None:
        """Answer a file, or the page."""
        name = self.path.strip("/")
        body = self.server.files[int(name)].content if name.isdecimal() else b"<!doctype html>"
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream" if name.isdecimal() else "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Chromium:
    """A headless browser that decodes pictures."""

    def __init__(self, page: Page, site: Site) -> None:
        self._page = page
        self._site = site

    def sizes(self, files: Sequence[Sample]) -> list[tuple[int, int] | None]:
        """The size of each file that it decodes, as shown: an orientation tag turns it."""
        self._site.files = files
        found = self._page.evaluate(DECODE, len(files))
        return [None if size is None else (size[0], size[1]) for size in found]


@contextmanager
def chromium(program: str) -> Iterator[Chromium]:
    """Start the browser, and a site of its own."""
    with Site(("127.0.0.1", 0), Handler) as site, sync_playwright() as playwright:
        Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{site.server_port}/")
        yield Chromium(page, site)
        browser.close()
        site.shutdown()


def judged(files: Iterator[Sample], browser: Chromium) -> Iterator[Verdict]:
    """Each file with what the three say of it; those that claim too many pixels are left out."""
    while batch := list(islice(files, BATCH)):
        read = [(sample, read_image([sample.content])) for sample in batch]
        small = [(sample, image) for sample, image in read if _is_small(sample.content, image)]
        sizes = browser.sizes([sample for sample, _ in small])
        for (sample, image), size in zip(small, sizes, strict=True):
            yield Verdict(sample, by_pillow(sample.content), size, image)


def _is_small(content: bytes, image: Image) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            width, height = PillowImage.open(io.BytesIO(content)).size
    except Exception:  # noqa: BLE001 - it has no size then
        width, height = image.width, image.height
    return max(width, height, image.width, image.height) <= LARGEST_SIDE and width * height <= MOST_PIXELS


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print each disagreement and a summary. 1 if there is a disagreement, 2 without a browser."""
    parser = argparse.ArgumentParser("python -m benchmarks.picture_corpus", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="+", type=Path, help="where packages with pictures were put")
    parser.add_argument("--damage", type=int, default=0, metavar="N", help="damaged copies of each file (%(default)s)")
    parser.add_argument("--splits", action="store_true", help="also print where the judges differ between themselves")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser (%(default)s)")
    options = parser.parse_args(argv)
    if options.chromium is None:
        parser.error("no chromium: install Debian's package of that name, or give --chromium")
    PillowImage.init()
    PillowImage.MAX_IMAGE_PIXELS = None
    totals: Counter[str] = Counter()
    seconds: list[float] = []
    with chromium(options.chromium) as browser:
        originals = samples(options.folder)
        files = (each for one in originals for each in (one, *damaged(one, options.damage)))
        for verdict in judged(files, browser):
            begun = perf_counter()
            read_image([verdict.sample.content])
            seconds.append(perf_counter() - begun)
            totals[_summary(verdict)] += 1
            what = verdict.disagreement
            if what and not verdict.explanation:
                stdout.write(f"{what}: {verdict.mock.type} {verdict.sample.name}\n")
            elif options.splits and verdict.split:
                stdout.write(f"{verdict.split}: {verdict.mock.type} {verdict.sample.name}\n")
    seconds.sort()
    stdout.write(f"\n{len(seconds)} files\n")
    for what, count in sorted(totals.items()):
        stdout.write(f"{count:7} {what}\n")
    if seconds:
        middle, slowest = seconds[len(seconds) // 2], seconds[-1]
        stdout.write(f"reading one: median {1e6 * middle:.0f} µs, slowest {1e3 * slowest:.2f} ms\n")
    return 1 if any(UNEXPLAINED in what for what in totals) else 0


def _summary(verdict: Verdict) -> str:
    if verdict.disagreement:
        return f"{verdict.mock.type}: {verdict.explanation or UNEXPLAINED}"
    if verdict.split:
        return f"{verdict.mock.type}: {verdict.split}"
    return f"{verdict.mock.type}: {'taken' if verdict.pillow else 'refused'} by all"


if __name__ == "__main__":
    sys.exit(main())
