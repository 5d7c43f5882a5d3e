"""The journal: what was asked and answered last."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mockserver.exchange import Exchange
from mockserver.record import Record, fields_of

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Journal:
    """The last requests, ``most`` of them; none where ``most`` is 0.

    Each is kept as one string of bytes. That takes a microsecond to make, and spares ten: some thirty small objects a
    request that live on would take the place of those that the next requests find in the processor's cache.
    """

    def __init__(self, most: int) -> None:
        self._records: deque[bytes] = deque(maxlen=most)
        self._number = 0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def is_kept(self) -> bool:
        """Whether it keeps anything."""
        return self._records.maxlen != 0

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them, in the order in which they came."""
        return tuple(map(_decode, tuple(self._records)))

    def add(self, exchange: Exchange, at: float, took: float, status: int | None, request_id: bytes | None) -> None:
        """Write down a request that was answered ``at`` seconds since 1970, or was not: then ``status`` is ``None``."""
        self._number += 1
        fields = fields_of(exchange) if exchange.form is not None or exchange.body is not None else ()
        plan = exchange.plan
        record = Record(
            self._number,
            exchange.method,
            exchange.path,
            exchange.query,
            at,
            took,
            status,
            request_id,
            exchange.operation,
            exchange.video,
            exchange.rule,
            () if plan is None else tuple(plan.scenarios),
            fields,
            exchange.authorization,
        )
        self._records.append(_encode(record))

    def clear(self) -> int:
        """Forget all; how many there were."""
        count = len(self._records)
        self._records.clear()
        return count

    def find(self, wanted: Mapping[str, Any], limit: int) -> list[Record]:
        """The newest first, of those that have every value ``wanted``: see ``FILTERS`` for what can be."""
        found: list[Record] = []
        for record in map(_decode, tuple(self._records)[::-1]):
            if len(found) == limit:
                break
            if all(FILTERS[name](record, value) for name, value in wanted.items()):
                found.append(record)
        return found


FILTERS: dict[str, Callable[[Record, Any], bool]] = {
    "method": lambda record, value: record.method == value.upper(),
    "path": lambda record, value: record.path == value,
    "operation": lambda record, value: record.operation == value,
    "status": lambda record, value: record.status == value,
    "verdict": lambda record, value: record.verdict == value,
    "rule": lambda record, value: record.rule == value,
    "video": lambda record, value: value in (record.video, *record.path.split("/")),
    "scenario": lambda record, value: value in record.scenarios,
}
"""What can be wanted of a record, by its name in the document."""
