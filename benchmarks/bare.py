"""The bare server, ``python -m benchmarks.bare``: drains what arrives, answers a constant. The limit."""

import socket
import sys
from typing import Any

import uvicorn

BODY = (
    b'{"id":"video_68f082321ed08193a4eaf01376fa10bc0284bd663de64dc5","object":"video","created_at":1760592434,'
    b'"status":"queued","completed_at":null,"error":null,"expires_at":null,"model":"sora-2","progress":0,'
    b'"remixed_from_video_id":null,"seconds":"4","size":"720x1280"}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG001
    """Drain, answer."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    """Serve on any free port until told to stop."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    sys.stdout.write("bare server is listening on http://{}:{}\n".format(*listener.getsockname()))
    sys.stdout.flush()
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
