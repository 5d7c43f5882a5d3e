"""What a run sends, in which order, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract_tests.cases.contract import Contract
from contract_tests.cases.positives import SPELLING, bundled, pictured
from contract_tests.model.case import Case
from contract_tests.model.credential import usable
from contract_tests.runner.client import PLACEHOLDER
from contract_tests.settings import Settings

#: Creations from which on one is kept back.
_ENOUGH = 3


@dataclass
class Plan:
    """`good` must be accepted, `bad` refused, `odd` accepted too but in unusual spelling.

    `held` are good ones that come last of all, if what they cost was not needed elsewhere. `plain` are the good ones,
    by the ids of their odd spellings, that are sent where those are refused. `doubtful` are bad ones that a right
    server may accept: where creations cost money they come after all others, paid with what is left.
    `skipped` tells why a rule is left out.
    """

    good: list[Case]
    bad: list[Case]
    odd: list[Case]
    held: list[Case] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    plain: dict[str, Case] = field(default_factory=dict)
    doubtful: list[Case] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many creations a correct server accepts."""
        return len(self.good) + len(self.odd) + len(self.held)


def plan(contract: Contract, settings: Settings) -> Plan:
    """The requests of the table; what is drawn at random comes on top."""
    made = Plan(
        good=list(contract.good),
        bad=list(contract.bad),
        odd=list(contract.odd),
    )
    _leave_out_large(made, large=settings.effort.large)
    _leave_out_tokens(made, settings.token)
    if settings.only is not None:
        _select(made, settings.only)
    if settings.spend is not None:
        room = settings.spend
        _leave_out_open(made, contract, free=room > 0 or settings.strictness.strict)
        made.good, made.odd = made.good[:room], made.odd[: max(0, room - len(made.good))]
        if settings.strictness.extensions:
            _hold_back(made, contract, room)
        if settings.only is None and SPELLING in contract.rules:
            _bundle(made, contract)
        if room == 0:
            made.skipped["response."] = "nothing may be accepted: --spend 0"
    return made


def _bundle(made: Plan, contract: Contract) -> None:
    """Spell them oddly, of the first the picture alone: a refusal costs nothing, and is followed by the plain one."""
    for number, case in enumerate(made.good):
        made.good[number] = (bundled if number else pictured)(contract.builder, case)
        made.plain[made.good[number].id] = case


def _hold_back(made: Plan, contract: Contract, room: int) -> None:
    """Of at least three creations keep the last for an extension that creates: it shows more than one form more."""
    creating = any(one.extension and "requestBody" in one.node for one in contract.document.operations())
    last = made.odd or made.good
    if creating and room >= _ENOUGH and len(made.good) + len(made.odd) == room:
        made.held = [last.pop()]


def _leave_out_open(made: Plan, contract: Contract, *, free: bool) -> None:
    """What the source document leaves open a right server may accept: it comes last, or not at all."""
    open_ones = [case for case in made.bad if case.rule in contract.inferred]
    made.bad = [case for case in made.bad if case.rule not in contract.inferred]
    if free:
        made.doubtful = open_ones
    else:
        reason = "a right server may accept what breaks it, and nothing may be accepted; --strict sends it all the same"
        made.skipped |= {case.rule: reason for case in open_ones}


def _leave_out_large(made: Plan, *, large: bool) -> None:
    if not large:
        made.bad = [case for case in made.bad if case.rule != "body.limit"]
        made.odd = [case for case in made.odd if case.rule != "body.limit"]
        made.skipped["body.limit"] = "a body at the limit is sent by the profiles standard and thorough"


def _leave_out_tokens(made: Plan, token: str | None) -> None:
    if token is None:
        made.bad = [case for case in made.bad if case.rule != "auth.key"]
        made.skipped["auth.key"] = "no token was given, so that no other token is known to be wrong"
    made.bad = [
        c for c in made.bad if c.request.credential == "right" or usable(c.request.credential, token or PLACEHOLDER)
    ]


def _select(made: Plan, only: frozenset[str]) -> None:
    """Keep what the chosen rules are judged by. Good requests judge every rule of answers and of optional fields."""
    chosen = {rule.removesuffix(".error") for rule in only}
    general = bool(chosen & {"error.envelope", "error.no-5xx"})
    made.bad = [case for case in made.bad if general or case.rule in chosen or case.breach in chosen]
    if not any(rule.startswith("response.") or rule.endswith((".optional", ".default", ".enum")) for rule in chosen):
        made.good = [case for case in made.good if case.rule in chosen] or made.good[:1]
    made.odd = [case for case in made.odd if case.rule in chosen]
