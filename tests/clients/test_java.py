"""Java: the HTTP client of the JDK, which offers an upgrade to HTTP/2 with every request."""

from pathlib import Path

from tests.clients.conftest import program
from tests.clients.vocabulary import TOKEN, Server, queued, told


def test_http_client_of_the_jdk_creates_a_video(server: Server) -> None:
    source = Path(__file__).with_name("java") / "Create.java"
    queued(told(program("java"), source, server.videos, TOKEN, server.picture))


def test_curl_that_offers_http_2_creates_a_video(server: Server, curl: str) -> None:
    form = ("-F", "prompt=A fox.", "-F", f"input_reference=@{server.picture}")
    queued(told(curl, "--silent", "--http2", server.videos, "-H", f"Authorization: Bearer {TOKEN}", *form))
