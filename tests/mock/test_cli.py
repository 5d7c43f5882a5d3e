"""The command line, called in process where it must refuse, and as a process where it serves."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from typing import IO

import httpx
import pytest

from mockserver.cli import main
from mockserver.command_line import read_settings
from mockserver.settings import OPTIONS, Settings, UsageError
from mockserver.stores import parse_store
from mockserver.webhooks.target import Target

PREFIX = "mockserver is listening on "


def misused(*argv: str, **env: str) -> str:
    """Expect the command to be refused, and give the line that says why."""
    stdout, stderr = StringIO(), StringIO()
    assert main(argv, env, stdout, stderr) == 2
    [line] = stderr.getvalue().splitlines()
    assert line.startswith("mockserver: ") and stdout.getvalue() == ""
    return line.removeprefix("mockserver: ")


def settings(*argv: str, **env: str) -> Settings:
    return read_settings(argv, env)


@contextmanager
def served(*argv: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A mock as a process of its own, and what it told at its start."""
    command = [sys.executable, "-m", "mockserver", "--port", "0", *argv]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env}
    ) as process:
        try:
            assert process.stdout is not None
            yield process, _told(process.stdout)
        finally:
            process.terminate()
            process.communicate(timeout=10)


def _told(stdout: IO[str]) -> str:
    lines = []
    for line in stdout:
        lines.append(line)
        if line.strip().startswith("export OPENAI_API_KEY"):
            break
    return "".join(lines)


def url(told: str) -> str:
    return told.removeprefix(PREFIX).splitlines()[0]


def test_start_tells_the_address_the_routes_and_the_variables_of_a_client() -> None:
    with served("--token", "secret-1", "--token", "secret-2") as (_, told):
        assert told.startswith(PREFIX + "http://127.0.0.1:")
        assert "POST   /v1/videos\n" in told and "GET    /v1/videos/{video_id}\n" in told
        assert f"export OPENAI_BASE_URL={url(told)}/v1\n" in told
        assert "export OPENAI_API_KEY=YOUR_TOKEN\n" in told
        assert "secret-1" not in told and "secret-2" not in told


def test_command_that_is_told_at_the_start_works_as_it_stands() -> None:
    with served() as (_, told):
        command = next(line for line in told.splitlines() if line.startswith("  curl "))
        done = subprocess.run(["sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True)  # noqa: S607
        assert '"status":"queued"' in done.stdout


def test_options_reach_the_server() -> None:
    with served("--token", "secret", "--pace", "instant", MOCKSERVER_SEED="5") as (_, told):
        answer = httpx.get(f"{url(told)}/v1/videos/x", headers={"authorization": "Bearer other"})
        assert answer.status_code == 401


def test_signal_during_the_start_ends_it_with_0_too(tmp_path: Path) -> None:
    document = tmp_path / "openapi.yaml"
    os.mkfifo(document)
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--document", str(document)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        with document.open("wb"):  # waits until the mock reads
            process.send_signal(SIGTERM)
            assert process.wait(30) == 0
        assert process.stderr and process.stderr.read() == b""


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM])
def test_stop_by_a_signal_is_no_failure_and_leaves_no_trace(signal: Signals) -> None:
    with served() as (process, told):
        picture = re.search(r"@(\S+)", told)
        process.send_signal(signal)
        _, stderr = process.communicate(timeout=10)
        assert (process.returncode, stderr) == (0, "")
        assert picture is not None and not Path(picture[1]).exists()


def test_refusals_are_logged_in_one_line_that_cannot_be_forged() -> None:
    with served() as (process, told):
        httpx.get(f"{url(told)}/x%0D%0A2026-01-01 INFO forged")
        process.send_signal(SIGTERM)
        _, stderr = process.communicate(timeout=10)
    [line] = stderr.splitlines()
    assert line.endswith("INFO GET /x\\r\\n2026-01-01 INFO forged 404 path")


def test_every_request_is_logged_where_asked_for() -> None:
    with served("--log-level", "debug") as (process, told):
        httpx.post(
            f"{url(told)}/v1/videos",
            headers={"authorization": "Bearer x"},
            data={"prompt": "x"},
            files={"input_reference": b"x"},
        )
        process.send_signal(SIGTERM)
        assert "POST /v1/videos 400 input_reference.is-image" in process.communicate(timeout=10)[1]


