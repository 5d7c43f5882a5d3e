"""The journal: what was asked and answered last."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.exchange import Exchange
from mockserver.record import Head, Record, make_record


class Journal:
    """The last requests, ``most`` of them; none where ``most`` is 0."""

    def __init__(self, most: int) -> None:
        self._records: deque[Record] = deque(maxlen=most)
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
        return tuple(self._records)

    def add(self, head: Head, exchange: Exchange, token: str) -> None:
        """Write down a request that was answered."""
        self._number += 1
        self._records.append(make_record(self._number, head, exchange, token))

    def clear(self) -> int:
        """Forget all; how many there were."""
        count = len(self._records)
        self._records.clear()
        return count

    def find(self, wanted: Mapping[str, Any], limit: int) -> list[Record]:
        """The newest first, of those that have every value ``wanted``: see ``FILTERS`` for what can be."""
        found: list[Record] = []
        for record in reversed(self.records):
            if len(found) == limit:
                break
            if all(FILTERS[name](record, value) for name, value in wanted.items()):
                found.append(record)
        return found


FILTERS: dict[str, Callable[[Record, Any], bool]] = {
    "method": lambda record, value: record.head.method == value.upper(),
    "path": lambda record, value: record.head.path == value,
    "operation": lambda record, value: record.operation == value,
    "status": lambda record, value: record.head.status == value,
    "verdict": lambda record, value: record.verdict == value,
    "rule": lambda record, value: record.rule == value,
    "video": lambda record, value: value in (record.video, *record.head.path.split("/")),
    "scenario": lambda record, value: value in record.scenarios,
}
"""What can be wanted of a record, by its name in the document."""
