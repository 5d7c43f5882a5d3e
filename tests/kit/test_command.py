"""What a user of the command line sees."""

import itertools
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.report.json_report import schema
from tests.faults import CATALOGUE, CORRECT
from tests.kit.vocabulary import HERE, TOKEN, command, edited, run
from tests.mock.test_cli import served, url

CLEAN = CORRECT["clean"]
FAULTY = CATALOGUE["seconds-any"]
FEW = ("--rule", "generic.schemathesis", "--rule", "seconds.enum")
QUICK = ("--token", TOKEN, "--profile", "quick")


def test_a_right_server_exits_0_with_a_row_for_each_rule() -> None:
    code, out, _ = run(CLEAN.build(), *QUICK, "--strict", "--extensions", "-v")
    assert code == 0
    assert "seconds.enum" in out
    assert " 0 broken" in out


def test_a_wrong_server_exits_1_and_shows_what_was_sent_came_and_was_due() -> None:
    code, out, _ = run(FAULTY.build(), *QUICK)
    assert code == 1
    row = out[out.index("BROKEN") :]
    assert row.index("sent     seconds") < row.index("expected a refusal") < row.index("actual   200")


def test_what_is_broken_stands_first_then_a_line_for_each_subject_then_the_totals() -> None:
    _, out, _ = run(FAULTY.build(), *QUICK)
    assert out.startswith("BROKEN            seconds.enum  (document)\n")
    assert re.search(r"^form +\d+ hold +1 broken", out, re.MULTILINE)
    assert re.search(r"^image +\d+ hold$", out, re.MULTILINE)
    assert " rules hold, 1 broken" in out.splitlines()[-3]


def test_the_full_table_is_shown_on_demand() -> None:
    rows = re.findall(r"^(holds|untested) +\S+ +(document|inferred)", run(CLEAN.build(), *QUICK, "-v")[1], re.MULTILINE)
    assert {mark for mark, _ in rows} == {"holds", "untested"}


def test_a_row_of_what_holds_is_one_plain_line() -> None:
    _, out, _ = run(CLEAN.build(), *QUICK, "-v")
    held = [line for line in out.splitlines() if line.startswith("holds")]
    assert len(held) > 80
    assert max(map(len, held)) <= 110
    assert out.isascii() or "…" in out
    assert "\x1b" not in out


def test_a_reason_for_not_testing_is_told_once() -> None:
    _, out, _ = run(CLEAN.build(), *QUICK)
    assert out.count("a body at the limit is sent by the profiles") == 1


def test_an_inferred_rule_warns_and_with_strict_fails() -> None:
    server = CORRECT["status-422"].build
    assert run(server(), *QUICK)[0] == 0
    assert "broken (warning)" in run(server(), *QUICK)[1]
    assert run(server(), *QUICK, "--strict")[0] == 1


@pytest.mark.parametrize("url", [HERE, f"{HERE}/", f"{HERE}/v1", f"{HERE}/v1/", f"{HERE}/v1/videos"])
def test_the_address_may_end_in_a_head_of_the_path(url: str) -> None:
    assert run(CLEAN.build(), *QUICK, "--rule", "seconds.enum", url=url)[0] == 0


def test_the_token_comes_from_the_environment_too() -> None:
    assert run(CLEAN.build(), "--profile", "quick", environment={"VIDEOS_TOKEN": TOKEN})[0] == 0


def test_without_a_token_no_other_is_known_to_be_wrong() -> None:
    code, out, _ = run(CORRECT["any-token"].build(), "--profile", "quick")
    assert code == 0
    assert "no token was given" in out


def test_the_plan_counts_and_prices_and_sends_nothing() -> None:
    code, out, _ = command("plan", "https://api.example.com/v1", "--spend", "3", "--price", "0.4")
    assert code == 0
    assert "3 that must be accepted" in out
    assert "1.2" in out.splitlines()[-1]


def test_a_plan_is_told_by_rule_and_each_request_on_demand() -> None:
    told = command("plan", HERE, "--rule", "model.type")[1].splitlines()
    assert "      6            model.type" in told and "      6            seconds.type" not in told
    assert "refused   model.type: model sent as a file of text/plain, value.txt" in command("plan", HERE, "-v")[1]


def test_a_rule_is_judged_and_told_alone() -> None:
    out = run(FAULTY.build(), *QUICK, "--rule", "model.enum")[1]
    assert "1 rule holds, 0 broken, 0 broken as a warning, 0 untested" in out


