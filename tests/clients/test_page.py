"""The page for people in a real browser, as people use it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mockserver.settings import Settings
from mockserver.testing import VideosMock
from tests.clients.vocabulary import Opened, load_axe, violations_of
from tests.pictures import picture

VIEWS = ("requests", "videos", "try", "scenarios", "document", "figures")
SECRET = "sk-secret-0123456789"
MARKUP = "<img src=x onerror=alert(1)> \x1b[31mred \u202e backwards"


def post(mock: VideosMock, token: str = SECRET, name: str = "beach.png", **fields: str) -> dict[str, Any]:
    """Send a creation, right or not."""
    headers = {"authorization": f"Bearer {token}"}
    files = {"input_reference": (name, picture(), "image/png")}
    answer = httpx.post(f"{mock.url}/v1/videos", headers=headers, data={"prompt": "x", **fields}, files=files)
    return dict(answer.json())


def finished(mock: VideosMock) -> str:
    """The id of a completed video."""
    video = str(post(mock)["id"])
    mock.finish(video)
    return video


def view(page: Page, name: str) -> None:
    """Go to a view by the navigation."""
    page.locator(f"nav li a[href='#/{name}']").click()
    expect(page.locator(f"main.{name}")).to_be_visible()


def until(page: Page, condition: str) -> None:
    """Wait until an expression holds. The policy of the page forbids the browser's own way to wait for one."""
    given_up = monotonic() + 10
    while not page.evaluate(condition):
        assert monotonic() < given_up, f"not within 10 s: {condition}"
        page.wait_for_timeout(30)


def test_refused_request_is_understood_within_two_clicks(slow_mock: VideosMock, opened: Opened) -> None:
    post(slow_mock, size="1280x720")
    page = opened(slow_mock.url)
    page.locator("a.row").click()
    why = page.locator(".why")
    expect(why).to_contain_text("The picture's width and height are exactly those of size.")
    expect(why).to_contain_text("input_reference.matches-size")
    expect(why.locator(".value.sent")).to_have_text("image/png, 720x1280")
    expect(why.locator("svg rect")).to_have_count(2)
    expect(page.locator(".snippets .code")).to_contain_text("--form-string size=720x1280")
    expect(page.locator(".file img")).to_be_visible()


