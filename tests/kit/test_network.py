"""The way to the target: certificates, proxies, headers, names; the same for every part of a run."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from contract_tests.runner.network import fitted
from contract_tests.settings import Network
from tests.faults import CORRECT
from tests.kit.test_reproduction import Recorded, served
from tests.kit.vocabulary import TOKEN, command

ONE = ("--token", TOKEN, "--rule", "seconds.enum")
CLEAN = CORRECT["clean"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what comes until one side has ended."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def relay(
    target: str, wrap: Callable[[socket.socket], socket.socket] = lambda one: one
) -> Iterator[tuple[str, list[bytes]]]:
    """A server that hands all bytes on to `target`, and what came first on each connection."""
    host, port = target.removeprefix("http://").split(":")
    seen: list[bytes] = []

    def connect(plain: socket.socket) -> None:
        try:
            here = wrap(plain)
            first = here.recv(65536)
        except OSError:
            plain.close()
            return
        seen.append(first)
        there = socket.create_connection((host, int(port)))
        if first.startswith(b"CONNECT "):
            here.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            there.sendall(first)
        threading.Thread(target=pump, args=(there, here)).start()
        pump(here, there)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=connect, args=(plain,)).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}", seen
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def tls(app: Any, certificate: trustme.LeafCert, trusted: trustme.CA | None = None) -> Iterator[str]:
    """The address of an application over TLS; `trusted` has signed the certificate that a client must show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if trusted is not None:
        trusted.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with served(app) as url, relay(url, lambda one: context.wrap_socket(one, server_side=True)) as (address, _):
        yield f"https://{address}"


def test_an_authority_that_is_named_is_trusted(authority: trustme.CA, pem: Path) -> None:
    with tls(CLEAN.build(), authority.issue_cert("127.0.0.1")) as url:
        assert command("run", url, *ONE, "--ca", str(pem))[0] == 0
        assert command("run", url, *ONE, environment={"SSL_CERT_FILE": str(pem)})[0] == 0


def test_schemathesis_goes_the_same_way(authority: trustme.CA, pem: Path) -> None:
    with tls(CLEAN.build(), authority.issue_cert("127.0.0.1")) as url:
        code, out, _ = command("run", url, "--token", TOKEN, "--rule", "generic.schemathesis", "--ca", str(pem))
    assert code == 0, out
    assert "1 rules hold" in out or "1 rule holds" in out or " hold" in out


UNTRUSTED: dict[str, tuple[Callable[[trustme.CA], trustme.LeafCert], bool, str]] = {
    "of nobody": (lambda ca: ca.issue_cert("127.0.0.1"), False, "self-signed certificate"),
    "of another host": (lambda ca: ca.issue_cert("other.example"), True, "IP address mismatch"),
    "of yesterday": (lambda ca: ca.issue_cert("127.0.0.1", not_before=dt.datetime(2020, 1, 1), not_after=dt.datetime(2021, 1, 1)), True, "certificate has expired"),  # noqa: DTZ001
}  # fmt: skip


@pytest.mark.parametrize("case", UNTRUSTED)
def test_a_certificate_that_is_not_trusted_is_called_so(case: str, authority: trustme.CA, pem: Path) -> None:
    issue, named, told = UNTRUSTED[case]
    with tls(CLEAN.build(), issue(authority)) as url:
        code, out, err = command("run", url, *ONE, *(("--ca", str(pem)) if named else ()))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"The certificate of {url} is not trusted: {told}" in err or "unable to get local issuer" in err


def test_any_certificate_is_trusted_where_asked_for_and_it_is_said(authority: trustme.CA, tmp_path: Path) -> None:
    with tls(CLEAN.build(), authority.issue_cert("127.0.0.1")) as url:
        code, out, _ = command("run", url, *ONE, "--insecure", "--report", str(tmp_path))
    assert code == 0
    for told in (out, *((tmp_path / name).read_text() for name in ("report.json", "report.html", "junit.xml"))):
        assert "insecure" in told


def test_a_certificate_of_the_client_is_shown(authority: trustme.CA, pem: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(own))
    with tls(CLEAN.build(), authority.issue_cert("127.0.0.1"), authority) as url:
        assert command("run", url, *ONE, "--ca", str(pem), "--client-cert", str(own))[0] == 0
        assert command("run", url, *ONE, "--ca", str(pem), "--timeout", "5")[0] == 2


