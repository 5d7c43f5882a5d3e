"""A broken rule as a value: what was sent, the actual answer and the expected one. Equal findings are one finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contract_tests.model.case import Case
from contract_tests.model.response import Response

#: Fault categories of Web Fuzzing Commons (WFC), by code, labelled as its fault_categories.json has them.
WFC = {
    100: "F100:HTTP Status 500",
    101: "F101:Received A Response From API That Is Not Valid According To Its Schema",
    102: "F102:Received Success Response When Sending Wrong Data",
    103: "F103:Resource Still Accessible After Being Deleted",
    205: "F205:Wrongly Not Recognized as Authenticated",
    206: "F206:Allowed To Modify Resource That Likely Should Had Been Protected",
}


#: Values that many a reader takes for none.
_NOTHING = frozenset(("", "0", "null", "[]"))


@dataclass(frozen=True)
class Finding:
    """One breach of `rule`. `category` is a WFC code, None where none of them fits.

    `found_as`: the rule that it was found under, where another one is to blame.
    """

    rule: str
    label: str
    actual: str
    expected: str
    category: int | None = None
    case: Case | None = field(default=None, compare=False)
    answer: Response | None = field(default=None, compare=False)
    found_as: str = field(default="", compare=False)

    @property
    def weight(self) -> tuple[bool, int, int]:
        """Smaller is better evidence: a value that is clearly another one, the least body, the shortest name."""
        if self.case is None:
            return False, 0, len(self.label)
        sent = [part.text or "" for part in self.case.request.parts or () if part.name == self.rule.partition(".")[0]]
        # What is empty, or differs by what cannot be seen, may be read as absent or as the right value.
        doubtful = any(value in _NOTHING or value != value.strip() or not value.isprintable() for value in sent)
        return doubtful, len(self.case.request.body), len(self.label)

    def to_json(self) -> dict[str, Any]:
        """The finding as it stands in report.json, without its folder."""
        return {
            "request": self.label,
            "case": None if self.case is None else self.case.id,
            "actual": self.actual,
            "expected": self.expected,
            "category": None if self.category is None else WFC[self.category],
        }


@dataclass
class Judgement:
    """What one answer showed: the rules that it was judged by, and those found broken."""

    judged: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Judgement) -> None:
        """Take over what another answer showed."""
        self.judged |= other.judged
        self.findings += other.findings