def test_used_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert misused("--port", str(port)) == f"cannot listen on 127.0.0.1 port {port}: Address already in use"


def test_address_that_is_not_ours_is_told_in_one_line() -> None:
    assert misused("--host", "192.0.2.1").startswith("cannot listen on 192.0.2.1 port 8000: ")


def test_host_that_is_no_name_is_told_in_one_line() -> None:
    assert misused("--host", "no such host").startswith("cannot listen on no such host: ")


def test_document_that_is_not_there_is_told_in_one_line() -> None:
    assert misused("--document", "nowhere.yaml") == "nowhere.yaml: No such file or directory"


def test_document_that_is_invalid_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\n")
    assert misused(MOCKSERVER_DOCUMENT=str(path)) == f"{path}: x-errors is missing"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--port", "x"], "argument --port: 'x' is no port; allowed: 0 (any free one) to 65535"),
        (["--port", "65536"], "argument --port: '65536' is no port; allowed: 0 (any free one) to 65535"),
        (["--port", "-1"], "argument --port: '-1' is no port; allowed: 0 (any free one) to 65535"),
        (["--port", "1", "--port", "2"], "argument --port: given 2 times; it may be given once"),
        (["--port"], "Option '--port' requires an argument."),
        (["--token", ""], "argument --token: a token is not empty and has no white space"),
        (["--token", "a b"], "argument --token: a token is not empty and has no white space"),
        (["--seed", "x"], "argument --seed: 'x' is no seed; allowed: a whole number"),
        (["--store", "x"], "argument --store: 'x' is no store; allowed: memory, sqlite:PATH or redis://HOST:PORT/DB"),
        (["--keep-jobs", "0"], "argument --keep-jobs: '0' is no bound; allowed: a whole number from 1"),
        (["--upload-timeout", "-1"], "argument --upload-timeout: '-1' is no time; allowed: 0 to 86400 seconds"),
        (["--upload-timeout", "nan"], "argument --upload-timeout: 'nan' is no time; allowed: 0 to 86400 seconds"),
        (["--upload-timeout", "soon"], "argument --upload-timeout: 'soon' is no time; allowed: 0 to 86400 seconds"),
        (["--keep-bytes", "1.5"], "argument --keep-bytes: '1.5' is no bound; allowed: a whole number from 1"),
        (["--log-level", "x"], "argument --log-level: 'x' is no level; allowed: debug, info, warning, error"),
        (["--log-format", "xml"], "argument --log-format: 'xml' is no format; allowed: text, json"),
        (
            ["--pace", "x"],
            "argument --pace: 'x' is no pace; allowed: instant, fast, real, polls:N (N from 1) or queue=S,render=S (S in seconds)",
        ),
        (["--keep-requests", "-1"], "argument --keep-requests: '-1' is no number of requests; allowed: 0 to 100000"),
        (
            ["--keep-requests", "100001"],
            "argument --keep-requests: '100001' is no number of requests; allowed: 0 to 100000",
        ),
        (["--control-token", " "], "argument --control-token: a token is not empty and has no white space"),
        (["--por", "1"], "No such option '--por'. (Did you mean one of: '--port', '--store'?)"),
        (["extra"], "No such command 'extra'."),
        (["documents"], "No such command 'documents'. Did you mean 'document'?"),
        (["--port", "0", "document"], "options of a command stand behind its name, 'document'"),
    ],
)
def test_misuse_names_the_option_what_came_and_what_is_allowed(argv: list[str], message: str) -> None:
    assert misused(*argv) == message


def test_misused_variable_is_named() -> None:
    assert (
        misused(MOCKSERVER_PORT="x") == "argument MOCKSERVER_PORT: 'x' is no port; allowed: 0 (any free one) to 65535"
    )


def test_help_lists_every_option_with_its_variable() -> None:
    stdout = StringIO()
    assert main(["--help"], {}, stdout, StringIO()) == 0
    assert all(option.flag in stdout.getvalue() and option.variable in stdout.getvalue() for option in OPTIONS)


