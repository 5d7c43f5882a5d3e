"""The report as one HTML page that needs nothing beside it: no other file, no other host."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from html import escape as escaped
from pathlib import Path

from contract_tests import __version__
from contract_tests.model.escape import printable
from contract_tests.model.finding import WFC, Finding
from contract_tests.model.request import Part, Request
from contract_tests.oracle.verdict import BROKEN, HOLDS, UNTESTED, Verdict
from contract_tests.report.reproduction import curl, folder_of
from contract_tests.report.subjects import by_subject
from contract_tests.runner.delivery import Moment
from contract_tests.session import Outcome

WARNING = "warning"

#: Bytes of a picture that a page may hold, so that it stays small.
_PICTURE = 200_000
#: Findings of a rule that are shown, and characters of one value in them.
_SHOWN = 5
_VALUE = 600
#: Columns of the timeline.
_COLUMNS = 120


def escape(text: object) -> str:
    """Text that came from outside, for a page: no markup, and nothing invisible in it."""
    return escaped(printable(str(text), "\n\t"))


def page(outcome: Outcome) -> str:
    """The page as text."""
    style, script = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    policy = f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}"
    headline = _headline(outcome)
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{escape(headline)}: {escape(outcome.target)}</title><style>{style}</style></head><body>",
            _header(outcome, headline),
            _bar(outcome),
            f"<main>{''.join(_sections(outcome))}</main>",
            _footer(outcome),
            f"<script>{script}</script></body></html>\n",
        )
    )


def _footer(outcome: Outcome) -> str:
    settings, digest = outcome.settings, outcome.contract.document.digest
    told = f"contract-tests {__version__}, profile {settings.profile}, seed {settings.seed}, document {digest[:12]}"
    return f"<footer>{escape(told)}</footer>"


def _digest(text: str) -> str:
    """The source of a policy that allows this text, and no other, within the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _headline(outcome: Outcome) -> str:
    """The verdict in one sentence."""
    counts = Counter(verdict.verdict for verdict in outcome.verdicts)
    if outcome.failing:
        return _counted(len(outcome.failing), "broken")
    if counts[BROKEN]:
        return f"No rule that decides is broken, {_counted(counts[BROKEN], 'broken as a warning')}"
    return "Every rule that was tested holds" if counts[HOLDS] else "No rule was tested"


def _counted(count: int, what: str) -> str:
    return f"{count} rule is {what}" if count == 1 else f"{count} rules are {what}"


def _mark(outcome: Outcome, verdict: Verdict) -> str:
    """The verdict as it is shown: a breach that does not decide is a warning."""
    if verdict.verdict == BROKEN and not outcome.settings.strictness.decides(verdict.rule):
        return WARNING
    return verdict.verdict


def _header(outcome: Outcome, headline: str) -> str:
    counts = Counter(_mark(outcome, verdict) for verdict in outcome.verdicts)
    told = (
        (counts[HOLDS], "hold"),
        (counts[BROKEN], "broken"),
        (counts[WARNING], "broken as a warning"),
        (counts[UNTESTED], "not tested"),
        (outcome.requests, "requests"),
        (outcome.accepted, "accepted"),
        (f"{outcome.seconds:.1f} s", "taken"),
    )
    sums = "".join(f"<div><b>{value}</b><span class=quiet>{what}</span></div>" for value, what in told)
    why = "The run was interrupted: what was not sent yet is untested." if outcome.interrupted else outcome.stopped
    notice = "".join(f"<p class=notice>{escape(one)}</p>" for one in [*outcome.notices, *([why] if why else [])])
    kind = BROKEN if outcome.failing else WARNING if counts[WARNING] else HOLDS
    return (
        f'<header><h1 class="{kind}">{escape(headline)}</h1>'
        f"<p class=target><code>{escape(outcome.target)}</code></p>{notice}<div class=sums>{sums}</div></header>"
    )


