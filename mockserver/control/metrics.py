"""Metrics: what Prometheus asks for. Counted in plain numbers; its client library is loaded when it first asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mockserver.api.context import RequestContext

if TYPE_CHECKING:
    from prometheus_client import Metric

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the latency histogram, in seconds: from a refusal to the largest clip that is encoded."""

LOOKED_AT = 10_000
"""Jobs whose state is told, the newest: to look at a million would hold up who asks for something else."""

GONE = "none"
"""The status of a request whose sender went away before the answer."""


_encode = msgspec.msgpack.Encoder().encode


class StoreTotals(NamedTuple):
    """What a mock holds: jobs in all, those of each state among the newest ``LOOKED_AT``, bytes of pictures."""

    jobs: int
    states: Mapping[str, int]
    bytes: int


class Counts(msgspec.Struct):
    """What one process has counted: requests by operation, status and rule, and per operation their durations."""

    requests: list[tuple[tuple[str, str, str], int]]
    times: dict[str, list[int]]
    sums: dict[str, float]


_decode = msgspec.msgpack.Decoder(Counts).decode


class Metrics:
    """Counts the requests of one process."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._times: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()

    def observe(self, context: RequestContext, status: int | None, took: float) -> None:
        """Count a request that was answered within ``took`` seconds; ``status`` is ``None`` where it was not."""
        operation = context.operation
        self._requests[operation, GONE if status is None else str(status), context.rule] += 1
        times = self._times.get(operation)
        if times is None:
            times = self._times[operation] = [0] * (len(BUCKETS) + 1)
        times[bisect_left(BUCKETS, took)] += 1
        self._sums[operation] += took  # type: ignore[assignment]

    def saved(self) -> bytes:
        """What is counted so far."""
        times = {operation: times.copy() for operation, times in tuple(self._times.items())}
        return _encode(Counts(list(self._requests.copy().items()), times, dict(self._sums)))

    def with_those(self, saved: Iterable[bytes]) -> "Metrics":
        """These counts and those of others together."""
        total = Metrics()
        for counts in map(_decode, (self.saved(), *saved)):
            total._requests.update(dict(counts.requests))
            total._sums.update(counts.sums)
            for operation, times in counts.times.items():
                before = total._times.get(operation, [0] * len(times))
                total._times[operation] = [sum(pair) for pair in zip(before, times, strict=True)]
        return total

    def text(self, held: StoreTotals) -> tuple[str, bytes]:
        """The media type and the text of everything, in the form of Prometheus."""
        from prometheus_client import CollectorRegistry  # noqa: PLC0415 - who does not ask for it pays nothing
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest  # noqa: PLC0415

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_StaticCollector(list(self._families(held))))
        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry)

    def _families(self, held: StoreTotals) -> "Iterator[Metric]":
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        requests = CounterMetricFamily("mockserver_requests", TOLD["mockserver_requests_total"], labels=LABELS)
        for labels, count in sorted(self._requests.items()):
            requests.add_metric(labels, count)
        yield requests
        name = "mockserver_request_duration_seconds"
        durations = HistogramMetricFamily(name, TOLD[name], labels=LABELS[:1])
        bounds = [*map(str, BUCKETS), "+Inf"]
        for operation, times in sorted(self._times.items()):
            buckets = list(zip(bounds, accumulate(times), strict=True))
            durations.add_metric([operation], buckets, self._sums[operation])
        yield durations
        states = GaugeMetricFamily("mockserver_jobs_by_state", TOLD["mockserver_jobs_by_state"], labels=["state"])
        for state, count in sorted(held.states.items()):
            states.add_metric([state], count)
        yield states
        yield GaugeMetricFamily("mockserver_jobs", TOLD["mockserver_jobs"], value=held.jobs)
        yield GaugeMetricFamily("mockserver_held_bytes", TOLD["mockserver_held_bytes"], value=held.bytes)


LABELS = ("operation", "status", "rule")

TOLD = {
    "mockserver_requests_total": "Requests by operation, status and the rule that refused them.",
    "mockserver_request_duration_seconds": "Seconds from a request's head to its answer's, by operation.",
    "mockserver_jobs_by_state": f"Jobs by state, of the newest {LOOKED_AT}.",
    "mockserver_jobs": "Jobs that are kept.",
    "mockserver_held_bytes": "Bytes of uploaded pictures that are kept.",
}
"""The metrics, each with what it says."""


class _StaticCollector:
    """A collector of what is there already."""

    def __init__(self, families: "list[Metric]") -> None:
        self._families = families

    def collect(self) -> "list[Metric]":
        return self._families
