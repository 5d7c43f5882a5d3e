"""The settings: one table of options, each with its flag, its environment variable and its default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mockserver.control.journal import MOST_BYTES as RECORD_BYTES
from mockserver.jobs.pace import FORMS, Pace, parse_pace
from mockserver.logs import FORMATS
from mockserver.media.renderer import AT_ONCE, CACHE_BYTES
from mockserver.spec.document import default_path
from mockserver.spec.overlay import dialect_names, dialect_path
from mockserver.stores import FORMS as STORES
from mockserver.stores import InMemory, StoreChoice, parse_store
from mockserver.validation.storage import MOST_BYTES
from mockserver.values import (
    LEVELS,
    WORKERS,
    read_bound,
    read_count,
    read_format,
    read_level,
    read_port,
    read_seconds,
    read_seed,
    read_switch,
    read_token,
    read_workers,
)
from mockserver.webhooks.events import read_secret
from mockserver.webhooks.target import Target, parse_host, parse_target

PREFIX = "MOCKSERVER_"


class UsageError(Exception):
    """The command was misused. Its text is one line that names the option, what came and what is allowed."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one mock behaves.

    ``tokens``: those accepted, none for any. ``seed``: the same one repeats ids, jitter and what scenarios leave to
    chance. ``keep_jobs``, ``keep_bytes``: past so many jobs, or bytes of their pictures, old ones go; ``None`` for the
    store's own bounds. ``scenario``: a file of them. ``keep_requests``: how many the journal holds.
    ``log_summary``: seconds between two summaries of refusals, 0 for none. ``workers``: how many processes serve.
    ``upload_timeout``: seconds within which a body arrives; ``head_timeout``:
    a head; ``write_timeout``: seconds for which a client may read nothing; ``idle_timeout``: seconds between two
    requests of a connection; 0 for no limit. ``grace_timeout``: seconds for requests under way once it is to stop.
    ``max_connections``, ``max_downloads``, ``max_renders``: how many there are at once. ``max_headers``,
    ``max_head_bytes``, ``max_url_bytes``: of one request. ``max_discarded_bytes``: of a body whose request is answered.
    ``keep_request_bytes``: bound on the journal; the files of refused requests take half as many more.
    ``render_cache_bytes``: bound on the made clips and pictures that are kept.
    ``temporary_bytes``: bound on the file that holds large uploads while they are in use.
    ``dialects``: overlays of the document, in order.
    ``cert``, ``key``: files of the certificate and the key that TLS is served by; ``tls``: make them.
    ``fetch_allow``: hosts from which pictures are fetched that are named by an address.
    ``strict_uploads``: refuse a file without a name, and one that is declared as another type than the field takes.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    tokens: tuple[str, ...] = ()
    document: Path = msgspec.field(default_factory=default_path)
    dialects: tuple[Path, ...] = ()
    pace: Pace = msgspec.field(default_factory=lambda: parse_pace("fast"))
    seed: int | None = None
    store: StoreChoice = InMemory()
    keep_jobs: int | None = None
    keep_bytes: int | None = None
    scenario: Path | None = None
    control_token: str | None = None
    keep_requests: int = 1000
    log_level: str = "info"
    log_format: str = "text"
    log_summary: float = 10
    webhook: Target | None = None
    webhook_secret: bytes | None = None
    webhook_allow: tuple[str, ...] = ()
    reload: bool = False
    workers: int = 1
    upload_timeout: float = 60
    head_timeout: float = 10
    write_timeout: float = 60
    idle_timeout: float = 5
    grace_timeout: float = 8
    max_connections: int = 2000
    max_headers: int = 100
    max_head_bytes: int = 64 * 1024
    max_url_bytes: int = 16 * 1024
    max_discarded_bytes: int = 64 * 1024**2
    max_downloads: int = 200
    max_renders: int = AT_ONCE
    render_cache_bytes: int = CACHE_BYTES
    keep_request_bytes: int = RECORD_BYTES
    strict_uploads: bool = False
    fetch_allow: tuple[str, ...] = ()
    temporary_bytes: int = MOST_BYTES
    tls: bool = False
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Refuse one half of a webhook or of a certificate, and workers that share nothing."""
        if self.key is not None and self.cert is None:
            raise UsageError("argument --cert: missing; --key belongs to it")
        if self.tls and self.cert is not None:
            raise UsageError("argument --tls: it makes a certificate; with --cert there is one")
        if self.workers > 1 and not self.store.is_shared:
            raise UsageError(
                f"argument --workers: {self.workers} processes need a store that they share; with --store memory "
                f"allowed: 1; with another store: {WORKERS}"
            )
        if self.webhook is None and (self.webhook_secret or self.webhook_allow):
            raise UsageError("argument --webhook: missing; --webhook-secret and --webhook-allow belong to it")
        if self.webhook and not self.webhook_secret:
            raise UsageError("argument --webhook-secret: missing; each webhook is signed with it")


class Option(msgspec.Struct, frozen=True):
    """One row of the table. ``read`` turns a text into a value, or raises ``ValueError``. ``default`` is for the help.

    ``field``: its name in ``Settings``, where it is another than its own. ``choices`` are what a shell offers to
    complete. The value of a secret is never shown.
    """

    name: str
    metavar: str
    default: str
    read: Callable[[str], Any]
    help: str
    field: str = ""
    repeatable: bool = False
    is_switch: bool = False
    is_secret: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper().replace("-", "_")


OPTIONS = (
    Option("host", "H", "127.0.0.1", str, "address to listen on"),
    Option("port", "P", "8000", read_port, "port to listen on; 0 takes any free one"),
    Option(
        "token",
        "T",
        "any",
        read_token,
        "bearer token to accept; give it again for more",
        "tokens",
        repeatable=True,
        is_secret=True,
    ),
    Option("document", "FILE", "the one that ships", Path, "another copy of openapi.yaml to take the rules from"),
    Option(
        "dialect",
        "NAME|FILE",
        "none",
        dialect_path,
        "play another server of the field: a dialect that ships, or an OpenAPI Overlay; give it again for more",
        "dialects",
        repeatable=True,
        choices=tuple(dialect_names()),
    ),
    Option("pace", "PACE", "fast", parse_pace, f"how jobs progress: {FORMS}"),
    Option("seed", "N", "none", read_seed, "make the random part of ids, the jitter and all chance repeat exactly"),
    Option("store", "STORE", "memory", parse_store, f"where jobs are kept: {STORES}; a file or Redis may be shared"),
    Option(
        "keep-jobs",
        "N",
        "100000 in memory and Redis, 1000000 in a file",
        read_bound,
        "how many jobs are kept; past that the oldest go, finished ones first",
        "keep_jobs",
    ),
    Option(
        "keep-bytes",
        "N",
        "64 MiB in memory, 4 GiB in a file, 1 GiB in Redis",
        read_bound,
        "how many bytes of uploaded pictures are kept; past that the oldest jobs go with theirs",
        "keep_bytes",
    ),
    Option("scenario", "FILE", "none", Path, "scenarios that requests meet from the start, in YAML"),
    Option(
        "control-token",
        "T",
        "none",
        read_token,
        "open /_mock/ to who sends this token, from anywhere",
        "control_token",
        is_secret=True,
    ),
    Option("keep-requests", "N", "1000", read_count, "how many requests /_mock/requests remembers", "keep_requests"),
    Option(
        "log-level",
        "LEVEL",
        "info",
        read_level,
        f"what to tell on standard error: {', '.join(LEVELS)}",
        "log_level",
        choices=LEVELS,
    ),
    Option(
        "log-format",
        "FORMAT",
        "text",
        read_format,
        f"how to tell it: {', '.join(FORMATS)}, a line each",
        "log_format",
        choices=tuple(FORMATS),
    ),
    Option(
        "log-summary",
        "SECONDS",
        "10",
        read_seconds,
        "with --log-level warning, how often at most a line tells how many requests were refused; 0 for never",
        "log_summary",
    ),
    Option("webhook", "URL", "none", parse_target, "tell this URL of each video that ends, signed"),
    Option(
        "webhook-secret",
        "SECRET",
        "none",
        read_secret,
        "what webhooks are signed with: whsec_ and a key in base64",
        "webhook_secret",
        is_secret=True,
    ),
    Option(
        "webhook-allow",
        "HOST",
        "none",
        parse_host,
        "host outside of this machine that webhooks may go to; give it again for more",
        "webhook_allow",
        repeatable=True,
    ),
    Option("workers", "N", "1", read_workers, "how many processes serve the port; more than one need a shared store"),
    Option(
        "upload-timeout",
        "SECONDS",
        "60",
        read_seconds,
        "how long the body of a request may take to arrive; 0 for any time",
        "upload_timeout",
    ),
    Option(
        "head-timeout",
        "SECONDS",
        "10",
        read_seconds,
        "how long the request line and the headers may take to arrive; 0 for any time",
        "head_timeout",
    ),
    Option(
        "idle-timeout",
        "SECONDS",
        "5",
        read_seconds,
        "how long a connection may wait for its next request; 0 for any time",
        "idle_timeout",
    ),
    Option(
        "grace-timeout",
        "SECONDS",
        "8",
        read_seconds,
        "how long the requests under way may take once the mock is told to stop; Docker kills after 10",
        "grace_timeout",
    ),
    Option("max-headers", "N", "100", read_bound, "headers of one request; for more it gets a 431", "max_headers"),
    Option(
        "max-head-bytes",
        "N",
        "65536 (64 KiB)",
        read_bound,
        "bytes of the request line and the headers; for more the request gets a 431",
        "max_head_bytes",
    ),
    Option(
        "max-url-bytes",
        "N",
        "16384 (16 KiB)",
        read_bound,
        "bytes of the path and the query; for more the request gets a 414",
        "max_url_bytes",
    ),
    Option(
        "max-discarded-bytes",
        "N",
        "67108864 (64 MiB)",
        read_bound,
        "bytes of a body that are read after its request was answered; then the connection is closed",
        "max_discarded_bytes",
    ),
    Option(
        "max-connections", "N", "2000", read_bound, "connections open at once; one more gets a 503", "max_connections"
    ),
    Option(
        "write-timeout",
        "SECONDS",
        "60",
        read_seconds,
        "how long a client may read nothing of its response; 0 for any time",
        "write_timeout",
    ),
    Option(
        "max-downloads",
        "N",
        "200",
        read_bound,
        "downloads of content in flight at once; one more gets a 503",
        "max_downloads",
    ),
    Option("max-renders", "N", "2", read_bound, "clips and pictures made at once; the others wait", "max_renders"),
    Option(
        "render-cache-bytes",
        "N",
        "67108864 (64 MiB)",
        read_bound,
        "bytes of made clips and pictures that are kept; those not asked for longest go first",
        "render_cache_bytes",
    ),
    Option(
        "keep-request-bytes",
        "N",
        "67108864 (64 MiB)",
        read_bound,
        "bytes of requests that /_mock/requests remembers; the files of refused ones take half as many more",
        "keep_request_bytes",
    ),
    Option(
        "temporary-bytes",
        "N",
        "2147483648 (2 GiB)",
        read_bound,
        "how many bytes of large uploads lie in a temporary file at once; an upload that finds no room gets a 503",
        "temporary_bytes",
    ),
    Option(
        "strict-uploads",
        "",
        "off",
        read_switch,
        "refuse a file without a name, or declared as another type than the field takes, as the official service does",
        "strict_uploads",
        is_switch=True,
    ),
    Option(
        "fetch-allow",
        "HOST",
        "none",
        parse_host,
        "host from which a picture that is named by its address is fetched, in dialects that take one; give it again",
        "fetch_allow",
        repeatable=True,
    ),
    Option("tls", "", "off", read_switch, "serve https by a certificate made for this run", is_switch=True),
    Option("cert", "FILE", "none", Path, "serve https by this certificate, as PEM; its key may stand in it"),
    Option("key", "FILE", "in --cert", Path, "the key of --cert, as PEM, without a password"),
    Option(
        "reload", "", "off", read_switch, "follow the document and its overlays while they are edited", is_switch=True
    ),
)
