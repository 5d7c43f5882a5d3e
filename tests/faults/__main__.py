"""`python -m tests.faults [NAME] [--port P]`: list the catalogue, or serve one server of it on 127.0.0.1."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

import uvicorn

from . import CATALOGUE, CORRECT
from .wire import ASGIApp


class _Parser(argparse.ArgumentParser):
    """Misuse is one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port, allowed are 0 to 65535")
    return int(text)


def _list(out: TextIO) -> None:
    for fault in CATALOGUE.values():
        print(f"{fault.name}\t{fault.rule}\t{fault.says}", file=out)
    for server in CORRECT.values():
        print(f"{server.name}\t{'correct, strict' if server.strict else 'correct'}\t{server.says}", file=out)


def _serve(app: ASGIApp, port: int, out: TextIO) -> int:
    """Serve until interrupted; the first line printed is the address."""
    # Told to be of TCP: of any other socket asyncio leaves small answers waiting, 40 ms each.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            print(f"tests.faults: port {port} cannot be used: {error.strerror}", file=sys.stderr)  # noqa: T201
            return 2
        listener.listen(128)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", file=out, flush=True)
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def main(arguments: Sequence[str], out: TextIO) -> int:
    """List the catalogue, or serve the named server of it; returns the exit status."""
    parser = _Parser(prog="tests.faults", description="Serve one faulty or correct server; without NAME, list them.")
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("--port", type=_port, default=8000, help="0 lets the system choose one (default: 8000)")
    options = parser.parse_args(arguments)
    if options.name is None:
        _list(out)
        return 0
    entry = CATALOGUE.get(options.name) or CORRECT.get(options.name)
    if entry is None:
        parser.error(f"'{options.name}' is no server of the catalogue; without a name, all are listed")
    return _serve(entry.build(), options.port, out)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], sys.stdout))
    except KeyboardInterrupt:
        sys.exit(130)
