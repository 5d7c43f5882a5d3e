"""The pytest plugin, in test runs of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.settings import Settings
from mockserver.testing import VideosMock
from tests.mock.test_server import exchange

pytest_plugins = ["pytester"]

ASK = """
import asyncio, httpx

def ask(mock, method="GET", path="/v1/videos", **request):
    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(mock.app), base_url="http://mock") as client:
            return await client.request(method, path, headers={"Authorization": f"Bearer {mock.token}"}, **request)
    return asyncio.run(asked())

def create(mock):
    from tests.pictures import picture
    return ask(mock, "POST", data={"prompt": "x"}, files={"input_reference": picture()}).json()

def status(mock, video):
    return ask(mock, path="/v1/videos/" + video["id"]).json()["status"]
"""
STRICT = ("-p", "no:cacheprovider", "-W", "error", "--strict-markers", "--strict-config", "-q")


@pytest.fixture
def tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    pytester.makepyfile(ask=ASK)
    pytester.syspathinsert()
    return pytester


def ran(tests: pytest.Pytester, text: str, **outcomes: int) -> pytest.RunResult:
    """Run such a test file, and expect these outcomes."""
    tests.makepyfile(text)
    result = tests.runpytest_inprocess(*STRICT)
    result.assert_outcomes(**outcomes)
    return result


def test_mock_needs_no_socket_and_is_clean_for_each_test(
    tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(
        tests,
        """
        import pytest, socket
        from ask import ask, create

        @pytest.fixture(autouse=True)
        def offline(monkeypatch):
            def refuse(*args):
                raise AssertionError("a socket was used")
            monkeypatch.setattr(socket.socket, "bind", refuse)
            monkeypatch.setattr(socket.socket, "connect", refuse)

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(videos_mock, time):
            assert ask(videos_mock).json()["data"] == [] and len(videos_mock.requests) == 1
            create(videos_mock)
            videos_mock.fail_next("server_error", times=5)
        """,
        passed=2,
    )


def test_time_is_moved_by_hand(tests: pytest.Pytester) -> None:
    ran(
        tests,
        """
        import pytest
        from ask import create, status

        @pytest.mark.videos_mock(pace="queue=300,render=300")
        def test_it(videos_mock):
            videos_mock.freeze()
            video = create(videos_mock)
            assert status(videos_mock, video) == "queued"
            videos_mock.advance(seconds=300)
            assert status(videos_mock, video) == "in_progress"
            videos_mock.resume()
            for _ in range(5):
                videos_mock.advance()
            assert status(videos_mock, video) == "completed"
            with pytest.raises(ValueError, match="cannot advance by -1 seconds; allowed: 0 or more"):
                videos_mock.advance(-1)
        """,
        passed=1,
    )


def test_failures_are_asked_for_by_name_and_requests_remembered(tests: pytest.Pytester) -> None:
    ran(
        tests,
        """
        import pytest
        from ask import ask

        def test_it(videos_mock):
            videos_mock.fail_next("server_error", times=2)
            answers = [ask(videos_mock) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [500, 500, 200]
            assert answers[0].json()["error"]["type"] == "server_error" and answers[0].headers["x-request-id"]
            assert [request["status"] for request in videos_mock.requests] == [500, 500, 200]
            with pytest.raises(ValueError, match="there is no 'no such'; allowed: .*server_error"):
                videos_mock.fail_next("no such")
        """,
        passed=1,
    )


def test_jobs_are_shown_and_everything_is_reset(tests: pytest.Pytester) -> None:
    ran(
        tests,
        """
        from ask import create

        def test_it(videos_mock):
            video = create(videos_mock)
            assert [job["id"] for job in videos_mock.jobs] == [video["id"]]
            videos_mock.reset()
            assert videos_mock.jobs == videos_mock.requests == []
        """,
        passed=1,
    )


def test_server_starts_when_its_address_is_asked_for_and_ends_with_the_test(tests: pytest.Pytester) -> None:
    ran(
        tests,
        """
        import httpx, pytest, threading
        seen, before = [], threading.active_count()

        def test_address(videos_mock):
            assert threading.active_count() <= before
            seen.append(videos_mock.url)
            assert videos_mock.url == seen[0]
            assert httpx.get(seen[0] + "/v1/videos", headers={"Authorization": "Bearer x"}).json()["data"] == []

        def test_end():
            assert threading.active_count() <= before
            with pytest.raises(httpx.ConnectError):
                httpx.get(seen[0])
        """,
        passed=2,
    )


def test_settings_are_the_options_of_the_command(tests: pytest.Pytester) -> None:
    ran(
        tests,
        """
        import pytest
        from ask import ask, create, status

        @pytest.mark.videos_mock(token=["a", "b"], pace="polls:2", seed=5)
        class TestIt:
            def test_first(self, videos_mock):
                assert videos_mock.token == "a"
                video = create(videos_mock)
                assert [status(videos_mock, video), status(videos_mock, video)] == ["queued", "completed"]

            @pytest.mark.videos_mock(pace="instant")
            def test_nearer_marker_wins(self, videos_mock):
                assert videos_mock.token == "test-token"
                assert status(videos_mock, create(videos_mock)) == "completed"
        """,
        passed=2,
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("pace='slow'", "videos_mock: argument --pace: 'slow' is no pace; allowed: instant, fast, real"),
        ("speed=1", "videos_mock: No such option '--speed'. (Did you mean one of: '--pace', '--seed'?)"),
        ("port=8000", "videos_mock: port is of the command alone"),
        ("document='nowhere.yaml'", "videos_mock: nowhere.yaml: No such file or directory"),
        ("scenario='nowhere.yaml'", "videos_mock: nowhere.yaml: No such file or directory"),
        ("store='sqlite:nowhere/jobs.db'", "videos_mock: store nowhere/jobs.db: "),
        ("webhook='http://127.0.0.1/'", "videos_mock: argument --webhook-secret: missing"),
    ],
)
def test_wrong_setting_is_told_in_one_line(tests: pytest.Pytester, settings: str, message: str) -> None:
    text = f"import pytest\n@pytest.mark.videos_mock({settings})\ndef test_it(videos_mock): pass\n"
    result = ran(tests, text, errors=1)
    result.stdout.fnmatch_lines([f"*{message.replace('[', '[[]')}*"])
    assert "Traceback" not in result.stdout.str() and "read_settings" not in result.stdout.str()


def test_document_is_parsed_once_a_session(tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(
        tests,
        """
        import mockserver.spec.document
        mockserver.spec.document.parse_document.cache_clear()
        parsed = []
        right = mockserver.spec.document.load_yaml
        mockserver.spec.document.load_yaml = lambda text: parsed.append(1) or right(text)

        def test_first(videos_mock): pass
        def test_second(videos_mock): pass
        def test_count():
            mockserver.spec.document.load_yaml = right
            assert len(parsed) == 1
        """,
        passed=3,
    )


def test_run_that_does_not_ask_for_the_mock_loads_nothing_of_it(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import sys

        def test_it(request):
            assert request.config.pluginmanager.hasplugin("videos_mock")
            loaded = {name for name in sys.modules if name.split(".")[0] in ("mockserver", "starlette", "uvicorn", "av")}
            assert loaded == {"mockserver", "mockserver.pytest_plugin"}
        """
    )
    tests.runpytest_subprocess(*STRICT).assert_outcomes(passed=1)


def test_package_offers_two_names_and_no_others() -> None:
    program = "import mockserver; mockserver.Settings, mockserver.create_app; mockserver.nothing"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "AttributeError: module 'mockserver' has no attribute 'nothing'"


def test_bad_http_is_answered_in_the_envelope_here_too() -> None:
    mock = VideosMock(Settings())
    host, port = mock.url.removeprefix("http://").split(":")
    assert exchange((host, int(port)), b"GARBAGE\r\n\r\n").json()["error"]["code"] == "invalid_http_request"
    mock.close()
