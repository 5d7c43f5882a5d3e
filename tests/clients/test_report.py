"""The page of the kit's report in a real browser."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.clients.vocabulary import load_axe, violations_of
from tests.kit.test_command import FAULTY, QUICK
from tests.kit.vocabulary import run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report on a server that breaks one rule."""
    folder = tmp_path_factory.mktemp("report")
    with ThreadPoolExecutor(1) as pool:  # the browser's own loop runs in this thread
        pool.submit(run, FAULTY.build(), *QUICK, "--report", str(folder)).result()
    return (folder / "report.html").as_uri()


def opened(browser: Browser, report: str, **options: Any) -> Page:
    """The report, open."""
    page = browser.new_page(**options)
    page.goto(report)
    return page


def test_report_asks_for_nothing_and_its_policy_holds(browser: Browser, report: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: asked.append(one.text))
    page.goto(report)
    assert [one for one in asked if not one.startswith("data:")] == [report]
    page.close()


def test_rules_are_found_by_word_and_by_verdict(browser: Browser, report: str) -> None:
    page = opened(browser, report)
    shown = page.locator("[data-verdict]:visible")
    page.get_by_role("button", name="Broken").click()
    expect(shown).to_have_count(1)
    page.get_by_role("button", name="All").click()
    page.get_by_label("Search rules").fill("auth.scheme")
    expect(shown.locator("code")).to_have_text(["auth.scheme", "auth.scheme.error"])
    page.close()


def test_cell_of_the_matrix_leads_to_its_rule(browser: Browser, report: str) -> None:
    page = opened(browser, report)
    expect(page.locator("tr[id='model.enum']")).to_be_hidden()
    page.locator("a[href='#model.enum']").click()
    expect(page.locator("tr[id='model.enum']")).to_be_visible()
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_report_breaks_no_rule_of_accessibility_and_fits_a_telephone(
    browser: Browser, report: str, node_modules: Path, theme: str
) -> None:
    page = opened(browser, report, color_scheme=theme, viewport={"width": 360, "height": 740})
    load_axe(page, node_modules)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert violations_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.close()
