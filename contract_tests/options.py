"""The commands and their options: one table, from which the command line and the documentation are made."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from contract_tests.oracle.verdict import FAIL_ON
from contract_tests.settings import PROFILES
from contract_tests.spec.overlay import find

PREFIX = "CONTRACT_TESTS_"
#: More requests at once than this no endpoint needs.
MOST_WORKERS = 100
#: Seconds; longer than an hour nobody waits for one answer.
LONGEST = 3600.0
#: What each request has of its own.
_OWN_HEADERS = frozenset({"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"})


def _count(text: str) -> int | None:
    """A number of creations; None for any number."""
    if text == "unlimited":
        return None
    if not text.isdecimal():
        raise ValueError(f"{text!r} is neither a whole number from 0 on nor 'unlimited'")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise ValueError(f"{text!r} is no whole number from 1 to {MOST_WORKERS}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _token(text: str) -> str:
    # The text itself is not told: it may be the token with a line break behind it.
    if not text or not text.isprintable() or " " in text:
        raise ValueError("a token is not empty and holds neither spaces nor line breaks")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST:
        raise ValueError(f"{text!r} is no number of seconds above 0, at most {LONGEST:g}")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1e6:
        raise ValueError(f"{text!r} is no number of requests a second from 0.001 to 1000000")
    return value


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is no number from 0 on")
    return value


def _switch(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text in ("true", "1")


def _profile(text: str) -> str:
    if text not in PROFILES:
        raise ValueError(f"{text!r} is no profile; allowed: {', '.join(PROFILES)}")
    return text


def _fail_on(text: str) -> str:
    if text not in FAIL_ON:
        raise ValueError(f"{text!r} is not known; allowed: {', '.join(FAIL_ON)}")
    return text


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; allowed: YYYY-MM-DD") from None


def _bytes(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{text!r} is no number of bytes from 1 on")
    return int(text)


def _proxy(text: str) -> str:
    # The text itself is not told: it may hold a password.
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"it is no address of a proxy: {error}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("it is no address of a proxy; allowed: http://HOST:PORT or https://HOST:PORT")
    return text


def _header(text: str) -> tuple[str, str]:
    # The value is not told: it may be a secret.
    name, colon, value = (one.strip() for one in text.partition(":"))
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise ValueError("it is no header; allowed: 'Name: value'")
    if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", value):
        raise ValueError(f"the value of '{name}' holds a character that no header can")
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"'{name}' is set by the kit, for each request")
    return name, value


def _resolve(text: str) -> tuple[str, int, str]:
    found = re.fullmatch(r"([^:]+|\[[^]]+\]):(\d{1,5}):(.+)", text)
    try:
        address = ipaddress.ip_address((found[3] if found else "").strip("[]"))
    except ValueError:
        raise ValueError(f"{text!r} is not HOST:PORT:ADDRESS") from None
    assert found is not None
    return found[1].strip("[]").lower(), int(found[2]), str(address)


@dataclass(frozen=True)
class Option:
    """One row of the table. `read` turns a text into a value, or raises ValueError; `default` is told, not read.

    `commands`: those that take it. `field`: its name in `Settings` or `Arguments`, where it is another than its own.
    `variable`: its environment variable; "" for the usual name. `between`: what stands between several values there,
    None for white space. `choices` are offered by the completion of a shell. The value of a secret is never shown.
    """

    name: str
    commands: Sequence[str]
    metavar: str
    default: str
    read: Callable[[str], Any]
    help: str
    field: str = ""
    variable: str = ""
    short: str = ""
    between: str | None = None
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    is_switch: bool = False
    is_secret: bool = False

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return f"--{self.name}"

    @property
    def environment_variable(self) -> str:
        """The environment variable."""
        return self.variable or PREFIX + self.name.upper().replace("-", "_")

    @property
    def target(self) -> str:
        """The field that takes its value."""
        return self.field or self.name.replace("-", "_")

    @property
    def described(self) -> str:
        """What the help says of it."""
        return self.help if self.is_switch or not self.default else f"{self.help} (default: {self.default})"


JUDGING = ("run", "plan")
ASKING = ("run", "identify")
REPORTING = ("run", "judge")
OPTIONS = (
    Option(
        "token",
        ("run", "plan", "judge", "identify"),
        "T",
        "none",
        _token,
        "the bearer token",
        variable="VIDEOS_TOKEN",
        is_secret=True,
    ),
    Option(
        "second-token",
        ("run", "judge"),
        "T",
        "none",
        _token,
        "a bearer token of another account: what the first has made, it must not find; with --extensions",
        variable="VIDEOS_SECOND_TOKEN",
        is_secret=True,
    ),
    Option(
        "spend",
        JUDGING,
        "N",
        "unlimited on loopback, 0 elsewhere",
        _count,
        "creations that may be accepted, or 'unlimited'",
    ),
    Option(
        "profile",
        JUDGING,
        "P",
        "standard",
        _profile,
        f"how much effort: {', '.join(PROFILES)}",
        choices=tuple(PROFILES),
    ),
    Option("seed", JUDGING, "N", "0", _whole, "repeats a run exactly"),
    Option(
        "rule",
        (*JUDGING, "judge"),
        "ID",
        "all",
        str,
        "judge this rule alone; give it again for more",
        field="only",
        repeatable=True,
    ),
    Option("price", ("plan",), "P", "none", _price, "what one creation costs"),
    Option("probe", ("identify",), "N", "0", _whole, "creations that may be made to be surer"),
    Option(
        "workers",
        ("run",),
        "N",
        "4 on loopback, 2 elsewhere",
        _positive,
        "requests at once; always 1 where creations are counted",
    ),
    Option(
        "timeout", ASKING, "S", "30", _seconds, "seconds for one request, from the connection to the end of the answer"
    ),
    Option("connect-timeout", ASKING, "S", "10", _seconds, "seconds for a connection"),
    Option(
        "max-time", ("run",), "S", "any", _seconds, "seconds after which the run ends and reports what it has judged"
    ),
    Option("max-wait", ("run",), "S", "60", _seconds, "seconds that one request waits for a server that answers 429"),
    Option("rate", ("run",), "N", "any", _rate, "requests a second that no more are sent than"),
    Option(
        "max-bytes",
        ASKING,
        "N",
        "67108864 (64 MiB)",
        _bytes,
        "bytes of an answer, compressed or not; one that is larger is no answer",
    ),
    Option(
        "ca",
        ASKING,
        "FILE",
        "those of certifi, or the variable SSL_CERT_FILE",
        Path,
        "certificates of the authorities to trust, as PEM",
    ),
    Option("client-cert", ASKING, "FILE", "none", Path, "a certificate and its key, as PEM, to show to the server"),
    Option("insecure", ASKING, "", "off", _switch, "trust any certificate; each report says so", is_switch=True),
    Option(
        "proxy",
        ASKING,
        "URL",
        "the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY",
        _proxy,
        "the proxy to go through; never to this machine",
        is_secret=True,
    ),
    Option("no-proxy", ASKING, "", "off", _switch, "go through no proxy, whatever the variables say", is_switch=True),
    Option(
        "header",
        ASKING,
        "'NAME: VALUE'",
        "none",
        _header,
        "a header to send with each request; give it again for more",
        field="headers",
        short="-H",
        between="\n",
        repeatable=True,
        is_secret=True,
    ),
    Option(
        "resolve",
        ASKING,
        "HOST:PORT:ADDRESS",
        "none",
        _resolve,
        "where to connect to for a host and port; give it again for more",
        repeatable=True,
    ),
    Option(
        "resume",
        ("run",),
        "",
        "off",
        _switch,
        "go on with the run of the journal, without paying twice",
        is_switch=True,
    ),
    Option("journal", ("run",), "FILE", "in the folder of --report", Path, "where to record"),
    Option("strict", ("run", "plan", "judge"), "", "off", _switch, "broken inferred rules fail too", is_switch=True),
    Option(
        "extensions", ("run", "judge"), "", "off", _switch, "judge operations beyond the document too", is_switch=True
    ),
    Option(
        "fail-on",
        ("run", "judge"),
        "SOURCE",
        "as --strict and --extensions say",
        _fail_on,
        f"the rules whose breach fails: {', '.join(FAIL_ON)}; each with those before it",
        choices=FAIL_ON,
    ),
    Option("baseline", (*REPORTING, "baseline"), "FILE", "none", Path, "known failures, which do not fail the run"),
    Option(
        "baseline-strict",
        REPORTING,
        "",
        "off",
        _switch,
        "a known failure that is gone or past its date fails too",
        is_switch=True,
    ),
    Option("until", ("baseline",), "DATE", "90 days from today", _date, "the last day of failures that are new there"),
    Option(
        "verbose",
        ("run", "plan", "judge"),
        "",
        "off",
        _switch,
        "show each rule that holds or was not tested; of a plan, each request",
        short="-v",
        is_switch=True,
    ),
    Option(
        "report",
        ("run", "judge"),
        "DIR",
        "none",
        Path,
        "write junit.xml, report.json, report.html, the journal and a folder for each finding there",
    ),
    Option("markdown", REPORTING, "FILE", "none", Path, "write the report as Markdown"),
    Option("sarif", REPORTING, "FILE", "none", Path, "write the report as SARIF 2.1.0, for code scanning"),
    Option("json", REPORTING, "FILE", "none", Path, "write the report as JSON; '-' is standard output, and only that"),
    Option(
        "github",
        REPORTING,
        "",
        "where GITHUB_ACTIONS is true",
        _switch,
        "annotate the rules in GitHub Actions, and add to the summary of the step",
        is_switch=True,
    ),
    Option(
        "document",
        ("run", "plan", "rules", "judge", "identify", "explain"),
        "FILE",
        "the one that ships",
        Path,
        "another copy of openapi.yaml to take the rules from",
    ),
    Option(
        "dialect",
        ("run", "plan", "rules", "judge", "validate", "explain"),
        "NAME|FILE",
        "none",
        find,
        "judge by another server of the field: a dialect that ships, or an OpenAPI Overlay; give it again for more",
        field="dialects",
        repeatable=True,
    ),
)


class Operand(NamedTuple):
    """A word of a command that belongs to no option; `target` is the field that takes its value."""

    metavar: str
    target: str
    read: Callable[[str], Any] = str


URL = Operand("URL", "url")
#: Each command, what it does, and what it is given.
COMMANDS: dict[str, tuple[str, tuple[Operand, ...]]] = {
    "run": ("Judge an endpoint. URL: where it is, with or without /v1.", (URL,)),
    "plan": ("Show what would be sent, and send nothing.", (URL,)),
    "rules": ("Show the rule table.", ()),
    "explain": ("Tell what a rule says, why, and how to keep it.", (Operand("RULE", "rule"),)),
    "judge": ("Judge the answers of a journal again.", (Operand("JOURNAL", "journal", Path),)),
    "identify": ("Find out which dialect an endpoint speaks.", (URL,)),
    "baseline": ("Write what fails in a report as known failures.", (Operand("REPORT", "result", Path),)),
    "validate": ("Check a document, and send nothing.", (Operand("FILE", "document", Path),)),
}
