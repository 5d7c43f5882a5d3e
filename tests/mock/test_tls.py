"""The mock over https, by a certificate of its own or one that is given."""

import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from mockserver.server.tls import with_certificate
from mockserver.settings import Settings, UsageError
from tests.mock.test_cli import misused, served, url


def authority(told: str) -> Path:
    """The file that the banner names."""
    return Path(told.partition("SSL_CERT_FILE=")[2].split()[0])


def told_of(process: Any, told: str) -> str:
    """The banner up to the line that tells how to trust the mock."""
    return told + str(process.stdout.readline())


def test_a_client_that_trusts_what_the_banner_names_gets_its_answer() -> None:
    with served("--tls") as (process, told):
        context = ssl.create_default_context(cafile=authority(told_of(process, told)))
        answer = httpx.get(f"{url(told)}/v1/videos", headers={"authorization": "Bearer x"}, verify=context)
        assert url(told).startswith("https://")
        assert answer.json()["data"] == []
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url(told)}/v1/videos")


def test_the_command_of_the_banner_works_over_tls() -> None:
    with served("--tls") as (_, told):
        command = next(line for line in told.splitlines() if line.startswith("  curl "))
        done = subprocess.run(["sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True)  # noqa: S607
        assert '"status":"queued"' in done.stdout


def test_workers_share_the_certificate(tmp_path: Path) -> None:
    with served("--tls", "--workers", "2", "--store", f"sqlite:{tmp_path / 'jobs'}") as (process, told):
        context = ssl.create_default_context(cafile=authority(told_of(process, told)))
        for _ in range(4):
            assert httpx.get(f"{url(told)}/_mock/health", verify=context).status_code == 200


def test_a_certificate_that_is_given_is_served(tmp_path: Path) -> None:
    ca = trustme.CA()
    made = ca.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made.cert_chain_pems[0].write_to_path(str(cert))
    made.private_key_pem.write_to_path(str(key))
    context = ssl.create_default_context()
    ca.configure_trust(context)
    with served("--cert", str(cert), "--key", str(key)) as (_, told):
        assert httpx.get(f"{url(told)}/_mock/health", verify=context).status_code == 200


MISUSED = {
    "no file": (("--cert", "/nowhere"), "argument --cert: /nowhere: No such file or directory; allowed: PEM"),
    "no certificate": (("--cert", __file__), "no certificate with its key; allowed: PEM, the key without a password"),
    "a key alone": (("--key", "x"), "argument --cert: missing; --key belongs to it"),
    "both": (("--tls", "--cert", "x"), "argument --tls: it makes a certificate; with --cert there is one"),
}


@pytest.mark.parametrize("case", MISUSED)
def test_misuse_is_told_in_one_line(case: str) -> None:
    words, told = MISUSED[case]
    assert told in misused(*words)


def test_what_is_not_installed_is_told_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(UsageError, match=r"--tls: needs trustme: python3 -m pip install 'videos-mock-kit\[tls\]'"):
        with_certificate(Settings(tls=True), tmp_path)
