"""`identify` names the dialect of a server, and what it sends is accepted by none."""

from itertools import pairwise
from typing import Any

import pytest

from contract_tests.cases.contract import load
from contract_tests.identify import PLAIN, Candidate, Identity, identify, told
from contract_tests.session import Surroundings
from contract_tests.settings import Settings
from contract_tests.spec.document import default_path
from contract_tests.spec.overlay import names
from mockserver.app import App, create_app
from mockserver.settings import Settings as MockSettings
from mockserver.spec.overlay import dialect_path
from tests.faults import CATALOGUE
from tests.kit.test_bounds import Telling
from tests.kit.test_not_the_api import answering
from tests.kit.unstable import Unstable
from tests.kit.vocabulary import HERE, TOKEN, Clock, command, surroundings
from tests.mock.test_cli import served, url


def mock(name: str) -> App:
    dialects = () if name == PLAIN else (dialect_path(name),)
    return create_app(MockSettings(tokens=(TOKEN,), dialects=dialects))


def found(app: Any, probes: int = 0) -> Identity:
    return identify(HERE, Settings(token=TOKEN), probes, surroundings(app))


@pytest.mark.parametrize("name", [PLAIN, *names()])
def test_server_of_a_dialect_keeps_all_of_it_and_creates_nothing(name: str) -> None:
    app = mock(name)
    identity = found(app)
    best = identity.candidates[0]
    kept = next(one for one in identity.candidates if one.name == name)
    assert (kept.broken, best.share, identity.accepted) == ({}, 1.0, 0)
    assert app.service.jobs.count() == 0


@pytest.mark.parametrize("name", ["azure", "sglang", "vllm-omni"])
def test_dialect_is_named_without_a_creation(name: str) -> None:
    identity = found(mock(name))
    assert (identity.candidates[0].name, identity.is_clear, len(identity.facts)) == (name, True, 3)


@pytest.mark.parametrize("name", [PLAIN, "openai"])
def test_a_creation_makes_it_surer(name: str) -> None:
    assert found(mock(name)).candidates[0].name == name
    app = mock(name)
    identity = found(app, probes=1)
    assert (identity.candidates[0].name, identity.is_clear, identity.accepted) == (name, True, 1)
    assert app.service.jobs.count() == 1


def test_facts_are_told_with_what_the_other_dialect_expects() -> None:
    lines = list(told(found(mock("sglang"))))
    assert "It speaks sglang." in "\n".join(lines)
    assert any(line.startswith("    expected of ") for line in lines)


def test_command_names_the_dialect_of_a_server() -> None:
    with served("--token", TOKEN, "--dialect", "azure", "--log-level", "warning") as (_, banner):
        code, out, err = command("identify", url(banner), "--token", TOKEN)
    assert (code, err, "It speaks azure." in out) == (0, "", True)


def test_server_that_answers_nothing_is_told_in_one_line() -> None:
    code, _, err = command("identify", "http://127.0.0.1:1")
    assert (code, err.count("\n")) == (2, 1)


def test_server_that_drops_every_connection_has_no_dialect() -> None:
    server = Unstable(lambda *_: "reset")
    with server.serving() as url:
        code, out, err = command("identify", url)
    assert (code, out, err.count("\n"), "gives no answer in HTTP" in err) == (2, "", 1, True)


def test_server_that_drops_what_holds_a_form_is_told_by_what_it_answers() -> None:
    server = Unstable(lambda body, _: "reset" if body else None)
    with server.serving() as url:
        code, out, err = command("identify", url)
    assert (code, out, "gives no answer" in err) == (2, "", True)


@pytest.mark.parametrize(("status", "looks"), [(404, "a wrong base path"), (502, "a proxy whose server is down")])
def test_what_answers_everything_alike_has_no_dialect(status: int, looks: str) -> None:
    with answering(lambda _: (status, {"content-type": "text/html"}, b"<html>")) as host:
        code, out, err = command("identify", f"http://{host}", "--token", TOKEN)
    assert (code, out, err.count("\n"), looks in err) == (2, "", 1, True)
    assert "No dialect can be told" in err


def test_requests_keep_under_the_rate_and_a_429_is_waited_for() -> None:
    clock = Clock()
    server = Telling(clock, range(5, 8))
    settings = Settings(token=TOKEN, rate=2.0)
    identity = identify(HERE, settings, 0, Surroundings(clock.time, clock.sleep, lambda: server))
    gaps = [later - sooner for sooner, later in pairwise(server.came)]
    assert (identity.candidates[0].name, min(gaps) > 0.49) == (PLAIN, True)


def test_command_takes_the_bounds_of_time_and_rate() -> None:
    with Unstable(lambda *_: None).serving() as url:
        words = ("--rate", "1000", "--max-time", "60", "--max-wait", "5", "--max-depth", "50")
        code, out, _ = command("identify", url, *words)
    assert (code, "It speaks" in out or "cannot be told apart" in out) == (0, True)


def test_what_nothing_tells_apart_is_said_and_how_to_be_surer() -> None:
    alike = [Candidate(name, load(default_path()), {"path"}) for name in (PLAIN, "openai")]
    told_of_it = "\n".join(told(Identity("http://here", alike, 1, 0, None)))
    assert f"It cannot be told apart: {PLAIN}, openai. --probe N may create N videos" in told_of_it


def test_where_the_second_breaks_nothing_the_rules_of_the_first_alone_decide() -> None:
    assert "rules that only openai has are kept: response." in "\n".join(told(found(mock("openai"), probes=1)))


def test_server_that_takes_a_bad_request_is_asked_for_nothing_more() -> None:
    identity = found(CATALOGUE["prompt-optional"].build())
    assert identity.accepted == 1
    assert list(told(identity))[-1].startswith("stopped: ")
