"""One judging from beginning to end: the target is opened, everything is sent, the outcome is put together."""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from contract_tests import __version__
from contract_tests.cases.contract import Contract, load
from contract_tests.errors import MisuseError, RecordingError, StoppedError, UnreachableError
from contract_tests.extensions.suite import ExtensionSuite
from contract_tests.model.redaction import TELLING, Redactor
from contract_tests.oracle.verdict import Verdict, failing
from contract_tests.runner import journal
from contract_tests.runner.address import base_url
from contract_tests.runner.budget import Budget
from contract_tests.runner.client import Target, Transports
from contract_tests.runner.delivery import Delivery, Moment
from contract_tests.runner.fuzz import Fuzz
from contract_tests.runner.malformed_http import malformed
from contract_tests.runner.rate_limit import Pace
from contract_tests.runner.run import Run, ShowProgress, quiet
from contract_tests.runner.schemathesis_run import generic
from contract_tests.settings import PROFILES, Settings
from contract_tests.suggestions import Suggestion, suggest


@dataclass(frozen=True)
class Surroundings:
    """What a session takes from outside: `clock` in seconds since 1970, `sleep` in seconds, how to reach the target.

    `say` shows a line while the run waits. `word` is one that nobody can guess.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    transport: Callable[[], httpx.BaseTransport | None] = lambda: None
    progress: ShowProgress = quiet
    say: Callable[[str], None] = lambda _: None
    word: Callable[[], str] = lambda: secrets.token_hex(16)


@dataclass(frozen=True)
class Outcome:
    """What a session came to. `seconds` is how long it took; `stopped` is why it ended early, if it did.

    `unclear` counts the good requests whose answer (5xx, 3xx, none) leaves open whether a video was made and charged.
    `interrupted` tells that the user stopped it, `lost` that the target answers no more, `limited_out` that it answers
    429 for longer than is waited, `mute` that it answered no good request in time; `limit` is the reason that it gave
    last for a 429.
    `suggestions` are candidates for the document. `outdated` tells of known failures that are past their date or gone.
    `failed` is what the kit itself failed at, in one line, `crash` the traceback where that was no fault of its
    surroundings.
    """

    target: str
    contract: Contract
    settings: Settings
    verdicts: list[Verdict]
    requests: int
    accepted: int
    unclear: int
    waits: int
    seconds: float
    stopped: str | None = None
    interrupted: bool = False
    lost: bool = False
    limited_out: bool = False
    mute: bool = False
    limit: str | None = None
    outdated: tuple[str, ...] = ()
    failed: str | None = None
    crash: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    timeline: tuple[Moment, ...] = ()

    @property
    def notices(self) -> list[str]:
        """What a reader of the verdicts has to know of the run, a line each."""
        told = []
        if self.settings.network.insecure:
            told.append("The certificate of the server was not checked (--insecure).")
        if 0 < len(self.settings.token or "") < TELLING:
            told.append(f"The token is shorter than {TELLING} characters: answers are not searched for it.")
        if self.limit is not None and self.waits > 0:
            told.append(f"The server limited the rate (429) {self.waits} times: {self.limit}")
        return [*told, *self.outdated]

    @property
    def incomplete(self) -> str | None:
        """What the server does that leaves something unjudged; None where it does nothing of the kind."""
        if self.limited_out:
            return "limits the rate"
        if self.lost:
            return "answers no more"
        return "answers no good request in time" if self.mute else None

    @property
    def failing(self) -> list[Verdict]:
        """The verdicts that fail it."""
        return failing(self.verdicts, self.settings.strictness)


def judge_target(url: str, settings: Settings, surroundings: Surroundings) -> Outcome:
    """Judge the endpoint at `url`. Raises MisuseError or UnjudgeableError, each with one clear line."""
    contract = load(settings.document, settings.dialects)
    contract.require_rules(settings.only or ())
    address = base_url(url, contract.form.operation.path, settings.token)
    transport = surroundings.transport()
    with closing(Transports(settings.network, transport)) as transports:
        pace = Pace(settings.rate, surroundings.clock, surroundings.sleep)
        target = Target(address, settings.token, transports, surroundings.clock, transport is not None, pace)
        target.second_token = settings.second_token
        return _judge(target, contract, settings, surroundings)


def _judge(target: Target, contract: Contract, settings: Settings, surroundings: Surroundings) -> Outcome:
    started = surroundings.clock()
    record, settings = _open_record(settings, contract, target.shown)
    book = journal.Journal(settings.journal, Redactor(settings.token, contract.document.text, settings.second_token))
    if record is None:
        book.write("run", **_head(settings, contract, target.shown))
    delivery = Delivery(
        target,
        Budget(settings.spend, contract.inferred),
        book,
        surroundings.sleep,
        record,
        settings.max_time,
        surroundings.say,
        settings.max_wait,
        contract.rules.final_limits,
    )
    run = Run(contract, settings, delivery, surroundings.progress)
    end = _End()
    try:
        end = _send(run, record)
    finally:
        if not end.interrupted:
            end = _closed(book, delivery, end)
        book.close()
    return Outcome(
        target=target.shown,
        contract=contract,
        settings=settings,
        verdicts=[
            replace(one, findings=tuple(book.clean_finding(finding) for finding in one.findings))
            for one in run.verdicts()
        ],
        requests=delivery.requests,
        accepted=delivery.budget.accepted,
        unclear=delivery.budget.unclear,
        waits=delivery.waits,
        seconds=surroundings.clock() - started,
        stopped=delivery.stopped,
        interrupted=end.interrupted,
        lost=delivery.lost is not None,
        limited_out=delivery.limited_out is not None,
        mute=run.is_mute,
        limit=delivery.limit,
        failed=None if end.failed is None else book.masked(end.failed),
        crash=None if end.crash is None else book.masked(end.crash),
        suggestions=suggest(contract, _videos(run)),
        timeline=tuple(delivery.moments),
    )


class _End(NamedTuple):
    """How the sending ended, where it did not come to its end."""

    interrupted: bool = False
    failed: str | None = None
    crash: str | None = None


def _send(run: Run, record: journal.Record | None) -> _End:
    """Send everything; whatever ends it early, what was answered before is judged all the same."""
    try:
        send_all(run, record)
    except KeyboardInterrupt:
        return _End(interrupted=True)
    except StoppedError:
        pass
    except RecordingError as error:
        return _End(failed=str(error))
    except UnreachableError:
        if run.delivery.lost is None:
            raise
    except MisuseError:
        raise
    except Exception as error:  # noqa: BLE001  a fault of the kit loses nothing that was judged
        return _End(failed=f"the kit failed: {type(error).__name__}: {error}", crash=traceback.format_exc())
    return _End()


def _closed(book: journal.Journal, delivery: Delivery, end: _End) -> _End:
    try:
        book.write("end", requests=delivery.requests, accepted=delivery.budget.spent)
    except RecordingError as error:
        return end._replace(failed=end.failed or str(error))
    return end


def _videos(run: Run) -> list[dict[str, Any]]:
    """What answers told of videos: those of creations, then those that were retrieved. Without the token."""
    answers = [*(answer for _, answer in run.created), *run.retrieved]
    return [clean for one in answers if (clean := run.delivery.journal.clean(one).object) is not None]


def send_all(run: Run, record: journal.Record | None = None) -> None:
    """Every part of a run, in the order in which each learns from the one before."""
    run.table()
    malformed(run, record)
    Fuzz(run).all()
    generic(run, record)
    # Last, because by now the first videos have had time to be finished.
    if run.settings.strictness.extensions:
        ExtensionSuite(run, record).all()
    run.spend_rest()


def _open_record(settings: Settings, contract: Contract, address: str) -> tuple[journal.Record | None, Settings]:
    """The record to go on from, and settings that repeat it; an older journal that is not gone on from is set aside."""
    path = settings.journal
    if path is None:
        if settings.resume:
            raise MisuseError(
                "--resume needs the journal of the earlier run: name it with --journal, or its folder with --report."
            )
        return None, settings
    if not settings.resume:
        journal.set_aside(path)
        return None, settings
    record = journal.read(path)
    journal.mend(path)
    if record.head["document"] != contract.document.digest:
        raise MisuseError(
            f"The journal {path} is of another document than {settings.document}; 'judge' reads it by this one."
        )
    if record.head["url"] != address:
        raise MisuseError(f"The journal {path} is of {record.head['url']}, not of {address}.")
    if record.head["profile"] not in PROFILES:
        raise MisuseError(f"The journal {path} is of a profile '{record.head['profile']}', which this kit lacks.")
    return record, replace(settings, seed=record.head["seed"], profile=record.head["profile"])


def _head(settings: Settings, contract: Contract, address: str) -> dict[str, Any]:
    return {
        "format": journal.FORMAT,
        "version": __version__,
        "document": contract.document.digest,
        "url": address,
        "seed": settings.seed,
        "profile": settings.profile,
        "spend": settings.spend,
        "token_given": settings.token is not None,
    }


def report_paths(report: Path | None, named: Path | None) -> Path | None:
    """Where the journal lies: as named, else in the folder of the report. Makes that folder.

    Raises MisuseError where it cannot be written to.
    """
    if report is not None:
        try:
            report.mkdir(parents=True, exist_ok=True)
            probe = report / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise MisuseError(f"The report folder {report} cannot be written: {error.strerror or error}.") from error
    return named or (None if report is None else report / "journal.jsonl")
