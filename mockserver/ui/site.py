"""The page and its stream as one ASGI application."""

from mockserver.api.endpoint import CONTEXT
from mockserver.control.access import Access
from mockserver.control.control import Control
from mockserver.ui.files import PageFiles
from mockserver.ui.stream import Stream
from mockserver.web.asgi import Receive, Scope, Send, send_response


class Site:
    """Answers below ``/_mock/``: the files to everybody who reaches them, the stream to who may control the mock."""

    def __init__(self, control: Control, gate: Access) -> None:
        self._control = control
        self._gate = gate
        self._page = PageFiles("/_mock/ui")
        self._reference = PageFiles("/_mock/docs", "reference", is_reference=True)
        self._stream = Stream(control, has_login=gate.has_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD."""
        context = scope[CONTEXT]
        context.is_control = True
        is_stream = scope["path"] == "/_mock/events"
        broken = self._gate.broken_by(context, is_open=not is_stream)
        if broken is not None:
            await send_response(self._control.service.refuse(broken[0], **broken[1]), scope, receive, send)
        elif is_stream:
            await self._stream(scope, receive, send)
        else:
            files = self._reference if scope["path"].startswith("/_mock/docs") else self._page
            await files(scope, receive, send)
