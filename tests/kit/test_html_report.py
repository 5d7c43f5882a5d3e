"""The report as a page: what stands first, that nothing of it is markup, and that it asks nobody for anything."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cases.contract import load
from contract_tests.model.finding import Finding
from contract_tests.model.request import Request
from contract_tests.model.response import Response
from contract_tests.oracle.verdict import HOLDS, Verdict
from contract_tests.report.html_report import _answer, _request, _timeline, escape
from contract_tests.report.subjects import by_subject
from contract_tests.spec.document import default_path
from tests.kit.test_command import FAULTY, QUICK, read_report
from tests.kit.vocabulary import run


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run that found one rule broken."""
    folder = tmp_path_factory.mktemp("report")
    run(FAULTY.build(), *QUICK, "--report", str(folder))
    return (folder / "report.html").read_text("utf-8")


def test_broken_rules_stand_before_the_matrix_and_the_rest(page: str) -> None:
    places = [
        page.index(f"<h2>{title}</h2>")
        for title in ("Broken", "Fields and kinds of check", "By subject", "What was spent", "Timeline")
    ]
    assert places == sorted(places)
    assert page.index('id="seconds.enum"') < places[1]


def test_request_answer_and_expected_stand_side_by_side(page: str) -> None:
    card = page[page.index('id="seconds.enum"') :]
    assert re.search(
        r"<h4>request</h4>.*?seconds = .*?<h4>answer</h4>.*?<h4>expected</h4><pre>a refusal", card, re.DOTALL
    )
    assert "cd findings/seconds.enum-" in card


def test_every_rule_stands_there_once(page: str, tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path))
    ids = [attributes["id"] for _, attributes in Page(page).tags if "data-verdict" in attributes]
    assert sorted(map(str, ids)) == sorted(rule["id"] for rule in read_report(tmp_path)["rules"])


def test_page_asks_for_nothing_elsewhere(page: str) -> None:
    addresses = [
        value for _, attributes in Page(page).tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert [one for one in addresses if not str(one).startswith(("data:image/", "#"))] == []
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page


@pytest.mark.parametrize(
    ("actual", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\u202eb\u2028", r"a\u202eb\u2028"),
        ("\"'&\n\t", "&quot;&#x27;&amp;\n\t"),
    ],
)
def test_what_came_is_shown_as_text(actual: str, shown: str) -> None:
    assert escape(actual) == shown


def test_answer_of_markup_makes_no_tag(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        status = 200 if scope["path"] == "/v1/videos" else 404
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<script>alert(1)</script></pre><img src=//evil.example>"})

    run(app, *QUICK, "--report", str(tmp_path))
    tags = Page((tmp_path / "report.html").read_text("utf-8")).tags
    assert sum(tag == "script" for tag, _ in tags) == 1
    assert all(str(attributes["src"]).startswith("data:image/") for tag, attributes in tags if tag == "img")


def test_subjects_are_words_for_people() -> None:
    rules = list(load(default_path()).rules)
    verdicts = [Verdict(rule, HOLDS) for rule in rules]
    found = {verdict.rule.id: subject for subject, listed in by_subject(verdicts, rules).items() for verdict in listed}
    told = {
        rule: found[rule]
        for rule in (
            "auth.key",
            "seconds.enum",
            "input_reference.intact",
            "size.needs-pro",
            "size.needs-pro.error",
            "response.id",
            "list.order",
            "body.limit",
        )
    }
    assert told == {
        "auth.key": "authentication", "seconds.enum": "form", "input_reference.intact": "image", "size.needs-pro": "cross-field",
        "size.needs-pro.error": "cross-field", "response.id": "answer", "list.order": "list", "body.limit": "transport",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (Response(200, (("content-type", "text/plain"),), b"hello"), "\n\nHTTP 200\nhello"),
        (Response(200, (("content-type", "video/mp4"),), b"1234"), "\n\nHTTP 200\n4 bytes of video/mp4"),
        (Response(0, failure="it hung"), ""),
    ],
)
def test_answer_stands_below_a_remark_on_it(answer: Response, shown: str) -> None:
    assert _answer(Finding("list.page", "a page", "has_more is missing", "a boolean", None, None, answer)) == shown


def test_body_that_is_no_form_is_told_by_its_type_and_length() -> None:
    assert "Content-Type: text/plain\n5 bytes" in _request(
        "a body", Request("POST", "/v1/videos", "text/plain", b"hello")
    )


def test_run_without_an_answer_has_no_timeline() -> None:
    assert _timeline(()) == ""
