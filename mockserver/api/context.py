"""The context of one request: what is known of it while it is answered, and what is recorded of it afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mockserver.scenarios.plan import Plan
from mockserver.validation.images import Image
from mockserver.validation.multipart import Form
from mockserver.web.responses import Header, Response


class RequestContext(msgspec.Struct, gc=False):
    """One request, filled in step by step.

    ``headers`` have lower-case names; ``client`` is the address at the other end of the socket; ``operation`` is an
    operationId; ``owner`` the token's digest; ``form``, ``images`` and ``body`` what was read of the body; ``plan`` the
    scenarios that apply; ``video`` the id of the job that was created; ``rule`` that of the broken rule;
    ``answer`` the response.
    """

    method: str
    path: str
    query: bytes
    headers: Sequence[Header]
    client: str | None = None
    scheme: str = "http"
    started: float = 0.0
    parameters: Mapping[str, str] = {}
    operation: str = ""
    owner: str = ""
    form: Form | None = None
    images: dict[str, Image] | None = None
    body: dict[str, Any] | None = None
    plan: Plan | None = None
    video: str = ""
    rule: str = ""
    answer: Response | None = None
    is_control: bool = False
    is_recorded: bool = False

    def header(self, name: bytes) -> str | None:
        """The first header of that name; ``None`` if there is none."""
        for key, value in self.headers:
            if key == name:
                return str(value, "latin-1")
        return None

    def joined(self, name: bytes) -> str | None:
        """All headers of that name as one comma-separated list; ``None`` if there is none."""
        found = [str(value, "latin-1") for key, value in self.headers if key == name]
        return ", ".join(found) if found else None

    @property
    def line(self) -> str:
        """Method and path for a log; control characters are escaped."""
        return f"{self.method} {self.path}".encode("unicode_escape").decode()
