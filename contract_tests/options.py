"""The commands and their options: one table, from which the command line and the documentation are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contract_tests.oracle.verdict import FAIL_ON
from contract_tests.settings import PROFILES
from contract_tests.spec.overlay import find
from contract_tests.values import (
    read_bytes,
    read_count,
    read_date,
    read_depth,
    read_fail_on,
    read_head_bytes,
    read_header,
    read_headers,
    read_positive,
    read_price,
    read_profile,
    read_proxy,
    read_rate,
    read_resolve,
    read_seconds,
    read_switch,
    read_token,
    read_whole,
)

PREFIX = "CONTRACT_TESTS_"


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
        read_token,
        "the bearer token",
        variable="VIDEOS_TOKEN",
        is_secret=True,
    ),
    Option(
        "second-token",
        ("run",),
        "T",
        "none",
        read_token,
        "a bearer token of another account: what the first has made, it must not find; with --extensions",
        variable="VIDEOS_SECOND_TOKEN",
        is_secret=True,
    ),
    Option(
        "spend",
        JUDGING,
        "N",
        "unlimited on loopback, 0 elsewhere",
        read_count,
        "creations that may be accepted, or 'unlimited'",
    ),
    Option(
        "profile",
        JUDGING,
        "P",
        "standard",
        read_profile,
        f"how much effort: {', '.join(PROFILES)}",
        choices=tuple(PROFILES),
    ),
    Option("seed", JUDGING, "N", "0", read_whole, "repeats a run exactly"),
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
    Option("price", ("plan",), "P", "none", read_price, "what one creation costs"),
    Option("probe", ("identify",), "N", "0", read_whole, "creations that may be made to be surer"),
    Option(
        "workers",
        ("run",),
        "N",
        "4 on loopback, 2 elsewhere",
        read_positive,
        "requests at once; always 1 where creations are counted",
    ),
    Option(
        "timeout",
        ASKING,
        "S",
        "30",
        read_seconds,
        "seconds for one request, from the connection to the end of the answer",
    ),
    Option("connect-timeout", ASKING, "S", "10", read_seconds, "seconds for a connection"),
    Option(
        "max-time",
        ASKING,
        "S",
        "any",
        read_seconds,
        "seconds after which the run ends and reports what it has judged",
    ),
    Option("max-wait", ASKING, "S", "60", read_seconds, "seconds that one request waits for a server that answers 429"),
    Option("rate", ASKING, "N", "any", read_rate, "requests a second that no more are sent than"),
    Option(
        "max-bytes",
        ASKING,
        "N",
        "67108864 (64 MiB)",
        read_bytes,
        "bytes of an answer, compressed or not; one that is larger is no answer",
    ),
    Option(
        "max-head-bytes",
        ASKING,
        "N",
        "65536 (64 KiB)",
        read_head_bytes,
        "bytes of the headers of an answer; one that has more is no answer",
    ),
    Option("max-headers", ASKING, "N", "100", read_headers, "headers of an answer; one that has more is no answer"),
    Option(
        "max-depth",
        ASKING,
        "N",
        "100",
        read_depth,
        "arrays and objects within each other in the JSON of an answer; one with more has no body",
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
    Option("insecure", ASKING, "", "off", read_switch, "trust any certificate; each report says so", is_switch=True),
    Option(
        "proxy",
        ASKING,
        "URL",
        "the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY",
        read_proxy,
        "the proxy to go through; never to this machine",
        is_secret=True,
    ),
    Option(
        "no-proxy", ASKING, "", "off", read_switch, "go through no proxy, whatever the variables say", is_switch=True
    ),
    Option(
        "header",
        ASKING,
        "'NAME: VALUE'",
        "none",
        read_header,
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
        read_resolve,
        "where to connect to for a host and port; give it again for more",
        repeatable=True,
    ),
    Option(
        "resume",
        ("run",),
        "",
        "off",
        read_switch,
        "go on with the run of the journal, without paying twice",
        is_switch=True,
    ),
    Option("journal", ("run",), "FILE", "in the folder of --report", Path, "where to record"),
    Option(
        "strict", ("run", "plan", "judge"), "", "off", read_switch, "broken inferred rules fail too", is_switch=True
    ),
    Option(
        "extensions",
        ("run", "judge"),
        "",
        "off",
        read_switch,
        "judge operations beyond the document too",
        is_switch=True,
    ),
    Option(
        "fail-on",
        ("run", "judge"),
        "SOURCE",
        "as --strict and --extensions say",
        read_fail_on,
        f"the rules whose breach fails: {', '.join(FAIL_ON)}; each with those before it",
        choices=FAIL_ON,
    ),
    Option("baseline", (*REPORTING, "baseline"), "FILE", "none", Path, "known failures, which do not fail the run"),
    Option(
        "baseline-strict",
        REPORTING,
        "",
        "off",
        read_switch,
        "a known failure that is gone or past its date fails too",
        is_switch=True,
    ),
    Option(
        "until", ("baseline",), "DATE", "90 days from today", read_date, "the last day of failures that are new there"
    ),
    Option(
        "verbose",
        ("run", "plan", "judge"),
        "",
        "off",
        read_switch,
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
    Option("suggest", REPORTING, "FILE", "none", Path, "write what answers had in common, in no rule, as an overlay"),
    Option(
        "github",
        REPORTING,
        "",
        "where GITHUB_ACTIONS is true",
        read_switch,
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
