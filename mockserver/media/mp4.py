"""The clip: a still set in slow motion under a caption, encoded as an MP4 that every player shows."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from PIL import Image

from mockserver.media.caption import Caption
from mockserver.media.content import ClipSource
from mockserver.media.frames import open_still, view

PIXELS = "yuv420p"
"""The one pixel format that every player shows."""

FRAMES_PER_SECOND = 12
"""Enough for a slow zoom, and half the work of 24."""

SECONDS_PER_KEY_FRAME = 2

X264 = {
    # On this motion superfast costs as much as ultrafast to which sub-pixel search was given back, for half the bytes.
    "preset": "superfast",
    "tune": "zerolatency",  # no frame waits for a later one, so none is reordered
}
MP4 = {
    "movflags": "+faststart",
    "fflags": "+bitexact",  # no time and no version in it: the same bytes for the same picture
}

SAMPLE_RATE = 48_000
SAMPLES_PER_FRAME = 1024  # of AAC


def make_clip(source: ClipSource) -> bytes:
    """An MP4 of ``source``: H.264 in yuv420p and silent AAC, its index in front, its first frame the picture.

    Works on one core. Its length is right within a frame; an odd width or height grows by one, as yuv420p has none.
    """
    buffer = BytesIO()
    with av.open(buffer, "w", "mp4", options=MP4, io_open=_reopen(buffer)) as output:
        video = _video_stream(output, source.width + source.width % 2, source.height + source.height % 2)
        audio = _audio_stream(output)
        packets = [*_encoded(video, _frames(video, source)), *_encoded(audio, _silence(source.length))]
        output.mux(sorted(packets, key=_starts))
    return buffer.getvalue()


def _video_stream(output: OutputContainer, width: int, height: int) -> VideoStream:
    stream = output.add_stream("libx264", rate=FRAMES_PER_SECOND, options=X264)
    stream.pix_fmt = PIXELS
    stream.width, stream.height = width, height
    context = stream.codec_context
    context.thread_count = 1
    context.gop_size = SECONDS_PER_KEY_FRAME * FRAMES_PER_SECOND
    # Said outright, because players guess the colours of a clip that does not say by its size, and differ.
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream


def _audio_stream(output: OutputContainer) -> AudioStream:
    return output.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")


def _frames(stream: VideoStream, source: ClipSource) -> Iterator[av.VideoFrame]:
    """The still, nearer from frame to frame. Its planes are scaled as they are: half the samples of RGB."""
    planes = _planes(open_still(source).resize((stream.width, stream.height)))
    caption = Caption(source) if source.caption else None
    for index in range(round(source.length * FRAMES_PER_SECOND)):
        frame = av.VideoFrame(stream.width, stream.height, PIXELS)
        second = index / FRAMES_PER_SECOND
        if caption is not None:
            caption.tell(second)
        for plane, still in zip(frame.planes, planes, strict=True):
            scaled = still.resize(still.size, Image.Resampling.BILINEAR, view(still.size, second))
            if caption is not None:
                caption.write(scaled)
            plane.update(scaled.tobytes("raw", "L", plane.line_size, 1))
        frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_SECOND)
        yield frame


def _planes(still: Image.Image) -> list[Image.Image]:
    """Brightness and both colours of ``still`` as video has them, each as a picture in grey."""
    whole = av.VideoFrame.from_bytes(still.convert("RGBA").tobytes(), still.width, still.height)
    frame = whole.reformat(
        format=PIXELS,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
    )
    return [
        Image.frombytes("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)
        for plane in frame.planes
    ]


def _silence(seconds: float) -> Iterator[av.AudioFrame]:
    total = round(seconds * SAMPLE_RATE)
    for start in range(0, total, SAMPLES_PER_FRAME):
        frame = av.AudioFrame("fltp", "stereo", min(SAMPLES_PER_FRAME, total - start))
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield frame


def _encoded(stream: Any, frames: Iterable[Any]) -> "Iterator[Packet[Any]]":
    for frame in frames:
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _starts(packet: "Packet[Any]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


class _SecondView:
    """Reads a file that is still written to, from its start."""

    def __init__(self, buffer: BytesIO) -> None:
        self._buffer = buffer
        self._at = 0

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes as they are now, fewer at the end."""
        with self._buffer.getbuffer() as written:
            data = bytes(written[self._at : self._at + count])
        self._at += len(data)
        return data


def _reopen(buffer: BytesIO) -> Callable[[str, int, dict[str, str]], _SecondView]:
    """To put its index in front, the muxer opens the file that it writes once more, and moves the rest back."""
    return lambda _url, _flags, _options: _SecondView(buffer)
