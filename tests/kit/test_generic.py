"""The general checks of schemathesis: what only they find, once in a journal, never sent twice, and interrupted."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from contract_tests.runner.schemathesis_run import _SchemathesisRun
from contract_tests.spec.rules import GENERIC
from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_faults import refusing
from tests.kit.test_reproduction import served
from tests.kit.unstable import Unstable
from tests.kit.vocabulary import TOKEN, broken, command, judge, reasons, run

ONLY: dict[str, Any] = {"profile": "standard", "only": frozenset({GENERIC}), "extensions": False}
WORDS = ("--token", TOKEN, "--rule", GENERIC, "--strict")


def test_a_good_request_that_schemathesis_alone_sends_is_refused_wrongly() -> None:
    # What schemathesis draws depends on what else the process has loaded; none of it has the prompt of the kit.
    seen: list[Any] = []

    def differs(b: Any, form: Any) -> bool:
        seen.append(b.value(form, "prompt"))
        return bool(seen[-1] != seen[0])

    strange = refusing(differs)
    assert broken(judge(strange, **ONLY)) == {GENERIC}


def test_schemathesis_takes_a_right_form_for_wrong_and_the_filter_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fails when the defect is gone: then the filter in generic.py can go too.
    assert broken(judge(CORRECT["clean"].build(), **ONLY)) == set()
    monkeypatch.setattr(_SchemathesisRun, "_false_alarm", lambda *_: False)
    assert broken(judge(CORRECT["clean"].build(), **ONLY)) == {GENERIC}


def test_a_server_that_hangs_up_on_schemathesis_is_found() -> None:
    inner, asked = CORRECT["clean"].build(), iter(range(10**6))

    async def leaving(scope: Any, receive: Any, send: Any) -> None:
        if b"schemathesis" in dict(scope["headers"]).get(b"user-agent", b"") and next(asked) >= 20:
            send.__self__.transport.abort()  # the connection that uvicorn answers on
        else:
            await inner(scope, receive, send)

    with served(leaving) as url:
        code, out, _ = command("run", url, *WORDS)
    assert (code, "no answer" in out) == (1, True)


def test_a_server_that_lacks_a_method_altogether_and_drops_requests_now_and_then_is_right() -> None:
    asked: Counter[bytes] = Counter()

    def first_time(body: bytes, _: str) -> str | None:
        asked[body] += 1
        return "reset" if asked[body] == 1 and len(body) % 3 == 0 else None

    # The server of the library answers TRACE with 501.
    with Unstable(first_time).serving() as url:
        code, out, _ = command("run", url, *WORDS)
    assert code == 0, out


def test_a_journal_tells_what_it_found_and_a_resumed_run_does_not_send_it_again(tmp_path: Path) -> None:
    path = str(tmp_path / "j")
    run(CATALOGUE["seconds-12-refused"].build(), *WORDS, "--journal", path)
    code, out, _ = command("judge", path, "--strict")
    assert code == 1
    assert f"BROKEN            {GENERIC}" in out
    again = judge(CORRECT["clean"].build(), journal=tmp_path / "j", resume=True, **ONLY)
    assert "not sent twice" in reasons(again)[GENERIC]


def test_ctrl_c_in_the_middle_of_it_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(_SchemathesisRun, "_fit", interrupted)
    assert judge(CORRECT["clean"].build(), **ONLY).interrupted