def test_every_option_has_a_variable_and_the_flag_wins() -> None:
    values = {
        "host": "::1",
        "port": "1",
        "token": "a b",
        "document": "x.yaml",
        "pace": "instant",
        "seed": "3",
        "store": "sqlite:x.db",
        "keep-jobs": "5",
        "keep-bytes": "6",
        "scenario": "y.yaml",
        "control-token": "c",
        "keep-requests": "5",
        "log-level": "debug",
        "log-format": "json",
        "webhook": "http://[::1]:9/hook",
        "webhook-secret": "whsec_dGVzdA==",
        "webhook-allow": "a.example B.example",
        "reload": "true",
        "workers": "7",
        "upload-timeout": "8.5",
        "head-timeout": "2.5",
        "max-connections": "9",
        "write-timeout": "3.5",
        "max-downloads": "11",
        "temporary-bytes": "1000000",
        "log-summary": "2",
        "fetch-allow": "c.example d.example",
        "idle-timeout": "1.5",
        "grace-timeout": "4.5",
        "max-headers": "12",
        "max-head-bytes": "13",
        "max-url-bytes": "14",
        "max-discarded-bytes": "15",
        "max-renders": "16",
        "render-cache-bytes": "17",
        "keep-request-bytes": "18",
        "strict-uploads": "true",
        "dialect": "azure sglang",
        "tls": "false",
        "cert": "cert.pem",
        "key": "key.pem",
    }
    assert set(values) == {option.name for option in OPTIONS}
    env = {option.variable: values[option.name] for option in OPTIONS}
    read = settings(**env)
    assert (read.scenario, read.control_token, read.keep_requests) == (Path("y.yaml"), "c", 5)
    assert (read.workers, read.upload_timeout, read.head_timeout, read.max_connections) == (7, 8.5, 2.5, 9)
    assert (read.write_timeout, read.max_downloads) == (3.5, 11)
    assert (read.log_summary, read.fetch_allow) == (2, ("c.example", "d.example"))
    assert (read.idle_timeout, read.grace_timeout, read.max_headers, read.max_head_bytes) == (1.5, 4.5, 12, 13)
    assert (read.max_url_bytes, read.max_discarded_bytes, read.max_renders) == (14, 15, 16)
    assert (read.render_cache_bytes, read.keep_request_bytes) == (17, 18)
    assert (read.log_format, read.strict_uploads, read.temporary_bytes) == ("json", True, 1_000_000)
    assert [path.name for path in read.dialects] == ["azure.overlay.yaml", "sglang.overlay.yaml"]
    assert (read.tls, read.cert, read.key) == (False, Path("cert.pem"), Path("key.pem"))
    assert (read.host, read.port, read.tokens, read.document, read.seed, read.log_level) == (
        "::1",
        1,
        ("a", "b"),
        Path("x.yaml"),
        3,
        "debug",
    )
    assert (read.store, read.keep_jobs, read.keep_bytes) == (parse_store("sqlite:x.db"), 5, 6)
    assert (read.webhook, read.webhook_secret, read.webhook_allow, read.reload) == (
        Target("http://[::1]:9/hook", "::1", 9),
        b"test",
        ("a.example", "b.example"),
        True,
    )
    flagged = settings("--port", "2", "--token", "c", **env)
    assert (flagged.port, flagged.tokens, flagged.seed) == (2, ("c",), 3)


def test_defaults_of_the_command_line_are_those_of_the_settings() -> None:
    assert settings() == Settings()


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_switch_is_turned_by_its_variable(text: str, *, on: bool) -> None:
    assert settings(MOCKSERVER_RELOAD=text).reload is on


def test_switch_takes_no_other_word() -> None:
    message = "argument MOCKSERVER_RELOAD: 'yes' is neither true nor false; allowed: true, 1, false, 0"
    assert misused(MOCKSERVER_RELOAD="yes") == message


def test_empty_variable_counts_as_misuse_not_as_absent() -> None:
    with pytest.raises(UsageError, match="MOCKSERVER_PORT"):
        settings(MOCKSERVER_PORT="")