def test_request_shows_while_the_page_is_open_and_waits_where_it_is_paused(
    slow_mock: VideosMock, opened: Opened
) -> None:
    page = opened(slow_mock.url)
    expect(page.locator(".empty")).to_contain_text("No request yet")
    post(slow_mock)
    expect(page.locator("a.row")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    post(slow_mock, seconds="10")
    page.get_by_role("button", name="Show 1 new").click()
    expect(page.locator("a.row").first).to_contain_text("seconds.enum")
    page.get_by_role("button", name="Refused").click()
    expect(page.locator("a.row")).to_have_count(1)


def test_request_is_sent_again(slow_mock: VideosMock, opened: Opened) -> None:
    post(slow_mock, seconds="10")
    page = opened(slow_mock.url)
    page.locator("a.row").click()
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("link", name="open it").click()
    expect(page.locator(".why")).to_contain_text("seconds.enum")
    assert [request["rule"] for request in slow_mock.requests] == ["seconds.enum", "seconds.enum"]


def test_keys_go_through_the_list(slow_mock: VideosMock, opened: Opened) -> None:
    for seconds in ("1", "2"):
        post(slow_mock, seconds=seconds)
    page = opened(slow_mock.url)
    expect(page.locator("a.row")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator(".why .value.sent")).to_have_text("2")
    page.keyboard.press("j")
    expect(page.locator(".why .value.sent")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("nothing like that")
    expect(page.locator(".empty")).to_contain_text("No request fits")


def test_video_plays_and_seeks(slow_mock: VideosMock, opened: Opened) -> None:
    video = finished(slow_mock)
    page = opened(slow_mock.url)
    view(page, "videos")
    page.locator(".videocard").click()
    player = page.locator("video")
    expect(player).to_be_visible()
    player.evaluate("video => { video.muted = true; return video.play(); }")
    until(page, "document.querySelector('video').currentTime > 0.2")
    player.evaluate("video => { video.pause(); video.currentTime = 3; }")
    until(page, "(v => v.currentTime === 3 && !v.seeking && v.readyState >= 2)(document.querySelector('video'))")
    page.get_by_role("button", name="Sprite sheet").click()
    until(page, "document.querySelector('img.sheet')?.naturalWidth > 0")
    assert video in page.url


def test_videos_are_steered_by_hand(slow_mock: VideosMock, opened: Opened) -> None:
    ids = [str(post(slow_mock)["id"]) for _ in range(3)]
    page = opened(f"{slow_mock.url}")

    def do(number: int, *buttons: str) -> None:
        page.goto(f"{slow_mock.url}/_mock/ui/#/videos/{ids[number]}")
        for button in buttons:
            with page.expect_response(lambda answer: answer.request.method != "GET"):
                page.get_by_role("button", name=button, exact=True).click()

    do(0, "Finish now")
    expect(page.locator(".detail video")).to_be_visible()
    do(0, "Expire")
    expect(page.locator(".detail .notice")).to_contain_text("expired")
    page.goto(f"{slow_mock.url}/_mock/ui/#/videos/{ids[1]}")
    page.get_by_label("Code of the failure").select_option("server_error")
    do(1, "Fail with")
    expect(page.locator(".detail")).to_contain_text("could not be rendered")
    do(2, "Stall")
    slow_mock.advance(100_000)
    expect(page.locator(".detail header .state")).to_have_text("stalled")
    do(2, "Delete")
    expect(page.locator(".videocard")).to_have_count(2)
    states = {job["id"]: (job["status"], job["expired"]) for job in slow_mock.jobs}
    assert states == {ids[0]: ("completed", True), ids[1]: ("failed", False)}


def test_form_of_the_document_creates_a_video(slow_mock: VideosMock, opened: Opened) -> None:
    page = opened(slow_mock.url)
    view(page, "try")
    page.get_by_label("size").select_option("1280x720")
    page.get_by_role("button", name="Use a picture of 1280×720").click()
    expect(page.locator(".drop")).to_contain_text("picture-1280x720.png")
    page.get_by_role("button", name="Send POST /v1/videos").click()
    expect(page.locator(".tryanswer")).to_contain_text('"status": "queued"')
    page.get_by_role("link", name="open the video").click()
    expect(page.locator(".detail")).to_contain_text("1280x720")
    assert [job["size"] for job in slow_mock.jobs] == ["1280x720"]


def test_scenario_and_clock_set_on_the_page_are_met_by_a_client(slow_mock: VideosMock, opened: Opened) -> None:
    page = opened(slow_mock.url)
    view(page, "scenarios")
    page.get_by_label("Scenario", exact=True).fill("rate_limit_exceeded")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("ul.active")).to_contain_text("rate_limit_exceeded")
    assert post(slow_mock)["error"]["code"] == "rate_limit_exceeded"
    expect(page.locator("ul.active")).to_have_count(0)
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("button", name="Let it run")).to_be_visible()
    video = post(slow_mock)["id"]
    with page.expect_response("**/_mock/clock"):
        page.get_by_role("button", name="+10 min").click()
    mock_jobs = {job["id"]: job["status"] for job in slow_mock.jobs}
    assert mock_jobs[video] == "completed"


def test_rule_leads_to_the_requests_that_broke_it(slow_mock: VideosMock, opened: Opened) -> None:
    post(slow_mock, seconds="10")
    page = opened(slow_mock.url)
    view(page, "document")
    page.get_by_label("Search the document").fill("seconds.enum")
    page.locator(".ruleline summary").click()
    page.get_by_role("link", name="1 request broke it").click()
    expect(page.locator("a.row")).to_have_count(1)


def test_figures_are_those_of_the_metrics(slow_mock: VideosMock, opened: Opened) -> None:
    for _ in range(3):
        post(slow_mock, seconds="10")
    page = opened(slow_mock.url)
    view(page, "figures")
    expect(page.locator(".sums")).to_contain_text("3requests")
    expect(page.locator(".bars").first).to_contain_text("seconds.enum")


def test_reference_shows_the_document(slow_mock: VideosMock, opened: Opened) -> None:
    page = opened(slow_mock.url)
    page.goto(f"{slow_mock.url}/_mock/docs/")
    expect(page.locator("h1")).to_contain_text("Image-to-video, Sora format")


