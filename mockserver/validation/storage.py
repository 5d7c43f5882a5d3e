"""The spool: one unlinked file, in blocks, for what is too large to be held in memory by many at once.

The file has no name from its making on, so that nothing is left of it however the process ends. A block is free again
as soon as nobody holds what is in it, and is used again first: its pages are those that the system has at hand.
"""

import logging
import os
from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import overload

BLOCK = 128 * 1024
"""Bytes that are written at once."""

IDLE_BLOCKS = 512
"""Blocks that stay when nothing is in them; a larger file is emptied."""

logger = logging.getLogger("mockserver")


class TemporaryStorageError(Exception):
    """What is too large for memory cannot be written down either."""


class TemporaryStorage:
    """Keeps pieces of bytes in a file that ``make`` makes, and gives the descriptor of, when it is first needed."""

    def __init__(self, make: Callable[[], int] | None = None) -> None:
        self._make: Callable[[], int] | None = make or unlinked
        self._file = -1
        self._free: list[int] = []
        self._blocks = 0

    def new(self) -> "StoredChunks | None":
        """An empty place for the pieces of one upload; ``None`` where there can be no file: memory has to do."""
        make, self._make = self._make, None
        if make is not None:
            try:
                self._file = make()
            except OSError as error:
                logger.warning("large uploads stay in memory, no temporary file can be made: %s", error)
        return None if self._file < 0 else StoredChunks(self)

    def write(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Write up to ``BLOCK`` bytes; the number of the block. ``TemporaryStorageError`` where the disk is full."""
        if self._free:
            block = self._free.pop()
        else:
            block, self._blocks = self._blocks, self._blocks + 1
        try:
            written = os.pwritev(self._file, pieces, block * BLOCK)
        except OSError as error:
            self.free([block])
            raise TemporaryStorageError(f"a large upload cannot be written down: {error.strerror}") from None
        if written < sum(map(len, pieces)):
            self.free([block])
            raise TemporaryStorageError("a large upload cannot be written down: the disk is full")
        return block

    def read(self, block: int, start: int, count: int) -> bytes:
        """``count`` bytes of a block from ``start``."""
        return os.pread(self._file, count, block * BLOCK + start)

    def free(self, blocks: Sequence[int]) -> None:
        """Let go of what is in these blocks."""
        self._free += blocks
        if len(self._free) == self._blocks > IDLE_BLOCKS and self._file >= 0:
            self._free, self._blocks = [], 0
            os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Give the file back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()


class StoredChunks(Sequence[bytes]):
    """The pieces of one upload in the spool. They are gone with this object."""

    def __init__(self, storage: TemporaryStorage) -> None:
        self._storage = storage
        self._blocks: list[int] = []
        self._waiting: list[bytes | memoryview] = []
        self._room = BLOCK
        self.size = 0

    def append(self, piece: bytes) -> None:
        """Take one more piece."""
        self.size += len(piece)
        view = memoryview(piece)
        while len(view) >= self._room:
            self._waiting.append(view[: self._room])
            view = view[self._room :]
            self.finish()
        if view:
            # A copy, for the view would hold the whole piece.
            self._waiting.append(bytes(view))
            self._room -= len(view)

    def finish(self) -> None:
        """Write down what still waits for a whole block. No block but the last may be short."""
        if self._waiting:
            self._blocks.append(self._storage.write(self._waiting))
            self._waiting = []
            self._room = BLOCK

    def read(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset``; fewer where the upload ends before."""
        count = min(count, self.size - offset)
        block, start = divmod(offset, BLOCK)
        if 0 <= count <= BLOCK - start:
            return self._storage.read(self._blocks[block], start, count) if count else b""
        parts = []
        while count > 0:
            part = min(count, BLOCK - start)
            parts.append(self._storage.read(self._blocks[block], start, part))
            block, start, count = block + 1, 0, count - part
        return b"".join(parts)

    def __len__(self) -> int:
        return len(self._blocks)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not 0 <= index < len(self._blocks):
            raise IndexError(index)
        return self.read(index * BLOCK, BLOCK)

    def __del__(self) -> None:
        self._storage.free(self._blocks)


def size_of(chunks: Sequence[bytes]) -> int:
    """How many bytes there are in all."""
    # By its type: an instance of an abstract class is slow to tell, and this is asked at every request.
    return chunks.size if type(chunks) is StoredChunks else sum(map(len, chunks))


def joined(files: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """The chunks of some files, usually one, as those of one."""
    return files[0] if len(files) == 1 else [chunk for chunks in files for chunk in chunks]


def unlinked() -> int:
    """A file without a name, in the system's folder for temporary files: its descriptor."""
    with TemporaryFile() as file:
        return os.dup(file.fileno())
