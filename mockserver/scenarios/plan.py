"""The plan: what one request meets, where scenarios were asked for. And what that makes of an answer."""

import msgspec

from mockserver.jobs.job import JobOverride
from mockserver.web.responses import JSON, Response

BEFORE_THE_HEAD = -1
"""The ``cut`` of an answer of which nothing is sent."""


class Plan(msgspec.Struct, gc=False):
    """What one request meets. Of two scenarios that say the same thing, the first counts.

    ``scenarios`` are their names; ``delay`` is in seconds; ``answer`` stands in the place of the usual one; ``fate`` is
    that of the job that is made; ``truncate`` and ``breaks`` are the part of the body that is sent, in percent, as a
    whole answer or before the connection breaks; ``drops``: nothing is sent; ``is_strict``: the upload
    is judged strictly.
    """

    scenarios: list[str]
    delay: float = 0.0
    answer: Response | None = None
    fate: JobOverride | None = None
    truncate: int | None = None
    breaks: int | None = None
    drops: bool = False
    is_strict: bool = False

    def shape(self, answer: Response) -> Response:
        """What becomes of ``answer`` on its way."""
        if self.drops:
            return msgspec.structs.replace(answer, cut=BEFORE_THE_HEAD)
        if self.truncate is not None and JSON in answer.headers:
            return truncated(answer, self.truncate)
        return answer if self.breaks is None else broken_off(answer, self.breaks)


def truncated(answer: Response, percent: int) -> Response:
    """So much of ``answer``, as if that were all."""
    body = answer.body[: len(answer.body) * percent // 100]
    headers = tuple(header for header in answer.headers if header[0] != b"content-length")
    length = (b"content-length", b"%d" % len(body))
    return msgspec.structs.replace(answer, headers=(*headers, length), body=body)


def broken_off(answer: Response, percent: int) -> Response:
    """``answer``, of which the connection carries so much; only what has content breaks."""
    if answer.status not in (200, 206):
        return answer
    return msgspec.structs.replace(answer, cut=len(answer.body) * percent // 100)
