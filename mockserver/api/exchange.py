"""An exchange: one request while it is answered, and what is to be told of it afterwards."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mockserver.scenarios.plan import Plan
from mockserver.validation.images import Image
from mockserver.validation.multipart import Form
from mockserver.web.responses import Answer, Header


class TakesTimeError(Exception):
    """A request that was to be answered at once wants more than that. Nothing has happened yet."""


class Exchange(msgspec.Struct, gc=False):
    """What is known of a request by and by.

    ``authorization`` is the header of that name; ``operation`` the id of what it asks for; ``owner`` whose it is;
    ``form`` and ``images`` are its fields and files as read, ``body`` its JSON; ``plan`` is what it meets; ``video`` is
    the id of the job that it made; ``rule`` that of the rule which it broke; ``headers`` are those of the request,
    ``answer`` is what it was answered. ``is_control``: it controls the mock, and
    is told nowhere; ``is_told``: it was told.
    """

    method: str
    path: str
    query: bytes
    authorization: str | None
    operation: str = ""
    owner: str = ""
    form: Form | None = None
    images: dict[str, Image] | None = None
    body: dict[str, Any] | None = None
    plan: Plan | None = None
    video: str = ""
    rule: str = ""
    headers: Sequence[Header] = ()
    answer: Answer | None = None
    is_control: bool = False
    is_told: bool = False

    @property
    def line(self) -> str:
        """Method and path for a log; what could break or forge a line is escaped."""
        return f"{self.method} {self.path}".encode("unicode_escape").decode()
