"""Who the page lets in, in a real browser."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from mockserver.settings import Settings
from mockserver.testing import VideosMock
from tests.clients.test_browser import Site
from tests.clients.test_page import post
from tests.clients.vocabulary import Opened

ATTACK = """async (url) => {
    const read = async (path, init) => { try { return (await (await fetch(url + path, init)).text()).slice(0, 80); } catch { return null; } };
    const post = { method: "POST", credentials: "include", mode: "no-cors", body: JSON.stringify({scenario: "drop"}), headers: {"content-type": "text/plain"} };
    await read("/_mock/scenarios", post);
    await read("/_mock/reset", { method: "POST", credentials: "include", mode: "no-cors" });
    const framed = await new Promise((done) => {
        const frame = Object.assign(document.createElement("iframe"), { src: url + "/_mock/ui/" });
        frame.onload = () => { try { done(frame.contentDocument ? "seen" : null); } catch { done(null); } };
        document.body.append(frame);
    });
    return [await read("/_mock/requests", { credentials: "include" }), await read("/_mock/login", { method: "POST", body: "{}" }), framed];
}"""


@pytest.mark.parametrize("token", [None, "control-secret"])
def test_page_of_another_origin_can_neither_read_nor_post(token: str | None, browser: Browser) -> None:
    mock = VideosMock(Settings(control_token=token))
    post(mock)
    with (
        Site({"/": ("text/html", b"<!doctype html><title>another</title><body>")}) as site,
        ThreadPoolExecutor(1) as pool,
    ):
        pool.submit(site.serve_forever, 0.01)
        page = browser.new_page()
        if token:  # somebody who may use the page visits another one
            page.goto(f"{mock.url}/_mock/ui/")
            page.get_by_label("Control token").fill(token)
            page.get_by_role("button", name="Open").click()
            expect(page.locator("a.row")).to_have_count(1)
        page.goto(site.url)
        assert page.evaluate(ATTACK, mock.url) == [None, None, None]
        page.close()
        site.shutdown()
    assert len(mock.requests) == 1
    mock.close()


def test_control_token_is_asked_for_and_kept_from_the_page(opened: Opened) -> None:
    mock = VideosMock(Settings(control_token="control-secret"))
    post(mock)
    page = opened(mock.url)
    page.get_by_label("Control token").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("control-token")
    page.get_by_label("Control token").fill("control-secret")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("a.row")).to_have_count(1)
    assert "control-secret" not in page.content() + page.evaluate("document.cookie + JSON.stringify(localStorage)")
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Control token")).to_be_visible()
    mock.close()


# Large and lasting.