@pytest.mark.parametrize(("given", "prefix"), [({}, "VIDEOS_TOKEN=YOUR_TOKEN "), ({"VIDEOS_TOKEN": TOKEN}, "")])
def test_the_output_ends_with_what_shows_the_first_finding_again(
    given: dict[str, str], prefix: str, tmp_path: Path
) -> None:
    out = run(FAULTY.build(), *QUICK, "--seed", "3", environment=given)[1]
    again = f"{prefix}contract-tests run {HERE} --rule seconds.enum --profile quick --seed 3 --workers 1"
    assert out.splitlines()[-1] == f"the first finding again: {again}"
    out = run(FAULTY.build(), *QUICK, "--report", str(tmp_path), environment=given)[1]
    report, finding = out.splitlines()[-2:]
    assert report == f"report: {tmp_path / 'report.html'}"
    told, _, script = finding.partition(f"{prefix}sh ")
    assert told == "the first finding again: " and Path(script).parent.parent == tmp_path / "findings"
    assert Path(script).is_file()


def test_it_holds_every_option_that_changed_what_was_sent_or_judged(tmp_path: Path) -> None:
    words: tuple[str, ...] = (
        "--timeout",
        "7",
        "--connect-timeout",
        "2.5",
        "--max-bytes",
        "5000",
        "--max-head-bytes",
        "9999",
    )
    words += ("--max-headers", "70", "--max-depth", "9", "--rate", "5000", "--max-wait", "3", "--max-time", "600")
    words += ("--spend", "3", "--resolve", "a.test:80:127.0.0.1", "--insecure", "--fail-on", "inferred")
    hidden = ("-H", "X-Api-Key: hush", "-H", "X-Tenant: me")
    out = run(FAULTY.build(), "--token", TOKEN, "--rule", "seconds.enum", *words, *hidden)[1]
    [told] = [line for line in out.splitlines() if line.startswith("the first finding again: ")]
    given = shlex.split(told)
    pairs = dict(itertools.pairwise(given))
    expected = dict(zip(words[:-3:2], words[1:-3:2], strict=True))
    assert {name: pairs.get(name) for name in expected} == expected
    assert {"--insecure", "--strict", "X-Api-Key: YOUR_VALUE", "X-Tenant: me"} <= set(given)
    assert (pairs["--fail-on"], "hush" in told) == ("inferred", False)


def test_it_goes_past_a_proxy_of_the_environment_as_the_run_did() -> None:
    away, proxy = "http://api.example.com", {"HTTP_PROXY": "http://user:hush@proxy.test:1"}
    words = ("run", away, "--token", TOKEN, "--rule", "seconds.enum", "--spend", "unlimited", "--workers", "1")
    past = command(*words, "--no-proxy", app=FAULTY.build(), environment=proxy)[1].splitlines()[-1]
    through = command(*words, app=FAULTY.build(), environment=proxy)[1].splitlines()[-1]
    assert past.endswith("--spend unlimited --workers 1 --no-proxy")
    assert ("--proxy YOUR_PROXY" in through, "hush" in through, "--no-proxy" in through) == (True, False, False)


def test_an_inferred_rule_is_judged_again_by_the_options_that_it_needs(tmp_path: Path) -> None:
    document = edited(tmp_path, ("default: '4'", "default: '8'"))
    words = (*QUICK, "--document", str(document), "--dialect", "openai", "--rule", "auth.key")
    out = run(CATALOGUE["auth-token-case"].build(), *words)[1]
    again = rf"--rule auth\.key --strict --profile quick --workers 1 --document {document} --dialect \S*openai\S*"
    assert re.search(f"{again}$", out.splitlines()[-1])


def test_a_server_that_takes_any_token_is_told_so_in_one_line() -> None:
    app = CORRECT["any-token"].build
    code, out, _ = run(app(), "--token", TOKEN)
    assert code == 0 and " 0 broken as a warning, " in out
    assert out.count("this server takes any token: start it with --token") == 1
    code, out, _ = run(app(), "--token", TOKEN, "--profile", "quick", "--strict")
    assert code == 1 and out.count("this server takes any token: start it with --token") == 1


def test_a_server_that_takes_any_token_refuses_none_in_a_wrong_form() -> None:
    words = ("--token", TOKEN, "--profile", "quick", "--extensions")
    out = run(CORRECT["any-token"].build(), *words)[1]
    assert "auth.key" not in out and out.count("this server takes any token: start it with --token") == 1
    out = run(CORRECT["any-token"].build(), *words, "--strict")[1]
    assert "auth.key.error" not in out and "no token is wrong where any is taken" in out


