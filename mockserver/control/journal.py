"""The journal: what was asked and answered last."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Protocol

import msgspec

from mockserver.api.context import RequestContext
from mockserver.control.record import MOST_RECORD, Record, blotted, body_of, fields_of, harmless, redacted
from mockserver.validation.storage import ReleasedChunks, size_of

MOST_BYTES = 64 * 2**20
"""Default bound on the bytes of records that one process keeps, however many requests it may keep."""

Note = tuple[int, bytes]
"""A request that is kept: the number of its turn, and its record as bytes."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class RecordStore(Protocol):
    """Where the last requests are kept, each as one string of bytes; see ``SharedState``."""

    def note(self, record: bytes, most: int) -> None:
        """Keep one more."""

    def notes(self, most: int) -> list[tuple[int, bytes]]:
        """Those that are kept, each with the number of its turn."""

    def forget(self, most: int) -> int:
        """Keep none of them; how many there were."""


class LocalRecords:
    """The requests of this process alone."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._records: deque[bytes] = deque()
        self._turns = 0
        self._bytes = 0

    def note(self, record: bytes, most: int) -> None:
        """Keep one more."""
        self._turns += 1
        self._records.append(record)
        self._bytes += len(record)
        if len(self._records) > most or self._bytes > self._most_bytes:
            self._bytes -= len(self._records.popleft())

    def notes(self, most: int) -> list[tuple[int, bytes]]:
        """Those that are kept."""
        count = min(most, len(self._records))
        records = list(islice(reversed(self._records), count))
        records.reverse()
        return list(enumerate(records, self._turns - count + 1))

    def forget(self, most: int) -> int:  # noqa: ARG002
        """Keep none of them."""
        count = len(self._records)
        self._records.clear()
        self._bytes = 0
        return count


class KeptFiles:
    """The files of the last refused requests, up to ``most_bytes``. An accepted one's are with its video."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, dict[str, Sequence[bytes]]] = OrderedDict()
        self._bytes = 0

    def keep(self, request_id: bytes, files: dict[str, Sequence[bytes]]) -> None:
        """Keep the files of a request, by field, as they came."""
        self._bytes += _size(files)
        self._kept[request_id] = files
        while self._bytes > self._most_bytes:
            self._bytes -= _size(self._kept.popitem(last=False)[1])

    def get(self, request_id: bytes | None, field: str) -> bytes | None:
        """The bytes of one file; ``None`` where they are not kept."""
        chunks = self._kept.get(request_id or b"", {}).get(field)
        return None if chunks is None else b"".join(chunks)

    def clear(self) -> None:
        """Keep none of them."""
        self._kept.clear()
        self._bytes = 0


def _size(files: dict[str, Sequence[bytes]]) -> int:
    return sum(map(size_of, files.values()))


class Journal:
    """The last requests, ``most`` of them; none where ``most`` is 0. ``most_bytes`` bounds what one process keeps.

    Each is kept as one string of bytes. That takes a microsecond to make, and spares ten: some thirty small objects a
    request that live on would take the place of those that the next requests find in the processor's cache.
    """

    def __init__(self, most: int, notes: RecordStore | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self.files = KeptFiles(most_bytes // 2)
        self._notes = notes or LocalRecords(most_bytes)

    def __len__(self) -> int:
        return len(self._notes.notes(self._most)) if self._most else 0

    @property
    def is_kept(self) -> bool:
        """Whether it keeps anything."""
        return self._most > 0

    @property
    def shown(self) -> list[dict[str, Any]]:
        """All of them, in the order in which they came, as JSON."""
        return [record.shown(number) for number, record in self.read(self.notes())]

    def add(
        self, context: RequestContext, at: float, took: float, status: int | None, request_id: bytes | None
    ) -> None:
        """Write down a request that was answered ``at`` seconds since 1970, or was not: then ``status`` is ``None``."""
        fields = fields_of(context) if context.form is not None or context.body is not None else ()
        plan, answer = context.plan, context.answer
        headers, authorization = harmless(context.headers)
        record = Record(
            context.method,
            context.path,
            redacted(context.query),
            at,
            took,
            status,
            request_id,
            context.operation,
            context.video,
            context.rule,
            () if plan is None else tuple(plan.scenarios),
            fields,
            context.owner,
            headers,
            () if answer is None else answer.headers,
            None if answer is None else body_of(answer),
        )
        encoded = _encode(record)
        if len(encoded) > MOST_RECORD:
            encoded = _encode(record.without_headers())
        self._notes.note(blotted(encoded, authorization), self._most)
        if context.rule and context.images and context.form and request_id:
            files = {name: context.form[name][0].chunks for name in context.images}
            self.files.keep(
                request_id, {name: chunks for name, chunks in files.items() if type(chunks) is not ReleasedChunks}
            )

    def notes(self, most: int | None = None) -> list[Note]:
        """The last ``most`` requests, or all, the oldest first, each with its number and to be read by ``read``."""
        most = self._most if most is None else min(most, self._most)
        return self._notes.notes(most) if most else []

    @staticmethod
    def read(notes: Iterable[Note]) -> list[tuple[int, Record]]:
        """The records, but for those that another version of this package wrote down otherwise."""
        found = []
        for number, kept in notes:
            with suppress(msgspec.DecodeError):
                found.append((number, _decode(kept)))
        return found

    def clear(self) -> int:
        """Forget all; how many there were."""
        self.files.clear()
        return self._notes.forget(self._most)

    def find(self, wanted: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """As JSON, the newest first, those that have every value ``wanted``: see ``FILTERS`` for what can be."""
        found: list[dict[str, Any]] = []
        for number, record in reversed(self.read(self.notes())):
            if len(found) == limit:
                break
            if all(FILTERS[name](record, value) for name, value in wanted.items()):
                found.append(record.shown(number))
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