FILES = {
    "no authority": ("--ca", "", "The authorities of"),
    "no certificate": ("--client-cert", "", "The certificate"),
    "no file": ("--ca", None, "(--ca) cannot be read: No such file or directory"),
    "no file of a client": ("--client-cert", None, "(--client-cert) cannot be read: No such file or directory"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_of_certificates_is_misuse(case: str, tmp_path: Path) -> None:
    flag, text, told = FILES[case]
    path = tmp_path / "file.pem"
    if text is not None:
        path.write_text(text)
    code, out, err = command("run", "https://127.0.0.1:1", flag, str(path))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_a_proxy_is_used(authority: trustme.CA) -> None:
    with served(CLEAN.build()) as url, relay(url) as (proxy, seen):
        code, _, _ = command(
            "run", "http://api.example.com", *ONE, "--spend", "unlimited", "--proxy", f"http://{proxy}"
        )
    assert code == 0
    assert seen[0].startswith(b"POST http://api.example.com/v1/videos")


def test_the_proxy_of_the_environment_is_used_for_every_part() -> None:
    words = (
        "run",
        "http://api.example.com",
        "--token",
        TOKEN,
        "--spend",
        "unlimited",
        "--rule",
        "generic.schemathesis",
    )
    with served(CLEAN.build()) as url, relay(url) as (proxy, seen):
        code, out, _ = command(*words, environment={"HTTP_PROXY": f"http://{proxy}"})
    assert code == 0, out
    assert any(first.startswith(b"POST http://api.example.com") for first in seen)


def test_a_proxy_that_is_not_there_is_told() -> None:
    code, _, err = command("run", "http://api.example.com", *ONE, "--proxy", "http://127.0.0.1:1")
    assert code == 2
    assert "The proxy does not lead to http://api.example.com: " in err


def test_nothing_goes_through_a_proxy_to_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    app = Recorded()
    with served(CLEAN.build()) as url, relay(url) as (proxy, seen):
        variables = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), f"http://{proxy}")
        for name, value in {**variables, "HOME": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        code, out, _ = command("run", url, "--token", TOKEN, environment=variables)
        with served(app) as recorded:
            command("run", recorded, "--token", TOKEN, "--rule", "generic.schemathesis", "--profile", "standard")
    assert code == 0, out
    assert seen == []
    assert {headers.get(b"authorization", b"")[:6] for _, _, headers, _ in app.seen} <= {b"Bearer", b""}


PROXIES: dict[str, tuple[dict[str, str], str, str | None]] = {
    "by scheme": ({"HTTPS_PROXY": "http://a:1", "HTTP_PROXY": "http://b:1"}, "https://x.example", "http://a:1"),
    "in small letters": ({"http_proxy": "http://b:1"}, "http://x.example", "http://b:1"),
    "for all": ({"ALL_PROXY": "http://c:1"}, "https://x.example", "http://c:1"),
    "not for some": ({"ALL_PROXY": "http://c:1", "NO_PROXY": "x.example"}, "https://x.example", None),
    "not for any": ({"ALL_PROXY": "http://c:1", "NO_PROXY": "*"}, "https://x.example", None),
    "none": ({}, "https://x.example", None),
    "empty": ({"HTTPS_PROXY": ""}, "https://x.example", None),
    "without a scheme": ({"HTTPS_PROXY": "a:1"}, "https://x.example", "http://a:1"),
    "to a name with a dot": ({"ALL_PROXY": "http://c:1"}, "http://localhost.", None),
    "to a short address": ({"ALL_PROXY": "http://c:1"}, "http://127.1", None),
    "to a number": ({"ALL_PROXY": "http://c:1"}, "http://2130706433", None),
    "to any address": ({"ALL_PROXY": "http://c:1"}, "http://0.0.0.0", None),
    "to a mapped address": ({"ALL_PROXY": "http://c:1"}, "http://[::ffff:127.0.0.1]", None),
}


@pytest.mark.parametrize("case", PROXIES)
def test_the_proxy_is_that_of_the_environment(case: str) -> None:
    environment, url, proxy = PROXIES[case]
    assert fitted(Network(), url, environment, no_proxy=False).proxy == proxy
    assert fitted(Network(), url, environment, no_proxy=True).proxy is None


def test_a_name_that_is_resolved_to_this_machine_needs_no_proxy() -> None:
    network = Network(resolve=(("x.example", 80, "::1"),))
    assert fitted(network, "http://x.example", {"ALL_PROXY": "http://c:1"}, no_proxy=False).proxy is None


@pytest.mark.parametrize("proxy", ["ftp://x", "http://[::1", "http://a:99999", "http://"])
def test_a_bad_proxy_of_the_environment_is_misuse(proxy: str) -> None:
    code, out, err = command("run", "http://x.example", *ONE, environment={"HTTP_PROXY": proxy})
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "The proxy of the environment is no http:// or https:// address" in err


def test_a_header_is_sent_with_every_request_and_a_secret_one_is_not_told(tmp_path: Path) -> None:
    app = Recorded()
    with served(app) as url:
        words = ("-H", "X-Tenant: acme", "--header", "User-Agent: mine", "-H", "X-Api-Key: very-secret-value")
        _, out, err = command("run", url, "--token", TOKEN, *words, "--report", str(tmp_path), "--profile", "quick")
    sent = [headers for _, _, headers, _ in app.seen]
    assert {headers.get(b"x-tenant") for headers in sent} == {b"acme"}
    assert {headers.get(b"user-agent") for headers in sent} == {b"mine"}
    told = [out, err, *(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())]
    assert not any("very-secret-value" in text for text in told)


def test_a_name_leads_where_it_is_told_to() -> None:
    with served(CLEAN.build()) as url:
        port = url.rpartition(":")[2]
        words = ("--resolve", f"videos.example:{port}:127.0.0.1", "--spend", "unlimited", "--profile", "quick")
        code, out, _ = command("run", f"http://videos.example:{port}", "--token", TOKEN, *words)
    assert code == 0, out


MISUSED = {
    "no header": (("-H", "nonsense"), "--header: it is no header; allowed: 'Name: value'"),
    "a header of two lines": (("-H", "X-A: a\nb: c"), "--header: the value of 'X-A' holds a character"),
    "a header of the kit's": (("-H", "Authorization: Bearer x"), "--header: 'Authorization' is set by the kit"),
    "no proxy": (("--proxy", "localhost:1"), "--proxy: it is no address of a proxy"),
    "a broken proxy": (("--proxy", "http://[::1"), "--proxy: it is no address of a proxy"),
    "no address": (("--resolve", "a:1:b"), "--resolve: 'a:1:b' is not HOST:PORT:ADDRESS"),
    "no name": (("--resolve", "nonsense"), "--resolve: 'nonsense' is not HOST:PORT:ADDRESS"),
    "no bytes": (("--max-bytes", "0"), "--max-bytes: '0' is no number of bytes from 1 on"),
}


@pytest.mark.parametrize("case", MISUSED)
def test_misuse_is_told_in_one_line(case: str) -> None:
    words, told = MISUSED[case]
    code, out, err = command("run", "http://127.0.0.1:1", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err
