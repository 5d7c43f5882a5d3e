"""Servers that fail, and strangers: what a capped run lets them make, whom it blames, and what it says of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contract_tests.oracle.verdict import BROKEN, Strictness
from contract_tests.session import Outcome, Surroundings, judge_target
from contract_tests.settings import Network, Settings
from tests.kit.test_not_the_api import ERROR, HTML, JSON, PAGE, Answer, answering
from tests.kit.unstable import MADE, Fails, Unstable
from tests.kit.vocabulary import TOKEN, command

#: How a creation ends that the server has made all the same.
ENDS = ("500", "502", "504", "302", "reset", "close", "hang")
CRASHES_ON = b"a" * 32_001
BLAMED = "prompt.max-length"
STRANGERS: dict[str, Answer] = {
    "a static page": (404, HTML, PAGE),
    "a wrong path": (404, JSON, json.dumps({"error": {"message": "unknown path"}}).encode()),
    "a redirect": (308, {"location": "https://api.example.com/eu/v1/videos"}, b""),
    "a dead upstream": (502, HTML, PAGE),
    "a login": (401, JSON, ERROR),
}


@dataclass(frozen=True)
class Figure:
    """A row: what was measured, what is to be reached, and what was wrong where it is not."""

    name: str
    figure: str
    aim: str
    seconds: float
    wrong: tuple[str, ...] = ()


def figures(runs: int, spends: Iterable[int], ends: Iterable[str]) -> Iterator[Figure]:
    """Every figure; `runs` of a server that crashes, a cap of each of `spends` for each of `ends`."""
    for spend in spends:
        yield cap(spend, tuple(ends))
    yield blame(runs)
    yield strangers()


def cap(spend: int, ends: tuple[str, ...]) -> Figure:
    """How many videos are made by the server's own count, though no answer says so."""
    started = time.perf_counter()
    made = {}
    for end in ends:
        server = Unstable(_after_creating(end))
        with server.serving() as url:
            judged(url, spend=spend, network=Network(timeout=0.5 if end == "hang" else 10.0))
        made[end] = server.accepted
    wrong = tuple(f"{end}: {count} made" for end, count in made.items() if count > spend)
    figure, aim = f"at most {max(made.values())}", f"{spend}, {len(ends)} failures"
    return Figure(f"made at --spend {spend}", figure, aim, time.perf_counter() - started, wrong)


def _after_creating(end: str) -> Fails:
    return lambda *_: f"{MADE}{end}"


def blame(runs: int) -> Figure:
    """In how many runs another rule is called broken than the one whose request the server crashes on."""
    started = time.perf_counter()
    wrong = []
    for number in range(runs):
        with Unstable(lambda body, _: "die" if CRASHES_ON in body else None).serving() as url:
            outcome = judged(url, workers=4)
        broken = {verdict.rule.id for verdict in outcome.verdicts if verdict.verdict == BROKEN}
        if broken != {BLAMED}:
            wrong.append(f"run {number}: {', '.join(sorted(broken))}")
    figure = f"{len(wrong)} of {runs} runs"
    return Figure("others blamed for a crash", figure, "none, 4 workers", time.perf_counter() - started, tuple(wrong))


def strangers() -> Figure:
    """How many of those that are not the API are told so, by exit status 2 and one line."""
    started = time.perf_counter()
    wrong = []
    for name, answer in STRANGERS.items():
        with answering(_always(answer)) as host:
            code, out, err = command("run", f"http://{host}", "--token", TOKEN, "--profile", "quick")
        if (code, out, err.count("\n")) != (2, "", 1):
            wrong.append(f"{name}: exit {code}")
    figure = f"{len(STRANGERS) - len(wrong)} of {len(STRANGERS)}"
    return Figure("strangers told so, exit 2", figure, "all", time.perf_counter() - started, tuple(wrong))


def judged(url: str, *, spend: int | None = None, workers: int = 1, network: Network | None = None) -> Outcome:
    """A quick, strict run of the creation alone."""
    settings = Settings(
        token=TOKEN,
        strictness=Strictness(strict=True),
        spend=spend,
        profile="quick",
        workers=workers,
        network=network or Network(),
    )
    return judge_target(url, settings, Surroundings(sleep=lambda _: None))


def _always(answer: Answer) -> Callable[[str], Answer]:
    return lambda _: answer
