"""Fetches pictures that a creation names by address, from hosts that the user allows and from no other."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import urlsplit

from mockserver.spec.rules import URI
from mockserver.validation.multipart import Fault, Form, Part

SECONDS = 10.0
"""How long one picture may take."""


class Fetcher:
    """Fetches from the hosts ``allowed``, up to ``most_bytes`` each. Redirects are not followed, proxies not asked."""

    def __init__(self, allowed: Collection[str], most_bytes: int) -> None:
        self._allowed = allowed
        self._most_bytes = most_bytes

    def wanted(self, form: Form) -> list[Part]:
        """The parts that are addresses of allowed hosts."""
        if not self._allowed:
            return []
        parts = [part for parts in form.values() for part in parts]
        return [part for part in parts if part.fault and part.fault.kind == URI and self._may(part.fault.value)]

    def _may(self, address: str) -> bool:
        with suppress(ValueError):
            url = urlsplit(address)
            return url.scheme in ("http", "https") and (url.hostname or "") in self._allowed
        return False

    async def fetch(self, part: Part) -> None:
        """Put what is at the address of ``part`` in its place, or into its fault why that cannot be."""
        assert part.fault is not None
        address = part.fault.value
        try:
            async with asyncio.timeout(SECONDS):
                part.content_type, data = await self._get(address)
        except (OSError, ValueError) as error:
            reason = f"no answer within {SECONDS:g} s" if isinstance(error, TimeoutError) else str(error)
            part.fault = Fault(URI, address, reason or type(error).__name__)
        else:
            part.chunks, part.fault = [data], None

    async def _get(self, address: str) -> tuple[str | None, bytes]:
        """The media type and the bytes; ``OSError`` or ``ValueError`` that says why there are none."""
        import httpx  # noqa: PLC0415 - only who fetches pays for it

        data = bytearray()
        try:
            async with (
                httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
                client.stream("GET", address, headers={"accept-encoding": "identity"}) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise ValueError(f"the answer is {answer.status_code}")
                async for chunk in answer.aiter_raw():
                    data += chunk
                    if len(data) > self._most_bytes:
                        raise ValueError(f"the answer has over {self._most_bytes} bytes")
                return answer.headers.get("content-type", "").partition(";")[0].strip().lower() or None, bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OSError(str(error) or type(error).__name__) from None
