"""The sender: posts one signed event, and says whether it is worth another try."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import msgspec

from mockserver.jobs.clock import Clock
from mockserver.webhooks.events import Event, headers
from mockserver.webhooks.target import Target, TargetError

if TYPE_CHECKING:
    import httpx

SECONDS = 10.0
"""How long a receiver may take to answer; the openai guides ask for an answer within a few seconds."""

AGAIN = frozenset((408, 409, 429))
"""Refusals that may pass; with them, everything from 500 on."""

MOST_DIGITS = 18
"""Digits of a Retry-After that are read: three hundred would make it infinite."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Reply(msgspec.Struct, frozen=True):
    """What became of one try: the status or the reason for having none, and the seconds to wait that were asked for."""

    told: str
    is_delivered: bool = False
    is_final: bool = False
    wait: float = 0.0


class Sender:
    """Posts to one ``target``. ``wall`` is the time that the receiver's clock shows too, whatever the mock's says.

    ``allowed`` are the hosts that need not be this machine. Redirects are not followed, proxies not asked.
    """

    def __init__(
        self, target: Target, key: bytes, allowed: Collection[str], wall: Clock, resolve: "Resolve | None" = None
    ) -> None:
        self._target = target
        self._key = key
        self._allowed = allowed
        self._wall = wall
        self._resolve = resolve or addresses_of
        self._client: httpx.AsyncClient | None = None

    async def post(self, event: Event) -> Reply:
        """Send ``event`` once. Raises nothing that a network can cause."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(event)
        except TimeoutError:
            return Reply(f"no answer within {SECONDS:g} s")
        except TargetError as error:
            return Reply(str(error), is_final=True)
        except OSError as error:
            return Reply(error.strerror or str(error))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _post(self, event: Event) -> Reply:
        import httpx  # noqa: PLC0415 - only who has webhooks pays for it

        if self._client is None:
            secure = self._target.url.startswith("https:")
            verify = ssl.create_default_context() if secure else False
            # A receiver could fill the memory with cookies.
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
            self._client = httpx.AsyncClient(verify=verify, trust_env=False, timeout=SECONDS, cookies=no_cookies)
        found = await self._resolve(self._target.host, self._target.port)
        reply = Reply("the host has no address")
        for address in self._target.reachable(found, self._allowed):
            try:
                return await self._post_to(self._client, address, event)
            except httpx.ConnectError as error:
                reply = Reply(f"{address} port {self._target.port}: {error}")
            except httpx.TransportError as error:
                return Reply(str(error) or type(error).__name__)
        return reply

    async def _post_to(self, client: "httpx.AsyncClient", address: str, event: Event) -> Reply:
        """Post to the address that was judged, and not to what the name leads to a moment later."""
        now = self._wall()
        named = client.build_request(
            "POST", self._target.url, content=event.body, headers=headers(self._key, event, int(now))
        )
        named.url = named.url.copy_with(host=address)  # the header Host keeps the name
        named.extensions["sni_hostname"] = self._target.host
        answer = await client.send(named, stream=True, follow_redirects=False)
        await answer.aclose()
        status = answer.status_code
        is_again = status in AGAIN or status >= 500
        return Reply(str(status), answer.is_success, not is_again, seconds_of(answer.headers.get("retry-after"), now))


async def addresses_of(host: str, port: int) -> list[str]:
    """Every address of ``host``; ``OSError`` if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def seconds_of(retry_after: str | None, now: float) -> float:
    """The seconds that a Retry-After asks for, in either of its forms; 0 where it is neither."""
    text = retry_after or ""
    if text.isascii() and text.isdecimal():
        return float(text[:MOST_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):  # what a date of no calendar can raise
        return 0.0