def _bar(outcome: Outcome) -> str:
    counts = Counter(_mark(outcome, verdict) for verdict in outcome.verdicts)
    shown = ((BROKEN, "Broken"), (WARNING, "Warnings"), (HOLDS, "Hold"), (UNTESTED, "Not tested"))
    listed = [("", "All", len(outcome.verdicts)), *((mark, name, counts[mark]) for mark, name in shown)]
    buttons = "".join(
        f'<button type="button" data-show="{value}" aria-pressed="{str(not value).lower()}">{name} '
        f"<small>{count}</small></button>"
        for value, name, count in listed
    )
    return (
        '<div class="bar" role="search"><div class="inner">'
        '<input type="search" placeholder="Search rules, requests, answers" '
        f'aria-label="Search rules">{buttons}</div></div>'
    )


def _sections(outcome: Outcome) -> Iterator[str]:
    mark = partial(_mark, outcome)
    for kind, title in ((BROKEN, "Broken"), (WARNING, "Broken as a warning")):
        found = [verdict for verdict in outcome.verdicts if mark(verdict) == kind]
        if found:
            cards = "".join(_card(outcome, verdict, kind) for verdict in found)
            yield f"<section data-group><h2>{title}</h2>{cards}</section>"
    yield _matrix(outcome)
    rest = [verdict for verdict in outcome.verdicts if verdict.verdict != BROKEN]
    subjects = "".join(_subject(name, verdicts) for name, verdicts in by_subject(rest, outcome.contract.rules).items())
    yield f"<section data-group><h2>By subject</h2>{subjects}</section>"
    yield _spent(outcome)
    yield _timeline(outcome.timeline)


# A broken rule.


def _card(outcome: Outcome, verdict: Verdict, kind: str) -> str:
    rule = verdict.rule
    evidence = [
        _evidence(outcome, finding, folder_of(verdict.findings, number), whole=kind == BROKEN and number == 0)
        for number, finding in enumerate(verdict.findings[:_SHOWN])
    ]
    more = len(verdict.findings) - _SHOWN
    rest = f"<p class=quiet>and {more} more, in report.json</p>" if more > 0 else ""
    return (
        f'<article class="card {kind}-rule" id="{escape(rule.id)}" data-verdict="{kind}">'
        f'<h3><code>{escape(rule.id)}</code><span class="tag {kind}">{kind}</span></h3>'
        f"<p class=says>{escape(rule.says)}</p><p class=quiet>{escape(rule.source)}: {escape(rule.origin)}</p>"
        f"{''.join(evidence)}{rest}</article>"
    )


def _evidence(outcome: Outcome, finding: Finding, folder: str | None, *, whole: bool) -> str:
    """One request that broke the rule; the first is shown whole, the others are folded."""
    request = None if finding.case is None else finding.case.request
    sent = escape(finding.label) if request is None else _request(finding.label, request)
    picture = _picture(request.parts or ()) if request is not None and whole else ""
    actual = escape(finding.actual + _answer(finding))
    category = "" if finding.category is None else f"<p class=quiet>{escape(WFC[finding.category])}</p>"
    shown = (
        f"<div class=beside><div class=sent><h4>request</h4><pre>{sent}</pre>{picture}</div>"
        f"<div class=came><h4>answer</h4><pre>{actual}</pre></div>"
        f"<div class=due><h4>expected</h4><pre>{escape(finding.expected)}</pre></div></div>{category}"
        f"{_again(outcome, request, folder)}"
    )
    return shown if whole else f"<details><summary>{escape(finding.label)}</summary>{shown}</details>"


def _request(label: str, request: Request) -> str:
    lines = [label, "", f"{request.method} {request.path}"]
    if request.credential != "right":
        lines.append(f"Authorization: {request.credential}")
    if request.parts is None:
        lines += [f"Content-Type: {request.content_type}", f"{len(request.body)} bytes"]
    lines += [f"{part.name} = {_part(part)}" for part in request.parts or ()]
    return escape("\n".join(lines))