def test_the_plan_of_a_paid_endpoint_accepts_nothing_by_default() -> None:
    assert "0 that must be accepted" in command("plan", "https://api.example.com")[1]


def test_the_rules_are_listed_with_how_they_are_checked() -> None:
    code, out, _ = command("rules")
    assert code == 0
    assert "that must be refused, the first: seconds" in out


def read_report(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "report.json").read_text(encoding="utf-8")))


def test_the_reports_tell_the_same(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path))
    report = read_report(tmp_path)
    rule = next(rule for rule in report["rules"] if rule["id"] == "seconds.enum")
    assert (rule["verdict"], report["verdict"]) == ("broken", "broken")
    assert '<failure message="The length is 4, 8 or 12.' in (tmp_path / "junit.xml").read_text()
    assert 'src="data:image/png;base64,' in (tmp_path / "report.html").read_text()


HEADLINES: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "clean": (CLEAN, (), "Every rule that was tested holds"),
    "broken": (FAULTY, (), "1 rule is broken"),
    "warned": (
        CORRECT["terse-errors"],
        ("--rule", "seconds.enum.error"),
        "No rule that decides is broken, 1 rule is broken as a warning",
    ),
    "strict": (CORRECT["status-422"], ("--strict",), "rules are broken"),
}


@pytest.mark.parametrize("case", HEADLINES)
def test_the_page_begins_with_what_the_run_came_to(case: str, tmp_path: Path) -> None:
    server, words, told = HEADLINES[case]
    run(server.build(), *QUICK, "--report", str(tmp_path), *words)
    page = (tmp_path / "report.html").read_text()
    assert f"{told}</h1>" in page


def test_every_folder_that_a_report_names_is_there(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path))
    named = {one["folder"] for rule in read_report(tmp_path)["rules"] for one in rule["findings"]} - {None}
    assert named == {f"findings/{path.name}" for path in (tmp_path / "findings").iterdir()}


@pytest.mark.parametrize("server", [CLEAN, FAULTY])
def test_a_report_keeps_its_schema(server: Any, tmp_path: Path) -> None:
    run(server.build(), *QUICK, "--report", str(tmp_path))
    jsonschema_rs.validate(schema(), read_report(tmp_path))


def test_a_journal_is_judged_again_offline(tmp_path: Path) -> None:
    run(FAULTY.build(), *QUICK, "--report", str(tmp_path), "--extensions")
    code, out, _ = command("judge", str(tmp_path / "journal.jsonl"), "--extensions")
    assert code == 1
    assert "BROKEN            seconds.enum" in out


def test_a_right_journal_holds_offline_too(tmp_path: Path) -> None:
    run(CLEAN.build(), *QUICK, "--journal", str(tmp_path / "j"), "--strict", "--extensions")
    assert command("judge", str(tmp_path / "j"), "--strict", "--extensions")[0] == 0


def test_a_changed_document_changes_the_offline_verdict(tmp_path: Path) -> None:
    run(CLEAN.build(), *QUICK, "--journal", str(tmp_path / "j"))
    document = edited(tmp_path, ("enum: ['4', '8', '12']", "enum: ['4', '8', '12', '5']"))
    code, _, err = command("judge", str(tmp_path / "j"), "--document", str(document))
    assert code == 1
    assert "another document" in err


def test_a_cut_last_line_of_a_journal_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j"
    run(CLEAN.build(), *QUICK, "--journal", str(path))
    path.write_text(path.read_text()[:-20])
    assert command("judge", str(path))[0] == 0


def test_older_journals_are_kept(tmp_path: Path) -> None:
    for _ in range(3):
        run(CLEAN.build(), *QUICK, "--report", str(tmp_path), "--rule", "seconds.enum")
    assert {path.name for path in tmp_path.glob("*.jsonl")} == {"journal.jsonl", "journal.1.jsonl", "journal.2.jsonl"}


def test_nothing_is_left_where_the_command_was_run(tmp_path: Path) -> None:
    with served("--token", TOKEN, "--log-level", "warning") as (_, told):
        words = [sys.executable, "-m", "contract_tests", "run", url(told), "--token", TOKEN, *FEW]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, list(tmp_path.iterdir())) == (0, [])
