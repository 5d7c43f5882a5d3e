"""The table of good and bad requests that the catalogue of faulty servers is held by holds the mock too."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from mockserver.app import create_app
from mockserver.jobs.pace import parse_pace
from mockserver.settings import Settings
from tests.faults.ask import HTTPClient
from tests.faults.cases import ALL
from tests.faults.oracle import all_faults
from tests.faults.server import app as reference
from tests.faults.wire import ASGIApp

SERVERS: dict[str, Callable[[], ASGIApp]] = {
    "the mock": lambda: create_app(Settings(tokens=("test-token",), pace=parse_pace("polls:3"))),
    "the reference server": reference,
}


async def broken(app: ASGIApp) -> set[str]:
    """The rules that the server breaks, by every request of the table and the life of one video."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        return await all_faults(HTTPClient(http), cases=ALL)


@pytest.mark.parametrize("name", SERVERS)
def test_no_request_of_the_table_shows_a_broken_rule(name: str) -> None:
    assert asyncio.run(broken(SERVERS[name]())) == set()