def _part(part: Part) -> str:
    if part.facts is not None:
        return _facts(part)
    if part.is_file or part.text is None:
        return f"{len(part.content)} bytes" + (f", {part.filename}" if part.filename else "")
    return _cut(repr(part.text))


def _facts(part: Part) -> str:
    facts = part.facts
    if facts is None or facts.type is None:
        return f"{len(part.content)} bytes, no picture"
    return f"{facts.type}, {facts.width} by {facts.height} pixels" + ("" if facts.intact else ", cut short")


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}… ({len(text)} characters)"


def _answer(finding: Finding) -> str:
    """The answer itself, where what came is only a remark on it."""
    answer = finding.answer
    if answer is None or not answer.status or finding.actual.startswith(str(answer.status)):
        return ""
    kind = answer.header("content-type") or "no type"
    if not kind.startswith(("text/", "application/json")):
        return f"\n\nHTTP {answer.status}\n{len(answer.body)} bytes of {kind}"
    return f"\n\nHTTP {answer.status}\n{_cut(answer.body[: 4 * _VALUE].decode('utf-8', 'replace'))}"


def _again(outcome: Outcome, request: Request | None, folder: str | None) -> str:
    """The command that sends it again, to copy."""
    if request is None or folder is None:
        return ""
    command = f"cd {folder}\n" + curl(request, outcome.target, outcome.settings.network).split("\n", 2)[2].strip()
    return (
        f'<div class=again><h4>again, from the folder of this report</h4><pre tabindex="0">{escape(command)}</pre>'
        '<button type="button" class="copy">Copy</button></div>'
    )


def _picture(parts: Sequence[Part]) -> str:
    """The picture that was sent, where there is one to show."""
    for part in parts:
        facts = part.facts
        if facts is None or facts.type is None or not part.content or len(part.content) > _PICTURE:
            continue
        data = base64.b64encode(part.content).decode()
        told = escape(_facts(part))
        image = f'<img alt="{told}" src="data:{escape(facts.type)};base64,{data}">'
        return f"<figure>{image}<figcaption>{told}</figcaption></figure>"
    return ""


# All rules.


def _matrix(outcome: Outcome) -> str:
    """The fields, and the kinds of check that there are of each."""
    cells: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in outcome.verdicts:
        rule = verdict.rule
        if rule.field and rule.kind and not rule.derived:
            cells.setdefault((_place(rule.id, rule.field), rule.kind), []).append(verdict)
    errors = {verdict.rule.id: verdict for verdict in outcome.verdicts}
    fields, kinds = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True)) if cells else ([], [])
    head = "".join(f"<th scope=col>{escape(kind)}</th>" for kind in kinds)
    rows = "".join(
        f"<tr><th scope=row class=mono>{escape(field)}</th>"
        + "".join(f"<td>{_cell(outcome, cells.get((field, kind), ()), errors)}</td>" for kind in kinds)
        + "</tr>"
        for field in fields
    )
    return (
        '<section><h2>Fields and kinds of check</h2><div class="card"><div class=scroll tabindex="0" role="region" '
        f'aria-label="Fields and kinds of check"><table class=matrix><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div></section>"
    )


def _place(rule_id: str, field: str) -> str:
    """A field with the operation that it belongs to, where that is not the creation."""
    head = rule_id.partition(".")[0]
    return field if head == field else f"{head}: {field}"


def _cell(outcome: Outcome, verdicts: Iterable[Verdict], errors: dict[str, Verdict]) -> str:
    """The worst verdict on the rules of one cell and on the errors that breaking them earns."""
    pairs = ((verdict, errors.get(f"{verdict.rule.id}.error")) for verdict in verdicts)
    found = [one for pair in pairs for one in pair if one is not None]
    for mark in (BROKEN, WARNING, HOLDS, UNTESTED):
        for verdict in found:
            if _mark(outcome, verdict) == mark:
                where, says = escape(verdict.rule.id), escape(verdict.rule.says)
                return f'<a class="{mark}" href="#{where}" title="{says}">{_NAMES.get(mark, mark)}</a>'
    return ""


