"""What is measured: one request each, sent over and over, and the share of a bare server it is to reach."""

from typing import NamedTuple

from benchmarks.pictures import picture

TOKEN = "test-token"  # noqa: S105 - the mock takes any
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW9"


COUNTED = "########"
"""Stands in a body for a number that is another one in each."""


class Work(NamedTuple):
    """One request, without its host. ``goal`` is a share of the bare server, from 0 to 1, ``None`` for none.

    ``{video_id}`` in the path stands for a video that is made just before.
    """

    name: str
    method: str
    path: str
    body: bytes
    accepted: bool
    goal: float | None = None


def works() -> list[Work]:
    """All that is measured."""
    small, photo, large = (picture(0, "png"), picture(622_000, "jpeg", quality=75), picture(900_000, "png"))
    return [
        _create(f"create, PNG of {_size(small)}", small, 0.30, prompt=COUNTED),
        _create(f"create, JPEG of {_size(photo)}", photo, 0.60, prompt=COUNTED),
        _create(f"create, PNG of {_size(large)}", large, 0.65, prompt=COUNTED),
        Work("retrieve", "GET", "/v1/videos/{video_id}", b"", accepted=True, goal=0.50),
        _create(f"refused create, PNG of {_size(small)}", small, 0.30, prompt=COUNTED, seconds="10"),
        _create(f"the same body again, {_size(small)}", small, None),
    ]


def form(image: bytes, seconds: str = "4", prompt: str = "A lighthouse at dusk") -> bytes:
    """The form of a creation as a browser writes it."""
    fields = {"prompt": prompt, "model": "sora-2", "seconds": seconds, "size": "720x1280"}
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts.append(('name="input_reference"; filename="image"\r\nContent-Type: application/octet-stream', image))
    lines = [f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data for head, data in parts]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


def headers(work: Work) -> dict[str, str]:
    """The headers of a request, without Host and Content-Length."""
    authorised = {"Authorization": f"Bearer {TOKEN}"}
    return {**authorised, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"} if work.body else authorised


def _create(name: str, image: bytes, goal: float | None, **fields: str) -> Work:
    return Work(name, "POST", "/v1/videos", form(image, **fields), accepted="seconds" not in fields, goal=goal)


def _size(data: bytes) -> str:
    count = len(data)
    return (
        f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB" if count < 1e5 else f"{count / 1e3:.0f} kB"
    )
