"""Whether the pictures of a video can be decoded, with bounds on time and memory whatever the file claims."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

#: Pixels of one picture: those of 8K video.
MOST_PIXELS = 1 << 25
#: Frames that a file may claim to have: a table of them takes memory, though the file holds none.
MOST_FRAMES = 1 << 16
#: Seconds for one file. What is not decoded by then is not judged.
_SECONDS = 10.0


def picture_faults(data: bytes, sides: tuple[int, int], clock: Callable[[], float] = time.monotonic) -> Iterator[str]:
    """What is wrong with the first and the last picture of an MP4, and with their number."""
    # Loading it takes time that no other command needs.
    import av  # noqa: PLC0415

    bounds = {"max_pixels": str(MOST_PIXELS)}
    try:
        with av.open(io.BytesIO(data), format="mp4", options=bounds) as container:
            stream = container.streams.video[0]
            decoder: Any = stream.codec_context
            if decoder is None:
                yield "no decoder is known for its video"
                return
            decoder.options = bounds
            decoder.thread_count = 1
            yield from _faults(container, stream, sides, clock() + _SECONDS, clock)
    except IndexError:
        yield "no decoder finds a video in it"
    except (av.error.FFmpegError, ValueError) as error:
        yield f"no decoder opens its video: {' '.join(str(error).split())[:120]}"


def _faults(
    container: Any, stream: Any, sides: tuple[int, int], ends: float, clock: Callable[[], float]
) -> Iterator[str]:
    packets = sum(1 for packet in container.demux(stream) if packet.size and clock() < ends)
    if packets < stream.frames and clock() < ends:
        yield f"it has {packets} of its {stream.frames} pictures"
    for which, at in (("first", 0), ("last", stream.duration or 0)):
        container.seek(at, stream=stream)
        shown = _picture(container, stream, last=which == "last", going=lambda: clock() < ends)
        if shown is None and clock() < ends:
            yield f"its {which} picture cannot be decoded"
        if shown is not None and shown != sides:
            yield f"its {which} picture is {shown[0]}x{shown[1]}"


def _picture(container: Any, stream: Any, *, last: bool, going: Callable[[], bool]) -> tuple[int, int] | None:
    """The sides of the next picture, or of the last one; None where there is none, or the time is up."""
    shown = None
    for packet in container.demux(stream):
        if not going():
            return None
        for frame in packet.decode():
            shown = frame.width, frame.height
            if not last:
                return shown
    return shown
