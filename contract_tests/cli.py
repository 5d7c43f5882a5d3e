"""The command line: `contract-tests run`, and the other commands."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from contract_tests.baseline import baseline_of, out_of_date, read_baseline
from contract_tests.cases.contract import Contract, load
from contract_tests.command_line import Arguments, parse
from contract_tests.errors import MisuseError
from contract_tests.identify import identify, told
from contract_tests.model.escape import printable
from contract_tests.oracle.verdict import UNTESTED, Strictness
from contract_tests.oracle.verdict import asked as asked_for
from contract_tests.rejudge import rejudge
from contract_tests.report import ending, github, json_text, require_writable, write_outputs
from contract_tests.report.explain import explain, explain_rule
from contract_tests.report.terminal import (
    ProgressLine,
    Screen,
    candidates,
    results,
    rule_table,
    table,
    totals,
)
from contract_tests.runner import journal
from contract_tests.runner.address import base_url, is_loopback
from contract_tests.runner.network import fitted
from contract_tests.runner.plan import Plan, plan
from contract_tests.session import Outcome, Surroundings, judge_target, report_paths
from contract_tests.settings import Settings, workers_for

HOLDS, BROKEN, UNJUDGED = 0, 1, 2


def main(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
    surroundings: Surroundings | None = None,
    folder: Path | None = None,
) -> int:
    """Run one command; returns 0 where every rule holds, 1 where one is broken, 2 where nothing can be judged.

    `folder`: where a file of settings may lie; None for the one that the process works in.
    """
    out, err = out or sys.stdout, err or sys.stderr
    environment = os.environ if environment is None else environment
    for stream in (out, err):
        # An encoding of the terminal that lacks a character is no reason to end.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    asked = parse(sys.argv[1:] if arguments is None else arguments, environment, out, err, folder or Path.cwd())
    if isinstance(asked, int):
        return asked
    commands = {
        "run": _run,
        "plan": _plan,
        "rules": _rules,
        "explain": _explain,
        "baseline": _baseline,
        "judge": _judge,
        "identify": _identify,
        "validate": _validate,
    }
    try:
        code = commands[asked.command](asked, out, err, surroundings or Surroundings())
        out.flush()
    except MisuseError as error:
        err.write(f"contract-tests: {printable(' '.join(str(error).split()))}\n")
        return UNJUDGED
    except KeyboardInterrupt:
        err.write("contract-tests: interrupted\n")
        return UNJUDGED
    except BrokenPipeError:
        # Whoever reads the output, as `head` does, has seen enough; what is left in the buffer goes nowhere.
        if out is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNJUDGED
    except Exception as error:  # noqa: BLE001  exit 1 says that a rule is broken, and nothing else does
        err.write(f"contract-tests: the kit failed: {printable(f'{type(error).__name__}: {error}'[:300])}\n")
        return UNJUDGED
    return code


def settings_for(asked: Arguments) -> Settings:
    """The settings with what depends on the target: spending and workers. Raises MisuseError."""
    return _fitted(asked)[0]


def _fitted(asked: Arguments) -> tuple[Settings, Contract]:
    contract = load(asked.settings.document, asked.settings.dialects)
    contract.require_rules(asked.settings.only or ())
    second = asked.settings.second_token
    if second is not None and second == asked.settings.token:
        raise MisuseError("--second-token is the same token as --token; it is to be that of another account.")
    if second is not None and asked.settings.token is None:
        raise MisuseError("--second-token needs --token: two accounts are told apart by two tokens.")
    address = base_url(asked.url, contract.form.operation.path, asked.settings.token)
    here = is_loopback(address)
    spend = asked.settings.spend if asked.spend_given else (None if here else 0)
    capped = spend is not None
    workers = workers_for(loopback=here, capped=capped) if asked.workers is None or capped else asked.workers
    network = fitted(asked.settings.network, address, asked.environment, no_proxy=asked.no_proxy)
    strictness = _strictness(asked)
    fitted_settings = replace(asked.settings, spend=spend, workers=workers, network=network, strictness=strictness)
    return fitted_settings, contract


def _strictness(asked: Arguments) -> Strictness:
    known = {} if asked.baseline is None else read_baseline(asked.baseline)
    return replace(asked.settings.strictness, known=known)


def _run(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:
    settings, _ = _fitted(asked)
    named = report_paths(settings.report, settings.journal)
    require_writable(asked.outputs)
    if threading.current_thread() is threading.main_thread():
        # A CI job that is cancelled gets its reports too.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    shown = ProgressLine(err, surroundings.clock, Screen.of(err, asked.environment))
    with _commands(asked, out, err, surroundings) as commands:
        try:
            with _caches_elsewhere():
                outcome = judge_target(
                    asked.url, replace(settings, journal=named), replace(surroundings, progress=shown, say=shown.tell)
                )
        finally:
            shown.close()
        code = _tell(outcome, asked, out, err, _today(surroundings), commands)
    if outcome.interrupted:
        how = "with --resume it goes on where it stopped" if named is not None else "with --journal it could be resumed"
        err.write(f"contract-tests: interrupted; {how}\n")
        return UNJUDGED
    return code


def _today(surroundings: Surroundings) -> date:
    return datetime.fromtimestamp(surroundings.clock(), UTC).date()


def _commands(
    asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings
) -> AbstractContextManager[list[str] | None]:
    """What takes commands for GitHub Actions; None where it does not run this."""
    outputs = asked.outputs
    wanted = github.in_actions(asked.environment) if outputs.github is None else outputs.github
    return github.commands_held(err if outputs.json_only else out, surroundings.word()) if wanted else nullcontext()


@contextmanager
def _caches_elsewhere() -> Iterator[None]:
    """Hypothesis keeps what it computes of Unicode in a temporary folder, not in a `.hypothesis` where one stands."""
    from hypothesis.configuration import set_hypothesis_home_dir  # noqa: PLC0415  loads Hypothesis

    with TemporaryDirectory(prefix="contract-tests-", ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _tell(outcome: Outcome, asked: Arguments, out: TextIO, err: TextIO, today: date, commands: list[str] | None) -> int:
    only = outcome.settings.only
    if only is not None:
        outcome = replace(outcome, verdicts=asked_for(outcome.verdicts, only))
    known = {rule: one for rule, one in outcome.settings.strictness.known.items() if only is None or rule in only}
    outcome = replace(outcome, outdated=tuple(out_of_date(known, outcome.verdicts, today)))
    root = Path.cwd()
    write_outputs(outcome, asked.outputs, root)
    if asked.outputs.json_only:
        out.write(json_text(outcome))
    _tell_people(outcome, asked, err if asked.outputs.json_only else out)
    if commands is not None:
        commands += github.annotate(outcome, root)
        github.write_summary(outcome, root, asked.environment)
    if outcome.failed is not None:
        where = " (see crash.txt in the report)" if outcome.crash and outcome.settings.report is not None else ""
        err.write(f"contract-tests: not all could be judged: {printable(outcome.failed)}{where}\n")
        return UNJUDGED
    if outcome.failing:
        return BROKEN
    if outcome.incomplete is not None:
        err.write(f"contract-tests: not all could be judged: the server {outcome.incomplete}\n")
        return UNJUDGED
    if all(verdict.verdict == UNTESTED for verdict in outcome.verdicts) and not outcome.interrupted:
        err.write("contract-tests: nothing could be judged: no rule was tested\n")
        return UNJUDGED
    if asked.baseline_strict and outcome.outdated:
        err.write(f"contract-tests: {len(outcome.outdated)} known failures are gone or past their date\n")
        return BROKEN
    return HOLDS


def _tell_people(outcome: Outcome, asked: Arguments, out: TextIO) -> None:
    settings, screen = outcome.settings, Screen.of(out, asked.environment)
    lines = results(outcome.verdicts, outcome.contract.rules, settings.strictness, screen)
    out.writelines(f"{line}\n" for line in lines)
    if asked.verbose:
        out.write("\n")
        out.writelines(f"{line}\n" for line in table(outcome.verdicts, settings.strictness, screen))
    out.write("\n")
    out.writelines(f"{line}\n" for line in candidates(outcome.suggestions, screen))
    out.writelines(f"{line}\n" for line in [*outcome.notices, *([outcome.stopped] if outcome.stopped else [])])
    waits = f", {outcome.waits} times told to wait (429)" if outcome.waits else ""
    unclear = f" and {outcome.unclear} that may have been (5xx, 3xx or no answer)" if outcome.unclear else ""
    out.write(f"{totals(outcome.verdicts, settings.strictness)}\n")
    out.write(
        f"{outcome.requests} requests, {outcome.accepted} creations accepted{unclear}{waits}, "
        f"{outcome.seconds:.1f} s, seed {settings.seed}\n"
    )
    out.writelines(f"{printable(line)}\n" for line in ending(outcome, asked.environment))


def _plan(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    settings, contract = _fitted(asked)
    made = plan(contract, settings)
    out.writelines(line + "\n" for line in _planned(made, contract, settings, each=asked.verbose))
    if asked.price is not None:
        most = settings.spend if settings.spend is not None else made.accepted
        out.write(
            f"at {asked.price:g} a creation: {made.accepted * asked.price:g}, "
            f"at most {most * asked.price:g} and one wrong acceptance\n"
        )
    return HOLDS


def _planned(made: Plan, contract: Contract, settings: Settings, *, each: bool) -> list[str]:
    bad, good = (*made.bad, *made.doubtful), (*made.good, *made.odd)
    if each:
        lines = [f"refused   {case.rule}: {case.label}" for case in bad]
        lines += [f"accepted  {case.rule}: {case.label}" for case in good]
    else:
        refused_of, accepted_of = (Counter(case.rule for case in cases) for cases in (bad, good))
        lines = ["refused  accepted  rule"] if bad or good else []
        lines += [
            f"{refused_of[rule.id] or '':>7}  {accepted_of[rule.id] or '':>8}  {rule.id}"
            for rule in contract.rules
            if rule.id in refused_of or rule.id in accepted_of
        ]
    lines.append("")
    refused = len(made.bad) + len(made.doubtful)
    lines.append(f"{refused} requests that must be refused, {made.accepted} that must be accepted")
    if settings.spend is None:
        effort = settings.effort
        lines.append(
            f"and drawn at random up to {effort.examples} a class, {effort.generic} by schemathesis; "
            "creations cost nothing here"
        )
    else:
        lines.append(
            f"no more than {settings.spend} creations may be accepted; the run stops where one more is, by mistake"
        )
    return lines


def _rules(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    contract = load(asked.settings.document, asked.settings.dialects)
    made = plan(contract, replace(asked.settings, token="-", spend=None))  # noqa: S106  any token, so that its rules are listed
    out.writelines(line + "\n" for line in rule_table(contract.rules, explain(contract, made)))
    return HOLDS


def _identify(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    address = base_url(asked.url, "", asked.settings.token)
    network = fitted(asked.settings.network, address, asked.environment, no_proxy=asked.no_proxy)
    found = identify(asked.url, replace(asked.settings, network=network), asked.probe, surroundings)
    out.writelines(f"{printable(line)}\n" for line in told(found))
    return HOLDS


def _validate(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    contract = load(asked.settings.document, asked.settings.dialects)
    for rule in contract.rules:
        if not contract.document.has(rule.at):
            out.write(f"{asked.settings.document}: x-rules.{rule.id} stands nowhere: what it points at is gone\n")
    count = len(list(contract.rules))
    out.write(f"{asked.settings.document}: {count} rules can be judged\n")
    return HOLDS


def _explain(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    contract = load(asked.settings.document, asked.settings.dialects)
    contract.require_rules([asked.rule])
    out.writelines(f"{printable(line)}\n" for line in explain_rule(contract, asked.rule, Path.cwd()))
    return HOLDS


def _baseline(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:  # noqa: ARG001
    assert asked.result is not None
    out.write(baseline_of(asked.result, _strictness(asked).known, _today(surroundings), asked.until))
    return HOLDS


def _judge(asked: Arguments, out: TextIO, err: TextIO, surroundings: Surroundings) -> int:
    assert asked.settings.journal is not None
    settings = replace(asked.settings, strictness=_strictness(asked))
    contract = load(settings.document, settings.dialects)
    contract.require_rules(settings.only or ())
    record = journal.read(asked.settings.journal)
    report_paths(settings.report, None)
    require_writable(asked.outputs)
    if record.head["document"] != contract.document.digest:
        err.write("contract-tests: judged by another document than the journal was recorded with\n")
    try:
        outcome = rejudge(contract, record, settings)
    except Exception as error:
        # Its parts were read; one that contradicts another shows only where it is judged.
        raise journal.damaged(asked.settings.journal, error) from error
    with _commands(asked, out, err, surroundings) as commands:
        return _tell(outcome, asked, out, err, _today(surroundings), commands)
