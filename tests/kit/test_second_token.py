"""Two tokens: what one has made the other finds by no operation, where `--second-token` gives one."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.model.redaction import MASK, Redactor
from mockserver.app import create_app
from mockserver.jobs.pace import parse_pace
from mockserver.settings import Settings as MockSettings
from tests.faults.checks import Refusal
from tests.faults.fault import CLEAN
from tests.faults.library import Library
from tests.faults.server import CREATE, Job, Service, app
from tests.faults.wire import Request, Response
from tests.kit.vocabulary import TOKEN, broken, command, holding, judge, reasons, run

SECOND = "second-token-of-another"
OWN = {"list.own", "retrieve.own", "content.own", "remix.own", "delete.own"}


@dataclass(frozen=True)
class Apart(Library):
    """Videos belong to tokens; the operation named `leaks` forgets it."""

    leaks: str = ""

    def serve(self, service: Service, request: Request) -> Response | None:
        if request.method == "GET" and request.path.startswith(f"{CREATE}/") and request.path.count("/") == 3:
            self._check(service, request, "retrieve")
        return super().serve(service, request)

    def _find(self, service: Service, request: Request, name: str) -> Job | Response:
        self._check(service, request, name)
        return super()._find(service, request, name)

    def _check(self, service: Service, request: Request, name: str) -> None:
        job = service.jobs.get(request.path.split("/")[3])
        service.behaviour.auth(service.behaviour, request)
        if job is not None and job.owner != request.token and name != self.leaks:
            raise Refusal(404, None, None, f"Video with id '{job.id}' not found.")


def server(leaks: str = "") -> Any:
    library = Apart(leaks=leaks)
    if leaks == "list":
        library = replace(library, owns=lambda _job, _owner: True)
    return app(replace(CLEAN, knows=lambda token: token in (TOKEN, SECOND), beyond=library.serve))


@pytest.mark.parametrize("leaks", ["list", "retrieve", "content", "remix", "delete"])
def test_a_leak_to_the_other_token_breaks_its_rule_alone(leaks: str) -> None:
    outcome = judge(server(leaks), second_token=SECOND)
    assert broken(outcome) == {f"{leaks}.own"}
    assert holding(outcome) >= OWN - {f"{leaks}.own"}


def test_a_leak_is_a_missed_authorisation_check() -> None:
    outcome = judge(server("delete"), second_token=SECOND)
    [found] = [verdict for verdict in outcome.verdicts if verdict.rule.id == "delete.own"]
    assert found.findings[0].category == 206
    assert "authorisation: the second token" in found.findings[0].label


@pytest.mark.parametrize(
    "app", [server(), create_app(MockSettings(tokens=(TOKEN, SECOND), pace=parse_pace("instant")))]
)
def test_a_server_that_keeps_tokens_apart_is_right(app: Any) -> None:
    outcome = judge(app, second_token=SECOND)
    assert not broken(outcome)
    assert holding(outcome) >= OWN


def test_without_a_second_token_its_rules_are_untested_and_say_how() -> None:
    told = reasons(judge(server()))
    assert {told[rule] for rule in OWN} == {"no other token is known that the server takes; --second-token gives one"}


def test_a_second_token_that_the_server_refuses_shows_nothing() -> None:
    outcome = judge(server(), second_token="refused-by-all")
    assert not broken(outcome)
    assert {reasons(outcome)[rule] for rule in OWN} == {"the server refuses the second token"}


def test_only_what_is_chosen_is_tried() -> None:
    outcome = judge(server("delete"), second_token=SECOND, only=frozenset({"retrieve.own"}))
    assert holding(outcome) & OWN == {"retrieve.own"}


def test_a_run_that_costs_is_judged_too_and_offline(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    outcome = judge(server("remix"), second_token=SECOND, spend=3, journal=path, only=frozenset(OWN))
    assert broken(outcome) == {"remix.own"}
    assert SECOND not in path.read_text("utf-8")
    code, out, _ = command("judge", str(path), "--extensions")
    assert (code, "BROKEN            remix.own" in out) == (1, True)


def test_a_leak_can_be_sent_again_without_the_token_in_it(tmp_path: Path) -> None:
    words = (
        "--token",
        TOKEN,
        "--second-token",
        SECOND,
        "--profile",
        "quick",
        "--extensions",
        "--report",
        str(tmp_path),
    )
    assert run(server("retrieve"), *words)[0] == 1
    [folder] = (tmp_path / "findings").iterdir()
    assert "Bearer $VIDEOS_SECOND_TOKEN" in (folder / "curl.sh").read_text()
    compile((folder / "send.py").read_text(), "send.py", "exec")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECOND.encode() in path.read_bytes()]


def test_the_second_token_is_masked_as_the_first() -> None:
    assert Redactor(TOKEN, "", SECOND).text(f"{TOKEN} {SECOND}") == f"{MASK} {MASK}"


#: Words, and what is told of them.
MISUSE = {
    "the same": (("--token", TOKEN, "--second-token", TOKEN), "--second-token is the same token as --token"),
    "alone": (("--second-token", SECOND), "--second-token needs --token"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_a_second_token_that_tells_nothing_apart_is_misuse(case: str) -> None:
    words, told = MISUSE[case]
    code, _, err = run(None, *words)
    assert (code, err.count("\n"), told in err) == (2, 1, True)
