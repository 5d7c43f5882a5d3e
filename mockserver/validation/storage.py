"""Temporary storage: one unlinked file of blocks, for uploads too large to be held in memory by many requests at once.

The file has no name, so nothing is left of it however the process ends. A block is free again as soon as its upload is
garbage-collected; free blocks are used first, since their pages are still in the page cache.
"""

import logging
import os
from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import overload

BLOCK = 128 * 1024
"""Bytes of a block, the unit of writing."""

IDLE_BLOCKS = 512
"""Blocks that an empty file keeps; a larger one is truncated."""

MOST_BYTES = 2 * 1024**3
"""Default bound on the file."""

logger = logging.getLogger("mockserver")


class TemporaryStorageError(Exception):
    """An upload that is too large for memory cannot be stored: the disk, or the storage, is full."""


class TemporaryStorage:
    """Blocks of bytes in one file of at most ``most_bytes``; ``make`` opens it when it is first needed."""

    def __init__(self, most_bytes: int = MOST_BYTES, make: Callable[[], int] | None = None) -> None:
        self._make: Callable[[], int] | None = make or unlinked
        self._most_blocks = max(1, most_bytes // BLOCK)
        self._file = -1
        self._free: list[int] = []
        self._blocks = 0

    @property
    def used(self) -> int:
        """How many blocks are in use."""
        return self._blocks - len(self._free)

    def new(self) -> "StoredChunks | None":
        """Storage for one upload; ``None`` if no file can be created, so that it has to stay in memory."""
        make, self._make = self._make, None
        if make is not None:
            try:
                self._file = make()
            except OSError as error:
                logger.warning("large uploads stay in memory, no temporary file can be made: %s", error)
        return None if self._file < 0 else StoredChunks(self)

    def write(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Write up to ``BLOCK`` bytes and return the number of the block. ``TemporaryStorageError`` if it is full."""
        if self._free:
            block = self._free.pop()
        elif self._blocks == self._most_blocks:
            raise TemporaryStorageError(
                f"a large upload cannot be stored: uploads in flight hold the {self._most_blocks * BLOCK} bytes of "
                "--temporary-bytes"
            )
        else:
            block, self._blocks = self._blocks, self._blocks + 1
        try:
            written = os.pwritev(self._file, pieces, block * BLOCK)
        except OSError as error:
            self.free([block])
            raise TemporaryStorageError(f"a large upload cannot be stored: {error.strerror}") from None
        if written < sum(map(len, pieces)):
            self.free([block])
            raise TemporaryStorageError("a large upload cannot be stored: the disk is full")
        return block

    def read(self, block: int, start: int, count: int) -> bytes:
        """``count`` bytes of a block from ``start``."""
        return os.pread(self._file, count, block * BLOCK + start)

    def free(self, blocks: Sequence[int]) -> None:
        """Release blocks."""
        self._free += blocks
        if len(self._free) == self._blocks > IDLE_BLOCKS and self._file >= 0:
            self._free, self._blocks = [], 0
            os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()


class StoredChunks(Sequence[bytes]):
    """The bytes of one upload in temporary storage; garbage collection releases them."""

    def __init__(self, storage: TemporaryStorage) -> None:
        self._storage = storage
        self._blocks: list[int] = []
        self._waiting: list[bytes | memoryview] = []
        self._room = BLOCK
        self.size = 0

    def append(self, piece: bytes) -> None:
        """Add a piece."""
        self.size += len(piece)
        view = memoryview(piece)
        while len(view) >= self._room:
            self._waiting.append(view[: self._room])
            view = view[self._room :]
            self.finish()
        if view:
            # A copy: a view would keep the whole piece in memory.
            self._waiting.append(bytes(view))
            self._room -= len(view)

    def finish(self) -> None:
        """Write the pieces that do not fill a block. Only the last block may be short."""
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


class ReleasedChunks(StoredChunks):
    """Replaces chunks that are not held any more. It is empty; ``size`` says how many bytes there were."""

    def __init__(self, size: int) -> None:
        super().__init__(TemporaryStorage())
        self.size = size


def size_of(chunks: Sequence[bytes]) -> int:
    """How many bytes there are in all."""
    # By type: ``isinstance`` of an abstract class is slow, and every request asks this.
    if type(chunks) is StoredChunks or type(chunks) is ReleasedChunks:
        return chunks.size
    return sum(map(len, chunks))


def held_by(chunks: Sequence[bytes]) -> int:
    """How many bytes they take up: in temporary storage, those of whole blocks."""
    return len(chunks) * BLOCK if type(chunks) is StoredChunks else sum(map(len, chunks))


def joined(files: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """The chunks of several files, usually one, in one sequence."""
    return files[0] if len(files) == 1 else [chunk for chunks in files for chunk in chunks]


def unlinked() -> int:
    """The descriptor of an unlinked file in the system's folder for temporary files."""
    with TemporaryFile() as file:
        return os.dup(file.fileno())
