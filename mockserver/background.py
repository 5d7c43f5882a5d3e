"""Background work: what runs beside the requests, from the start of an application to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Run each of ``works`` meanwhile; all are cancelled, and have ended, when the context is left."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
