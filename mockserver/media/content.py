"""Content: the files of a finished video, made from its reference picture.

Light to import. What draws and encodes is loaded only when the first file is made.
"""

from collections.abc import Callable
from hashlib import sha256
from importlib import import_module

import msgspec

SHORTEST, LONGEST = 0.25, 60.0
"""Seconds of video that are made, whatever a document allows to ask for."""


class ClipSource(msgspec.Struct, frozen=True, gc=False):
    """What content is made from: the reference picture as it was uploaded, and what was asked for.

    ``width`` and ``height`` are pixels of the video, ``seconds`` its length as asked for. ``caption`` is written into
    each frame of the clip, beside the time; none where it is empty.
    """

    picture: bytes
    width: int
    height: int
    seconds: float
    caption: str = ""

    @property
    def length(self) -> float:
        """The length of the video in seconds, within bounds."""
        return min(max(SHORTEST, self.seconds), LONGEST)


class Content(msgspec.Struct, frozen=True, gc=False):
    """One file. ``etag`` is quoted as HTTP wants it, and strong: it stands for these bytes alone."""

    media_type: str
    body: bytes
    etag: str


class ContentMaker(msgspec.Struct, frozen=True):
    """What makes one variant: a function of a ``ClipSource``, by name so that it is loaded late."""

    media_type: str
    module: str
    function: str

    def load(self) -> Callable[[ClipSource], bytes]:
        """The function itself; its first call in a process loads the encoders."""
        function: Callable[[ClipSource], bytes] = getattr(import_module(self.module), self.function)
        return function


MAKERS = {
    "video": ContentMaker("video/mp4", "mockserver.media.mp4", "make_clip"),
    "thumbnail": ContentMaker("image/webp", "mockserver.media.thumbnails", "make_thumbnail"),
    "spritesheet": ContentMaker("image/jpeg", "mockserver.media.thumbnails", "make_spritesheet"),
}
"""The variants that can be made. Which of them a client may ask for stands in the document."""


def make_content(variant: str, source: ClipSource) -> Content:
    """The file of ``variant``: the same bytes for the same source. Any picture will do, a damaged one is drawn plain.

    Takes a second of one core for a clip of 4 seconds; see ``benchmarks/content.py``.
    """
    maker = MAKERS[variant]
    body = maker.load()(source)
    return Content(maker.media_type, body, f'"{sha256(body).hexdigest()[:32]}"')
