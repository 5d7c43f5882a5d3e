"""The files of the page, as they lie in ``static``, with headers that keep a browser from asking anywhere else."""

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from mockserver.web.asgi import Receive, Scope, Send

STATIC = Path(__file__).with_name("static")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""``blob:`` is for a picture that is chosen in the form, shown before it is sent, and for files that are answered."""

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-cache",
}

REFERENCE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY.replace(
        "style-src 'self'; img-src 'self' blob:", "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
    )
}
"""Redoc writes its styles into the page, and its arrows as data. Scripts are as everywhere: from here alone."""

# A system's own table may call a module plain text, and a browser then refuses to run it.
mimetypes.add_type("text/javascript", ".js")


class PageFiles:
    """Serves one folder of ``static`` below ``mount``."""

    def __init__(self, mount: str, folder: str = "", *, is_reference: bool = False) -> None:
        self._mount = mount
        self._headers = HEADERS | (REFERENCE_HEADERS if is_reference else {})
        self._files = StaticFiles(directory=STATIC / folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file, its index for the folder itself."""
        response = await self._response(scope)
        response.headers.update(self._headers)
        await response(scope, receive, send)

    async def _response(self, scope: Scope) -> Response:
        below = scope["path"].removeprefix(self._mount)
        if not below:
            # Relative, so that it is right behind a proxy that serves the mock below a path of its own.
            return RedirectResponse(self._mount.rpartition("/")[2] + "/", 307)
        try:
            return await self._files.get_response(below.strip("/") or "index.html", scope)
        except HTTPException as error:
            return Response(f"{error.status_code}: no such file\n", error.status_code, media_type="text/plain")
