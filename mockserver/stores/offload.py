"""Additions: jobs that are kept without holding up whoever waits for another answer."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from mockserver.jobs.job import Job
from mockserver.stores.base import Store

LARGE = 256 * 1024
"""Bytes of a reference that are worth a thread: on a disk they take milliseconds, the thread a tenth of one."""


class Offload:
    """Adds jobs to ``store``: small ones at once, large ones in a thread, through the store's twin.

    While a large one is under way the others queue behind it, where the store would make them wait anyway.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._twin: Store | None = None
        self._thread = ThreadPoolExecutor(1, "additions")
        self._under_way = 0

    def waits(self, size: int) -> bool:
        """Whether a reference of so many bytes waits for a thread."""
        return self._store.is_slow and (self._under_way > 0 or size >= LARGE)

    async def add(self, job: Job, reference: Sequence[bytes]) -> bool:
        """Keep ``job`` as ``Store.add`` does, in the thread."""
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._add, job, reference)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """End the thread, once what it does is done, and close its way into the store."""
        self._thread.shutdown()
        if self._twin is not None:
            self._twin.close()

    def _add(self, job: Job, reference: Sequence[bytes]) -> bool:
        if self._twin is None:
            self._twin = self._store.twin()
        return self._twin.add(job, reference)
