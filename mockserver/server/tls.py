"""TLS: a certificate made for one run, and the check of one that was given."""

import ssl
from importlib import import_module
from pathlib import Path

import msgspec

from mockserver.settings import Settings, UsageError

NAMES = ("localhost", "127.0.0.1", "::1")


def with_certificate(settings: Settings, folder: Path) -> tuple[Settings, Path | None]:
    """The settings with a certificate where one is to be made, and the file of the authority that signed it.

    ``UsageError`` where that cannot be, or the one that was given cannot be served by.
    """
    if settings.tls:
        return _made(settings, folder)
    if settings.cert is not None:
        _check(settings.cert, settings.key)
    return settings, None


def _made(settings: Settings, folder: Path) -> tuple[Settings, Path]:
    try:
        trustme = import_module("trustme")
    except ImportError:
        raise UsageError("argument --tls: needs trustme: python3 -m pip install 'videos-mock-kit[tls]'") from None
    authority, known = folder / "ca.pem", {*NAMES, settings.host} - {"0.0.0.0", "::"}  # noqa: S104 - names none
    made = trustme.CA()
    made.cert_pem.write_to_path(str(authority))
    made.issue_cert(*sorted(known)).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return msgspec.structs.replace(settings, tls=False, cert=folder / "server.pem"), authority


def _check(cert: Path, key: Path | None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except OSError as error:
        missing = (
            error.strerror if error.errno and not isinstance(error, ssl.SSLError) else "no certificate with its key"
        )
        raise UsageError(f"argument --cert: {cert}: {missing}; allowed: PEM, the key without a password") from None
