"""The command line: ``mockserver``."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from signal import SIGTERM, signal
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import TextIO
from uuid import uuid4

from mockserver.api.operations import Operations
from mockserver.app import build
from mockserver.command_line import Task, parse
from mockserver.commands import COMMANDS
from mockserver.example import curl_line, example_dimensions, write_picture
from mockserver.jobs.clock import SystemClock
from mockserver.logs import log_to
from mockserver.scenarios.file import ScenarioFileError
from mockserver.server.run import serve_app, work
from mockserver.server.serve import BindError, bind, url_of
from mockserver.server.tls import with_certificate
from mockserver.server.workers import Supervisor, WorkerError
from mockserver.settings import Settings, UsageError
from mockserver.spec.document import DocumentError, control_document
from mockserver.stores.base import StoreError
from mockserver.webhooks.target import TargetError, check_target

MISUSED = 2
HIDDEN_TOKEN = "YOUR_TOKEN"  # noqa: S105 - stands for one that was given
EXAMPLE_TOKEN = "test-token"  # noqa: S105 - what the example sends where any token will do


def main(
    argv: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    folder: Path | None = None,
) -> int:
    """Serve until told to stop, or run another command. 0, or 2 when misused, with one line on ``stderr``.

    ``folder``: where a file of settings may lie; ``None`` for the one that the process works in.
    """
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    argv, env = sys.argv[1:] if argv is None else argv, os.environ if env is None else env
    try:
        asked = parse(argv, env, stdout, folder or Path.cwd(), COMMANDS)
    except UsageError as error:
        stderr.write(f"mockserver: {error}\n")
        return MISUSED
    if isinstance(asked, int):
        return asked
    return _run_task(asked, stdout, stderr) if isinstance(asked, Task) else _serve(asked, stdout, stderr)


def _serve(settings: Settings, stdout: TextIO, stderr: TextIO) -> int:
    try:
        run(settings, stdout, stderr)
    except DocumentError as error:
        stderr.write(f"mockserver: {settings.document}: {error}\n")
    except (UsageError, BindError, StoreError, ScenarioFileError, TargetError, WorkerError) as error:
        stderr.write(f"mockserver: {error}\n")
    else:
        return 0
    return MISUSED


def _run_task(task: Task, stdout: TextIO, stderr: TextIO) -> int:
    try:
        task.run(stdout)
    except UsageError as error:
        stderr.write(f"mockserver {task.name}: {error}\n")
        return MISUSED
    return 0


def run(settings: Settings, stdout: TextIO, stderr: TextIO) -> None:
    """Serve as ``settings`` say until a signal comes.

    ``DocumentError``, ``StoreError``, ``BindError`` or ``WorkerError`` before anything is served.
    """
    log_to(stderr, settings.log_level, settings.log_format)
    signal(SIGTERM, _leave)  # until the server takes over: what was begun is tidied up
    if settings.webhook:
        check_target(settings.webhook, settings.webhook_allow)
    with TemporaryDirectory(prefix="mockserver-") as folder:
        settings, authority = with_certificate(settings, Path(folder))
        app = build(settings, SystemClock())
        service = app.service
        listener = bind(settings.host, settings.port)
        with closing(app.runtime), listener:
            picture = Path(folder, "example.png")
            write_picture(picture, example_dimensions(service.rules["createVideo"]))
            url = url_of(listener, secure=settings.cert is not None)
            text = banner(settings, service, url, picture, authority)
            announce = partial(print, text, end="", file=stdout, flush=True)
            if settings.workers == 1:
                serve_app(settings, app, listener, announce)
            else:
                app.runtime.close()  # each worker opens its own
                serve_one = partial(work, settings, uuid4().hex)
                Supervisor(settings.workers, serve_one, listener, announce, settings.grace_timeout).run()


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def banner(settings: Settings, service: Operations, url: str, picture: Path, authority: Path | None = None) -> str:
    """What is told at the start: the address, the routes, a request that works and how to point a client here."""
    # A token that was given is a secret, and what is told here stands in the logs of CI.
    token = HIDDEN_TOKEN if settings.tokens else EXAMPLE_TOKEN
    create = service.document.operation("createVideo")
    paths = dict.fromkeys(operation.path for operation in control_document().operations)
    return "\n".join(
        [
            f"mockserver is listening on {url}",
            "",
            *(f"  {operation.method:6} {operation.path}" for operation in service.document.operations),
            "",
            "Try it:",
            f"  {curl_line(service.rules['createVideo'], url + create.path, token, picture, authority)}",
            "",
            "See what your client sends, and why it is refused:",
            f"  {url}/_mock/ui",
            "",
            "Move its clock, play scenarios, read what was asked:",
            *wrap(", ".join(paths), 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False),
            "",
            "Point an openai client at it:",
            f"  export OPENAI_BASE_URL={url}{create.path.rpartition('/')[0]}",
            f"  export OPENAI_API_KEY={token}",
            *([] if authority is None else [f"  export SSL_CERT_FILE={authority} NODE_EXTRA_CA_CERTS={authority}"]),
            "",
            "",
        ]
    )
