"""``python -m benchmarks``: measure, and print a table."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from benchmarks.load import CONNECTIONS, LOADS, default_load
from benchmarks.measure import Effort, Footprint, PageCost, Speed, measure


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print one row a work as soon as it is measured."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="How fast the mock is beside a bare uvicorn.")
    parser.add_argument("--load", choices=LOADS, default=default_load(), help="what sends the requests (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round and server (%(default)s)")
    parser.add_argument("--work", default="", help="only what has this in its name")
    parser.add_argument("--prism", default=shutil.which("prism"), help="the command that starts Prism (%(default)s)")
    options = parser.parse_args(argv)
    stdout.write(
        f"load: {options.load}, {CONNECTIONS} connections, medians of {options.rounds} rounds\n"
        "bare: a uvicorn (uvloop, httptools) that drains the same upload and answers a constant, measured in turns\n"
        "by CPU: the share by processor time a request, which others on the machine disturb less\n"
        f"Prism: requests/s of {options.prism or 'none, it is not installed'}; it looks at no picture\n\n"
    )
    heads = ("work", "requests/s", "bare", "share", "by CPU", "to reach", "Prism")
    stdout.write(row(*heads) + "\n" + row(*["---"] * len(heads)) + "\n")
    for result in measure(Effort(options.load, options.rounds, options.seconds, options.work, options.prism)):
        stdout.write(told(result))
        stdout.flush()
    return 0


def row(work: str, *cells: str) -> str:
    """One row of the table."""
    return f"| {work:34} | " + " | ".join(f"{cell:>10}" for cell in cells) + " |"


def speed_row(speed: Speed) -> str:
    """The row of one work."""
    processor = f"{speed.processor:.2f}" if speed.processor else "unknown"
    numbers = (
        f"{speed.mock:,.0f}",
        f"{speed.bare:,.0f}",
        f"{speed.share:.2f}",
        processor,
        "" if speed.work.goal is None else f"{speed.work.goal:.2f}",
    )
    return row(speed.work.name, *numbers, "" if speed.prism is None else f"{speed.prism:,.0f}") + "\n"


def told(result: Speed | PageCost | Footprint) -> str:
    """What is printed of a result."""
    if isinstance(result, Speed):
        return speed_row(result)
    return page_row(result) if isinstance(result, PageCost) else footprint(result)


def page_row(cost: PageCost) -> str:
    """What the page for people costs."""
    return (
        f"\npage for people, processor time of a creation: {100 * cost.closed:+.1f} % while none is open, by what the "
        f"journal keeps for it; {100 * cost.opened:+.1f} % more while one is\n"
    )


def footprint(cost: Footprint) -> str:
    """What is told below the table."""
    rest, after, most = (f"{size:.0f} MB" if size else "unknown" for size in (cost.rest, cost.after, cost.most))
    return (
        f"\nstart to first answer {cost.start:.2f} s · memory at rest {rest}, after the run {after}, at most {most}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
