"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.oracle.verdict import Strictness
from contract_tests.spec.document import default_path


@dataclass(frozen=True)
class Profile:
    """How much effort.

    `examples` are drawn a class, `walks` of `steps` go through the lives of videos, `generic` cases are made by
    schemathesis (0: none), bodies at the limit are sent where `large`, a video is waited for `patience` seconds.
    """

    examples: int
    walks: int
    steps: int
    generic: int
    large: bool
    patience: float


PROFILES = {
    "quick": Profile(examples=0, walks=1, steps=5, generic=0, large=False, patience=1.0),
    "standard": Profile(examples=6, walks=4, steps=8, generic=12, large=True, patience=5.0),
    "thorough": Profile(examples=100, walks=30, steps=20, generic=500, large=True, patience=120.0),
}


@dataclass(frozen=True)
class Network:
    """How the target is reached by every part of a run, and what one answer may cost. Times in seconds, sizes in bytes.

    `timeout` is that of a whole exchange. `max_head_bytes` and `max_headers` bound the head of an answer, `max_depth`
    the nesting of its JSON. `headers` are sent with each request. `resolve` holds hosts and ports with
    the address to connect to instead. `proxy` None: none.
    """

    ca: Path | None = None
    client_cert: Path | None = None
    insecure: bool = False
    proxy: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    resolve: tuple[tuple[str, int, str], ...] = ()
    connect_timeout: float = 10.0
    timeout: float = 30.0
    max_bytes: int = 64 * 2**20
    max_head_bytes: int = 64 * 2**10
    max_headers: int = 100
    max_depth: int = 100


#: As a file to write: standard output.
STANDARD = Path("-")


@dataclass(frozen=True)
class Outputs:
    """Reports beside those of `Settings.report`. `suggest`: candidates, as an overlay.

    `github` None: where GitHub Actions runs this.
    """

    markdown: Path | None = None
    sarif: Path | None = None
    json: Path | None = None
    suggest: Path | None = None
    github: bool | None = None

    @property
    def json_only(self) -> bool:
        """Whether standard output is for JSON alone."""
        return self.json == STANDARD


@dataclass(frozen=True)
class Settings:
    """`spend` None: any number of creations may be accepted. `only` None: all rules. Times in seconds.

    `second_token` is of another account.
    `rate` bounds the requests a second. `max_wait` is for one request that the server answers 429.
    """

    document: Path = field(default_factory=default_path)
    dialects: tuple[Path, ...] = ()
    token: str | None = None
    second_token: str | None = None
    strictness: Strictness = field(default_factory=Strictness)
    spend: int | None = 0
    profile: str = "standard"
    seed: int = 0
    workers: int = 1
    network: Network = field(default_factory=Network)
    max_time: float | None = None
    max_wait: float = 60.0
    rate: float | None = None
    report: Path | None = None
    journal: Path | None = None
    resume: bool = False
    only: frozenset[str] | None = None

    @property
    def effort(self) -> Profile:
        """The figures of the profile."""
        return PROFILES[self.profile]


def workers_for(*, loopback: bool, capped: bool) -> int:
    """How many requests are under way at once: one where creations cost money, so that the count is exact."""
    if capped:
        return 1
    return 4 if loopback else 2
