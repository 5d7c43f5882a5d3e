"""Uncompresses a body within a bound: a decoder of a library unpacks a whole piece before anybody can count."""

from __future__ import annotations

import zlib

import httpx

#: zlib reads the head of gzip and of zlib by itself.
_EITHER = zlib.MAX_WBITS | 32
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


class Uncompressor:
    """Raises httpx.DecodingError for what is no such coding, and for codings that were not asked for."""

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower()
        if self._coding not in {"", "identity", *_CODINGS}:
            raise httpx.DecodingError(f"the body is in the coding {self._coding[:40]!r}, which was not asked for")
        self._reader = zlib.decompressobj(_EITHER)

    def feed(self, piece: bytes, most: int) -> bytes:
        """What the next piece comes to, at most so many bytes of it."""
        if self._coding not in _CODINGS:
            return piece
        made = bytearray()
        try:
            while piece and len(made) < most:
                made += self._reader.decompress(piece, most - len(made))
                piece = self._reader.unconsumed_tail
                if self._reader.eof:
                    # A body of gzip may be several, one after the other.
                    piece, self._reader = self._reader.unused_data, zlib.decompressobj(_EITHER)
        except zlib.error as error:
            raise httpx.DecodingError(f"the body is no {self._coding}: {error}") from error
        return bytes(made)
