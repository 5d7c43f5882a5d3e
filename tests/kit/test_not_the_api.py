"""Whatever is not the API is no verdict: exit 2, one line that says what it looks like, and no rule that holds."""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.kit.vocabulary import TOKEN, command

Answer = tuple[int, dict[str, str], bytes]
PAGE, ERROR = b"<html><h1>Not Found</h1></html>", json.dumps({"error": {"message": "no"}}).encode()
HTML, JSON = {"content-type": "text/html"}, {"content-type": "application/json"}


@contextmanager
def answering(answer: Callable[[str], Answer], certificate: Path | None = None) -> Iterator[str]:
    """The host and port of a server that answers every request by its path alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body)), "connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815  names that the library calls

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A handshake that fails is expected."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


STRANGERS: dict[str, tuple[Answer, str]] = {
    "a static page": ((404, HTML, PAGE), "a wrong base path or another server"),
    "an API elsewhere": ((404, JSON, ERROR), "a wrong base path or another server"),
    "a login": ((401, HTML, PAGE), "The server refuses"),
    "a firewall": ((403, HTML, PAGE), "The server refuses"),
    "a proxy with a login": ((407, HTML, PAGE), "a proxy that asks for a login"),
    "a missing tenant": ((400, JSON, ERROR), "a missing header"),
    "a dead upstream": ((502, HTML, PAGE), "a proxy whose server is down"),
    "maintenance": ((503, HTML, PAGE), "a proxy whose server is down"),
    "a slow upstream": ((504, HTML, PAGE), "a proxy whose server is down"),
    "a broken server": ((500, HTML, PAGE), "fails before it reads a request"),
    "a nginx with TLS": ((400, HTML, b"The plain HTTP request was sent to HTTPS port"), "begins with https://"),
    "a redirect to nowhere": ((302, {}, b""), "without saying where"),
    "a redirect to a login": ((302, {"location": "/login?next=1"}, b""), "/login?next=1"),
}


@pytest.mark.parametrize("spend", ["0", "3", "unlimited"])
@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_not_the_api_is_no_verdict(name: str, spend: str) -> None:
    answer, looks = STRANGERS[name]
    with answering(lambda _: answer) as host:
        code, out, err = command("run", f"http://{host}", "--token", TOKEN, "--spend", spend, "--profile", "quick")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert looks in err


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_the_address_to_give(status: int) -> None:
    with answering(lambda path: (status, {"location": f"https://api.example.com/eu{path}"}, b"")) as host:
        code, _, err = command("run", f"http://{host}", "--token", TOKEN)
    assert (code, "give https://api.example.com/eu." in err) == (2, True)


def test_one_rule_alone_is_not_judged_by_a_page_either() -> None:
    with answering(lambda _: (404, HTML, PAGE)) as host:
        code, _, err = command("run", f"http://{host}", "--token", TOKEN, "--rule", "seconds.enum")
    assert (code, "a wrong base path" in err) == (2, True)


def test_where_no_good_request_passes_a_refusal_must_name_its_field() -> None:
    """An unknown path is told from the rest, so that it is not one answer for all."""
    with answering(lambda path: (400, JSON, ERROR) if path == "/v1/videos" else (404, HTML, PAGE)) as host:
        code, _, err = command("run", f"http://{host}", "--token", TOKEN, "--profile", "quick")
    assert (code, "names the field" in err) == (2, True)


def test_page_that_answers_200_to_everything_is_no_verdict() -> None:
    with answering(lambda _: (200, HTML, PAGE)) as host:
        code, out, err = command("run", f"http://{host}", "--token", TOKEN, "--profile", "quick")
    assert (code, out, "a web page, not the API" in err) == (2, "", True)


def test_server_that_takes_everything_is_judged() -> None:
    with answering(lambda _: (200, JSON, b"{}")) as host:
        code, out, _ = command("run", f"http://{host}", "--token", TOKEN, "--profile", "quick")
    assert (code, "seconds.enum" in out) == (1, True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost".split()
    try:
        subprocess.run([*made, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def test_plain_http_at_a_port_for_tls_names_the_other_scheme(certificate: Path) -> None:
    with answering(lambda _: (404, HTML, PAGE), certificate) as host:
        code, _, err = command("run", f"http://{host}", "--token", TOKEN)
    assert (code, "is a port for TLS: give an address that begins with https://" in err) == (2, True)


def test_tls_at_a_plain_port_names_the_other_scheme() -> None:
    with answering(lambda _: (404, HTML, PAGE)) as host:
        code, _, err = command("run", f"https://{host}", "--token", TOKEN)
    assert (code, "speaks no TLS: give an address that begins with http://" in err) == (2, True)