def test_token_never_appears_in_the_page(slow_mock: VideosMock, opened: Opened) -> None:
    post(slow_mock, prompt=f"my token is {SECRET}", name=f"{SECRET}.png")
    httpx.get(
        f"{slow_mock.url}/v1/videos/{SECRET}?after={SECRET}",
        headers={"authorization": f"Bearer {SECRET}", "x-copy": SECRET},
    )
    page = opened(slow_mock.url)
    bodies: list[str] = []
    page.on(
        "response",
        lambda answer: bodies.append(answer.text()) if "json" in answer.headers.get("content-type", "") else None,
    )
    for number in (1, 2):
        page.goto(f"{slow_mock.url}/_mock/ui/#/requests/{number}")
        expect(page.locator(".detail")).to_contain_text("***")
        assert SECRET not in page.content()
    for name in VIEWS:
        view(page, name)
        assert SECRET not in page.content()
    assert len(bodies) > 2
    assert SECRET not in "".join(bodies)


def test_markup_and_terminal_escapes_show_as_text(slow_mock: VideosMock, opened: Opened) -> None:
    shown = "<img src=x onerror=alert(1)> ␛[31mred ⟨U+202E⟩ backwards"
    post(slow_mock, prompt=MARKUP, name="<b>bold</b>.png", **{"<i>field</i>": "x"})
    page = opened(slow_mock.url)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    expect(page.locator("a.row .prompt")).to_have_text(shown)
    page.locator("a.row").click()
    expect(page.locator(".fields")).to_contain_text(shown)
    expect(page.locator(".fields")).to_contain_text("<i>field</i>")
    expect(page.locator(".file")).to_contain_text("<b>bold</b>.png")
    assert page.locator("img[src=x], .fields i, .file b").count() == 0


# Other origins.

MANY = 10_000


def ask(mock: VideosMock, count: int) -> None:
    """Ask for so many videos that are not there, by the ASGI application: quicker than any client."""
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer x")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        """Nothing is done with the answer."""

    async def all_of_them() -> None:
        for number in range(count):
            await mock.app({**scope, "path": f"/v1/videos/video_{number}"}, receive, send)

    with ThreadPoolExecutor(1) as pool:  # the browser's own loop runs in this thread
        pool.submit(asyncio.run, all_of_them()).result()


def test_ten_thousand_requests_open_within_a_second_and_scroll(browser: Browser) -> None:
    mock = VideosMock(Settings(keep_requests=MANY))
    ask(mock, MANY)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{mock.url}/_mock/ui/#/figures")
    page.goto(f"{mock.url}/_mock/ui/")
    took = []
    for _ in range(3):  # the best of them: others use the machine too
        page.reload()
        page.wait_for_selector("a.row")
        took.append(page.evaluate("performance.now()"))
    assert min(took) < 1000
    expect(page.locator(".shown")).to_have_text("10 000")
    assert page.locator("a.row").count() < 80
    page.locator(".virtual").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator("a.row").last).to_contain_text("video_0")
    page.close()
    mock.close()


@contextmanager
def served(port: int = 0) -> Iterator[str]:
    """The address of a mock in a process of its own."""
    command = [sys.executable, "-m", "mockserver", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def refuse(url: str) -> None:
    """Send a request that is refused."""
    httpx.get(f"{url}/v1/videos/video_1", headers={"authorization": "Bearer x"})


def test_page_goes_on_after_a_restart_of_the_mock(opened: Opened) -> None:
    with served() as url:
        refuse(url)
        page = opened(url)
        expect(page.locator("a.row")).to_have_count(1)
        ended = monotonic()
    assert monotonic() - ended < 5, "an open page holds up the end of the mock"
    expect(page.locator(".connection")).to_contain_text("trying again")
    with served(int(url.rpartition(":")[2])):
        refuse(url)
        refuse(url)
        expect(page.locator(".connection")).to_have_text("live")
        expect(page.locator("a.row")).to_have_count(2)
        page.context.close()


# For everybody.


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_view_breaks_a_rule_of_accessibility(opened: Opened, node_modules: Path, theme: str, width: int) -> None:
    mock = VideosMock()
    video = finished(mock)
    post(mock, size="1280x720")
    mock.fail_next("slow=1", 5)
    page = opened(mock.url, color_scheme=theme, viewport={"width": width, "height": 800})
    load_axe(page, node_modules)
    found = {}
    for name in (*VIEWS, "requests/1", "requests/2", f"videos/{video}", "document/seconds.enum"):
        page.evaluate(f"location.hash = '#/{name}'")
        expect(page.locator(f"main.{name.partition('/')[0]}")).to_be_visible()
        until(page, "!document.querySelector('[aria-busy=true]')")
        if violations := violations_of(page):
            found[name] = violations
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{name} is {wider} pixels wider than the screen"
    mock.close()
    assert found == {}, json.dumps(found, indent=1)
