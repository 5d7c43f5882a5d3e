"""Scenarios: the one table of what can be asked of the mock, and the text in which it is asked.

A text is settings separated by commas: a scenario's name, with a value where it takes one, then its parameters, then
perhaps the next scenario: ``slow=2, fail=moderation_blocked, at=40``. The same text serves everywhere.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from mockserver.scenarios import effects
from mockserver.scenarios.effects import HAVING_CONTENT, MAKING_JOBS, Effect
from mockserver.scenarios.examples import Examples
from mockserver.spelling import did_you_mean

MOST_SHOWN = 40
"""Characters of a wrong word that are repeated."""

MOST_SETTINGS = 100
"""Settings of one text: to obey thousands would hold up every other request."""

DIRECTIVE = "[mock:"


class ScenarioError(ValueError):
    """A text asks for no scenario. ``reason`` says what came, ``allowed`` is what could; one is near to ``named``."""

    def __init__(self, reason: str, allowed: Iterable[str], named: str = "") -> None:
        self.allowed = tuple(allowed)
        self.reason = reason + did_you_mean(named, self.allowed)
        super().__init__(f"{self.reason}; allowed: {', '.join(self.allowed)}")


class Parameter(msgspec.Struct, frozen=True):
    """One parameter: a number from ``least`` to ``most``, whole if they are, or one of the ``names`` of a kind."""

    name: str
    says: str
    default: Any = None
    least: float = 0
    most: float = 0
    names: str = ""
    is_needed: bool = False

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return f"one of the {self.names}" if self.names else f"{self.least:g} to {self.most:g}"


class Scenario(msgspec.Struct, frozen=True):
    """One row of the table. ``value`` names the parameter that is given as NAME=VALUE.

    ``operations`` are those that it concerns where it is asked for beforehand, none for all. ``counts``: its effect
    depends on the requests before.
    """

    name: str
    says: str
    effect: Effect
    parameters: tuple[Parameter, ...] = ()
    value: str | None = None
    operations: tuple[str, ...] = ()
    counts: bool = False


class Directive(NamedTuple):
    """A scenario with its parameters."""

    scenario: Scenario
    values: dict[str, Any]

    def concerns(self, operation: str) -> bool:
        """Whether the operation of that id is one that it can meet."""
        on, those = self.values["on"], self.scenario.operations
        return on in (None, operation) and (not those or operation in those)


RETRY_AFTER = Parameter("retry_after", "the header of that name, in seconds", most=86400)
COMMON = (
    Parameter("probability", "how likely it is", 1.0, 0.0, 1.0),
    Parameter("on", "only on this operation", names="operations"),
)
"""The parameters of every scenario."""


def _percent(says: str, default: int) -> Parameter:
    return Parameter("at", f"{says}, in percent", default, 0, 99)


SCENARIOS = (
    Scenario(
        "error",
        "answers any error of the document, by its name in `x-errors`; the name alone will do",
        effects.error,
        (Parameter("error", "its name", names="errors", is_needed=True), RETRY_AFTER),
        "error",
    ),
    Scenario(
        "rate_limit",
        "answers 429 with Retry-After once a token has made so many requests within a minute",
        effects.rate_limit,
        (Parameter("requests", "how many are let through", 0, 0, 100_000), RETRY_AFTER),
        "requests",
        counts=True,
    ),
    Scenario("flaky", "answers one of the errors from 500 on, chosen by chance", effects.flaky),
    Scenario(
        "slow",
        "answers late",
        effects.slow,
        (Parameter("seconds", "how late, in seconds", 5.0, 0.0, 3600.0),),
        "seconds",
    ),
    Scenario("drop", "closes the connection without an answer", effects.drop),
    Scenario("truncate", "ends JSON in the middle", effects.truncate, (_percent("where", 50),), "at"),
    Scenario(
        "fail",
        "lets the job fail, with a code of `x-failures`; the code alone will do",
        effects.fail,
        (Parameter("code", "the code", names="failures", is_needed=True), _percent("at which progress", 50)),
        "code",
        MAKING_JOBS,
    ),
    Scenario(
        "stall",
        "lets the job stop on its way, for good",
        effects.stall,
        (_percent("at which progress", 99),),
        "at",
        MAKING_JOBS,
    ),
    Scenario(
        "break_off",
        "closes the connection in the middle of the content; in a prompt, of that video's",
        effects.break_off,
        (_percent("where", 50),),
        "at",
        HAVING_CONTENT,
    ),
    Scenario(
        "strict_uploads",
        "refuses a file without a name, or declared as another type than the field takes, like `--strict-uploads`",
        effects.strict_uploads,
        operations=("createVideo",),
    ),
)
"""Every scenario that there is."""


def directives(text: str) -> str | None:
    """The settings that stand as ``[mock: …]`` in a prompt, of several directives together; ``None`` without one."""
    found = []
    end = 0
    while (start := text.find(DIRECTIVE, end)) >= 0:
        end = text.find("]", start)
        if end < 0:
            break
        found.append(text[start + len(DIRECTIVE) : end])
    return ",".join(found) if found else None


def found(name: str, names: Collection[str]) -> str | None:
    """The one of ``names`` that ``name`` is, in which ``-`` and ``_`` are alike; ``None`` if it is none."""
    if name in names:
        return name
    return next((each for each in names if each.replace("-", "_") == name.replace("-", "_")), None)


class ScenarioParser:
    """Reads texts, with the names that a document has for errors, failures and operations."""

    def __init__(self, ready: Examples, failures: Mapping[str, str]) -> None:
        self._names = {"errors": tuple(ready.errors), "failures": tuple(failures), "operations": ready.operations}
        self._table = {scenario.name: scenario for scenario in SCENARIOS}

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be asked for by a name alone, or with a value."""
        return tuple(dict.fromkeys((*self._table, *self._names["failures"], *self._names["errors"])))

    def read(self, text: str) -> tuple[Directive, ...]:
        """The scenarios that ``text`` asks for, at least one; ``ScenarioError`` if there is one that cannot be."""
        asked: list[Directive] = []
        settings = text.split(",")
        if len(settings) > MOST_SETTINGS:
            raise ScenarioError(f"{len(settings)} settings came", [f"{MOST_SETTINGS} settings"])
        for setting in settings:
            name, equals, value = (part.strip() for part in setting.partition("="))
            scenario = self._table.get(found(name, self._table) or "")
            if scenario is not None:
                asked.append(self._begin(scenario, value if equals else None))
            elif not equals and (short := self._short(name)) is not None:
                asked.append(short)
            else:
                self._set(asked, name, value)
        for scenario, values in asked:
            missing = next((each for each in scenario.parameters if each.is_needed and values[each.name] is None), None)
            if missing is not None:
                raise ScenarioError(f"'{scenario.name}' lacks its {missing.name}", self._names[missing.names])
        return tuple(asked)

    def _begin(self, scenario: Scenario, value: str | None) -> Directive:
        asked = Directive(scenario, {each.name: each.default for each in (*scenario.parameters, *COMMON)})
        if value is not None:
            if scenario.value is None:
                raise ScenarioError(f"'{scenario.name}' takes no value", [scenario.name])
            self._set([asked], scenario.value, value)
        return asked

    def _short(self, name: str) -> Directive | None:
        """A scenario that is asked for by the name of its error or failure alone."""
        for short in ("error", "fail"):
            scenario = self._table[short]
            if found(name, self._names[scenario.parameters[0].names]):
                return self._begin(scenario, name)
        return None

    def _set(self, asked: list[Directive], name: str, text: str) -> None:
        if not asked:
            raise ScenarioError(f"there is no '{name[:MOST_SHOWN]}'", self.names, name)
        scenario, values = asked[-1]
        known = {each.name: each for each in (*scenario.parameters, *COMMON)}
        parameter = known.get(found(name, known) or "")
        if parameter is None:
            reason = f"'{name[:MOST_SHOWN]}' is no scenario, nor does '{scenario.name}' have it"
            raise ScenarioError(reason, (*known, *self.names), name)
        values[parameter.name] = self._value(parameter, text)

    def _value(self, parameter: Parameter, text: str) -> Any:
        if parameter.names:
            names = self._names[parameter.names]
            name = found(text, names)
            if name is None:
                raise ScenarioError(f"'{parameter.name}' is '{text[:MOST_SHOWN]}'", names, text)
            return name
        kind: Callable[[str], float] = int if isinstance(parameter.most, int) else float
        try:
            value = kind(text)
        except ValueError:
            value = -1
        if not parameter.least <= value <= parameter.most:
            raise ScenarioError(f"'{parameter.name}' is '{text[:MOST_SHOWN]}'", [parameter.allowed])
        return value
