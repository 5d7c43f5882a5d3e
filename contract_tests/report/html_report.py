"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
from collections import Counter
from html import escape

from contract_tests import __version__
from contract_tests.model.finding import WFC, Finding
from contract_tests.oracle.verdict import BROKEN, HOLDS, UNTESTED, Verdict
from contract_tests.report.reproduction import folder_of
from contract_tests.session import Outcome

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--good:#17776c;--bad:#b3304a;--warn:#8a5a00;--quiet:#666}
@media (prefers-color-scheme:dark){:root{--good:#4fc3b5;--bad:#ff7b8f;--warn:#e3aa4c;--quiet:#9a9a9a}}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}table{border-collapse:collapse;width:100%;margin-top:1rem}
td,th{border-top:1px solid var(--line);padding:.4rem .6rem;text-align:left;vertical-align:top}
code,pre{margin:0;font:13px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
td:nth-child(2) code{white-space:nowrap}
.holds{color:var(--good)}.broken{color:var(--bad);font-weight:600}.warning{color:var(--warn);font-weight:600}
.untested,.quiet{color:var(--quiet)}dl{
  display:grid;grid-template-columns:4rem 1fr;gap:.2rem .8rem;margin:.5rem 0;align-items:baseline}
dt{color:var(--quiet)}dd{margin:0}summary{cursor:pointer}details{margin-top:.4rem}figure{margin:.8rem 0 0 4.8rem}
figcaption{color:var(--quiet);font-size:13px}tr.plain td{padding:.15rem .6rem}tr.plain .quiet{font-size:13px}
img{max-height:9rem;max-width:16rem;border:1px solid var(--line)}
.sum{display:flex;gap:2rem;flex-wrap:wrap;margin:1rem 0}.sum b{display:block;font-size:1.6rem}
""".strip()
#: Bytes of a picture that a page may hold, so that it stays small.
_PICTURE = 200_000
#: Findings of a rule that are shown whole.
_SHOWN = 5


def page(outcome: Outcome) -> str:
    """The page as text."""
    verdict = _headline(outcome)
    rows = "".join(_row(one, decides=outcome.settings.strictness.decides(one.rule)) for one in _ordered(outcome))
    told = "The run was interrupted: what was not sent yet is untested." if outcome.interrupted else outcome.stopped
    stopped = f"<p class=warning>{escape(told)}</p>" if told else ""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(verdict)}: {escape(outcome.target)}</title><style>{_STYLE}</style>"
        f'<h1 class="{"broken" if outcome.failing else "holds"}">{escape(verdict)}</h1>'
        f"<p><code>{escape(outcome.target)}</code></p>{_sums(outcome)}{stopped}"
        f"<table><thead><tr><th>verdict<th>rule<th>what the document says</thead><tbody>{rows}</tbody></table>"
        f"<p class=quiet>contract-tests {__version__}, profile {escape(outcome.settings.profile)}, "
        f"seed {outcome.settings.seed}, document {outcome.contract.document.digest[:12]}</p></html>\n"
    )


def _headline(outcome: Outcome) -> str:
    counts = Counter(verdict.verdict for verdict in outcome.verdicts)
    if outcome.failing:
        return _counted(len(outcome.failing), "broken")
    if counts[BROKEN]:
        return f"No rule that decides is broken, {_counted(counts[BROKEN], 'broken as a warning')}"
    return "Every rule that was tested holds" if counts[HOLDS] else "No rule was tested"


def _counted(count: int, what: str) -> str:
    return f"{count} rule is {what}" if count == 1 else f"{count} rules are {what}"


def _ordered(outcome: Outcome) -> list[Verdict]:
    """What fails first, then warnings, then the rest as the document has it."""
    failing = {verdict.rule.id for verdict in outcome.failing}
    return sorted(outcome.verdicts, key=lambda v: 0 if v.rule.id in failing else 1 if v.verdict == BROKEN else 2)


def _sums(outcome: Outcome) -> str:
    counts = Counter(verdict.verdict for verdict in outcome.verdicts)
    told = (
        (counts["holds"], "hold"),
        (len(outcome.failing), "broken"),
        (counts[BROKEN] - len(outcome.failing), "broken as a warning"),
        (counts[UNTESTED], "not tested"),
        (outcome.requests, "requests"),
        (outcome.accepted, "accepted"),
        (f"{outcome.seconds:.1f} s", "taken"),
    )
    return "<div class=sum>" + "".join(f"<div><b>{value}</b>{what}</div>" for value, what in told) + "</div>"


def _row(verdict: Verdict, *, decides: bool) -> str:
    shown = "warning" if verdict.verdict == BROKEN and not decides else verdict.verdict
    rule = verdict.rule
    told = f"{escape(rule.says)} <span class=quiet>{escape(rule.source)}: {escape(rule.origin)}</span>"
    if verdict.verdict == UNTESTED:
        told += f"<br><span class=untested>{escape(verdict.reason)}</span>"
    told += "".join(
        _evidence(one, folder_of(verdict.findings, number), whole=decides and number == 0)
        for number, one in enumerate(verdict.findings[:_SHOWN])
    )
    more = len(verdict.findings) - _SHOWN
    if more > 0:
        told += f"<p class=quiet>and {more} more, in report.json</p>"
    plain = "" if verdict.findings else " class=plain"
    return f'<tr id="{escape(rule.id)}"{plain}><td class="{shown}">{shown}<td><code>{escape(rule.id)}</code><td>{told}'


def _evidence(finding: Finding, folder: str | None, *, whole: bool) -> str:
    label = "" if finding.category is None else f"<dt>kind<dd class=quiet>{escape(WFC[finding.category])}"
    again = "" if folder is None else f"<dt>again<dd><code>sh {folder}/curl.sh</code>"
    return (
        f"<details{' open' if whole else ''}><summary>{escape(finding.label)}</summary><dl>"
        f"<dt>came<dd><pre>{escape(finding.came)}</pre><dt>due<dd><pre>{escape(finding.due)}</pre>{label}{again}"
        f"</dl>{_picture(finding) if whole else ''}</details>"
    )


def _picture(finding: Finding) -> str:
    """The picture that was sent, where there is one to show."""
    for part in (finding.case.request.parts or ()) if finding.case is not None else ():
        facts = part.facts
        if facts is None or facts.type is None or not part.content or len(part.content) > _PICTURE:
            continue
        data = base64.b64encode(part.content).decode()
        told = f"{facts.type}, {facts.width} by {facts.height} pixels" + ("" if facts.intact else ", cut short")
        image = f'<img alt="{escape(told)}" src="data:{facts.type};base64,{data}">'
        return f"<figure>{image}<figcaption>{escape(told)}</figcaption></figure>"
    return ""