_NAMES = {UNTESTED: "not tested"}


def _subject(name: str, verdicts: Sequence[Verdict]) -> str:
    counts = Counter(verdict.verdict for verdict in verdicts)
    told = ", ".join(
        f'<span class="{kind}">{counts[kind]} {what}</span>'
        for kind, what in ((HOLDS, "hold"), (UNTESTED, "not tested"))
        if counts[kind]
    )
    rows = "".join(map(_row, verdicts))
    return (
        f"<details class=subject data-group><summary><b>{escape(name)}</b><span>{told}</span></summary>"
        f"<table>{rows}</table></details>"
    )


def _row(verdict: Verdict) -> str:
    rule, mark = verdict.rule, verdict.verdict
    reason = f"<br><span class=untested>{escape(verdict.reason)}</span>" if verdict.reason else ""
    return (
        f'<tr id="{escape(rule.id)}" data-verdict="{mark}">'
        f'<td><span class="tag {mark}">{_NAMES.get(mark, mark)}</span></td>'
        f"<td><code>{escape(rule.id)}</code></td><td>{escape(rule.says)} "
        f"<span class=quiet>{escape(rule.source)}: {escape(rule.origin)}</span>{reason}</td></tr>"
    )


def _spent(outcome: Outcome) -> str:
    settings, cap, strictness = outcome.settings, outcome.settings.spend, outcome.settings.strictness
    deciding = (
        ("rules of the document", True),
        ("inferred rules", strictness.strict),
        ("extensions", strictness.extensions),
    )
    facts = (
        ("creations accepted", f"{outcome.accepted}, of {'any number' if cap is None else cap} allowed"),
        ("possibly charged", f"{outcome.unclear}, by 5xx, 3xx or no answer"),
        ("requests", str(outcome.requests)),
        ("waits for a rate limit", str(outcome.waits)),
        ("time", f"{outcome.seconds:.1f} s"),
        ("profile", settings.profile),
        ("seed", str(settings.seed)),
        ("what decides", ", ".join(name for name, decides in deciding if decides)),
        ("document", f"{outcome.contract.document.source}, SHA-256 {outcome.contract.document.digest}"),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<section><h2>What was spent</h2><div class="card"><dl class=facts>{rows}</dl></div></section>'


def _timeline(moments: Sequence[Moment]) -> str:
    """The requests over the time of the run, by what came of them."""
    if not moments:
        return ""
    begin = min(moment.sent_at for moment in moments)
    length = max(max(moment.received_at for moment in moments) - begin, 0.001)
    columns = [Counter[str]() for _ in range(_COLUMNS)]
    for moment in moments:
        columns[min(_COLUMNS - 1, int(_COLUMNS * (moment.sent_at - begin) / length))][moment.kind] += 1
    most = max(column.total() for column in columns)
    bars = "".join(_bars(number, column, most) for number, column in enumerate(columns))
    slowest = max(moment.received_at - moment.sent_at for moment in moments)
    key = "".join(f"<span><i class={kind}></i>{kind}</span>" for kind in ("accepted", "refused", "failed"))
    told = f"{len(moments)} requests within {length:.1f} s, the slowest answer after {slowest:.2f} s"
    return (
        f'<section><h2>Timeline</h2><div class="card"><svg class=timeline viewBox="0 0 {_COLUMNS} 100" '
        f'preserveAspectRatio="none" role="img" aria-label="{told}">'
        f'<line x1="0" x2="{_COLUMNS}" y1="100" y2="100"/>{bars}'
        f"</svg><p class=key>{key}<span>{told}</span></p></div></section>"
    )


def _bars(number: int, column: Counter[str], most: int) -> str:
    made, top = "", 100.0
    for kind in ("refused", "accepted", "failed"):
        height = 98 * column[kind] / most
        top -= height
        made += f'<rect class="{kind}" x="{number}" y="{top:.2f}" width=".9" height="{height:.2f}"/>' if height else ""
    return made
