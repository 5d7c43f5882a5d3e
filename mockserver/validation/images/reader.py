"""The bytes of one picture, read at any offset, with a bound on what is walked."""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from mockserver.validation.storage import StoredChunks


class DamagedError(Exception):
    """The bytes end early or break the structure of their type."""


WINDOW = 256 * 1024
"""Bytes that are searched at once."""

SEARCHED = 8 * 1024 * 1024
"""Bytes before the end of a file among which its end marker is: some 20 ms of searching at worst."""


class ByteReader:
    """The chunks of one file, read at any offset without joining them.

    ``most_blocks`` bounds the walk: a hostile file of empty blocks would take seconds to walk to its end.
    """

    read: Callable[[int, int], bytes]
    """So many bytes (second) from an offset (first); fewer where the file ends before."""

    def __init__(self, chunks: Sequence[bytes], most_blocks: int) -> None:
        self.blocks_left = most_blocks
        self.whole: bytes | None = None
        if type(chunks) is StoredChunks:
            self.size, self.read = chunks.size, chunks.read
        elif len(chunks) == 1:
            self.whole = whole = chunks[0]
            self.size, self.read = len(whole), lambda offset, count: whole[offset : offset + count]
        else:
            self.chunks = chunks
            self.ends = list(accumulate(map(len, chunks)))
            self.size, self.read = self.ends[-1] if chunks else 0, self._read

    def _read(self, offset: int, count: int) -> bytes:
        index = bisect_right(self.ends, offset)
        if index == len(self.ends):
            return b""
        chunk = self.chunks[index]
        start = offset - self.ends[index] + len(chunk)
        part = chunk[start : start + count]
        if len(part) == count:
            return part
        return b"".join(self._pieces(part, index + 1, count))

    def _pieces(self, part: bytes, index: int, count: int) -> Iterator[bytes]:
        while part:
            yield part
            count -= len(part)
            part = self.chunks[index][:count] if index < len(self.chunks) else b""
            index += 1

    def walk(self, blocks: int) -> None:
        """Count what was walked; ``DamagedError`` where it is more than a file may have."""
        self.blocks_left -= blocks
        if self.blocks_left < 0:
            raise DamagedError

    def unpack(self, form: struct.Struct, offset: int) -> tuple[Any, ...]:
        """The numbers of ``form`` at ``offset``; ``DamagedError`` where the file ends before."""
        self.walk(1)
        try:
            if self.whole is not None:
                return form.unpack_from(self.whole, offset)
            return form.unpack(self.read(offset, form.size))
        except struct.error:
            raise DamagedError from None

    def find(self, needle: bytes, offset: int) -> int:
        """Where a byte stands next, from ``offset``; ``DamagedError`` if nowhere. It costs what is passed over."""
        if self.whole is not None:
            found = self.whole.find(needle, offset)
            if found < 0:
                raise DamagedError
            return found
        window = 1024
        while piece := self.read(offset, window):
            found = piece.find(needle)
            if found >= 0:
                return offset + found
            offset, window = offset + len(piece), min(4 * window, WINDOW)
        raise DamagedError

    def holds_after(self, offset: int, needle: bytes) -> bool:
        """Whether ``needle`` stands at or after ``offset``, in the last ``SEARCHED`` bytes: first at the very end."""
        tail = max(offset, self.size - len(needle))
        if self.read(tail, len(needle)) == needle:
            return True
        windows = range(max(offset, self.size - SEARCHED), self.size, WINDOW)
        return any(needle in self.read(start, WINDOW + len(needle) - 1) for start in windows)
