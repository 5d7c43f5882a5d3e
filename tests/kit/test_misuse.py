"""Bad use of the command is one clear line and exit 2, and touches nothing."""

import json
import socket
from pathlib import Path

import pytest

from tests.faults import CORRECT
from tests.kit.test_malformed import speaking
from tests.kit.vocabulary import HERE, TOKEN, command, edited, run

FAR = "https://api.example.com"
HEAD = {
    "event": "run",
    "format": 1,
    "document": "0",
    "url": HERE,
    "seed": 0,
    "profile": "quick",
    "spend": None,
}
#: What lies in the folder of a test: name, content.
FILES = {
    "words": "words\nwords\n",
    "empty": "",
    "broken.yaml": "a: [",
    "twice.yaml": "a: 1\nb: 2\na: 3",
    "words.yaml": "just words",
    "bare.yaml": "openapi: 3.1.0",
    "old.yaml": "openapi: 3.0.0\npaths: {}",
    "latin.yaml": "openapi: 3.1.0\nx: \udce4",
    "foreign.jsonl": '{"event":"sent","id":"1"}\n',
    "object.json": '{"openapi": "3.1.0"}',
    "list.jsonl": "[1]\n[2]\n",
    "later.jsonl": json.dumps(HEAD | {"format": 99}) + "\n",
    "headless.jsonl": '{"event":"run","format":1}\n',
    "garbled.jsonl": json.dumps(HEAD) + '\n{"event":"sent"}\n{"event":"end"}\n',
    "cut.jsonl": json.dumps(HEAD) + '\n{"event":"pla\n{"event":"end"}\n',
    "unplanned.jsonl": json.dumps(HEAD) + '\n{"event":"sent","id":"1"}\n{"event":"end"}\n',
    "unsent.jsonl": json.dumps(HEAD) + "\n",
    "other.jsonl": json.dumps(HEAD) + "\n",
}

#: The words of the command ({} is a folder of these files), and what its one line tells.
MISUSE = {
    "no command": ("", "Missing command"),
    "another command": ("walk", "No such command 'walk'"),
    "no URL": ("run", "URL"),
    "no URL to plan": ("plan", "URL"),
    "no journal": ("judge", "JOURNAL"),
    "one word too many": (f"run {HERE} more", "unexpected extra argument (more)"),
    "an unknown option": (f"run {HERE} --retry", "No such option '--retry'"),
    "no scheme": ("run 127.0.0.1:8000", "must begin with http:// or https://"),
    "no scheme to plan": ("plan localhost:8000/v1", "must begin with http:// or https://"),
    "another scheme": ("run ftp://127.0.0.1", "must begin with http:// or https://"),
    "no host": ("run http://", "must begin with"),
    "a bad port": ("run http://127.0.0.1:abc", "cannot be read"),
    "a port too high": ("run http://127.0.0.1:65536", "cannot be read"),
    "half an address": ("run http://[::1", "cannot be read"),
    "a control character": ("run http://a\x01b", "cannot be read"),
    "an empty label": ("run http://a..b", "cannot be read"),
    "half a punycode": ("run http://xn--/", "cannot be read"),
    "a query": (f"run {HERE}?a=1", "leave out what follows"),
    "a fragment": (f"run {HERE}#a", "leave out what follows"),
    "nothing listens": (f"run {HERE}", "Nothing answers at"),
    "no such host": ("run http://nowhere.invalid", "Nothing answers at http://nowhere.invalid"),
    "nothing listens at port 0": ("run http://127.0.0.1:0", "Nothing answers at http://127.0.0.1:0"),
    "an unknown rule": (f"run {HERE} --rule seconds.enun", "no rule 'seconds.enun'"),
    "an unknown rule of several": (f"run {HERE} --rule seconds.enum --rule x", "no rule 'x'"),
    "an unknown rule to plan": (f"plan {HERE} --rule path.errors", "did you mean 'path.error'?"),
    "a negative cap": (f"run {HERE} --spend -1", "--spend: '-1' is neither a whole number"),
    "no cap": (f"plan {HERE} --spend=", "--spend: '' is neither a whole number"),
    "half a cap": (f"plan {HERE} --spend 1.5", "--spend: '1.5' is neither a whole number"),
    "a word for a cap": (f"run {HERE} --spend none", "--spend: 'none' is neither a whole number"),
    "no worker": (f"run {HERE} --workers 0", "--workers: '0' is no whole number from 1 to 100"),
    "too many workers": (f"run {HERE} --workers 101", "--workers: '101' is no whole number from 1 to 100"),
    "a word for workers": (f"run {HERE} --workers many", "--workers: 'many' is no whole number"),
    "no time": (f"run {HERE} --timeout 0", "--timeout: '0' is no number of seconds above 0"),
    "negative time": (f"run {HERE} --timeout -1", "--timeout: '-1' is no number of seconds above 0"),
    "no number of seconds": (f"run {HERE} --timeout nan", "--timeout: 'nan' is no number of seconds"),
    "endless time": (f"run {HERE} --timeout inf", "--timeout: 'inf' is no number of seconds"),
    "a word for time": (f"run {HERE} --timeout 5s", "--timeout: '5s' is no number of seconds"),
    "a word for a price": (f"plan {HERE} --price x", "--price: 'x' is no number from 0 on"),
    "a negative price": (f"plan {HERE} --price -1", "--price: '-1' is no number from 0 on"),
    "an endless price": (f"plan {HERE} --price inf", "--price: 'inf' is no number from 0 on"),
    "a negative seed": (f"run {HERE} --seed -1", "--seed: '-1' is no whole number from 0 on"),
    "a word for a seed": (f"plan {HERE} --seed x", "--seed: 'x' is no whole number from 0 on"),
    "a bad profile": (f"run {HERE} --profile huge", "'huge' is no profile; allowed: quick, standard, thorough"),
    "an empty token": (f"run {HERE} --token=", "--token: a token is not empty"),
    "a token of two lines": (f"run {HERE} --token a\nb", "neither spaces nor line breaks"),
    "a missing document": (f"run {HERE} --document {{}}/none", "none cannot be read"),
    "a folder for a document": (f"plan {HERE} --document {{}}", "cannot be read: Is a directory"),
    "a document that is no YAML": ("rules --document {}/broken.yaml", "broken.yaml is no YAML"),
    "a key that stands twice": ("rules --document {}/twice.yaml", "twice.yaml is no YAML: line 3: the key 'a' stands there twice"),
    "a document that is no text": ("rules --document {}/latin.yaml", "latin.yaml is no YAML"),
    "a document of words": ("rules --document {}/words.yaml", "words.yaml is no OpenAPI 3.1 document"),
    "an older document": ("judge {}/words --document {}/old.yaml", "old.yaml is no OpenAPI 3.1 document"),
    "a bare document": (f"run {HERE} --document {{}}/bare.yaml", "bare.yaml is no contract, at '#/'"),
    "a file for a report": (f"run {HERE} --report {{}}/words", "words cannot be written"),
    "an unwritable report": (f"run {HERE} --report /proc/nowhere", "/proc/nowhere cannot be written"),
    "an unwritable report of judging": ("judge {}/unsent.jsonl --report /proc/nowhere", "/proc/nowhere cannot be written"),
    "no folder for a journal": (f"run {HERE} --journal {{}}/none/j", "none/j cannot be written"),
    "a folder for a journal": (f"run {HERE} --journal {{}}", "it is no regular file"),
    "a device for a journal": (f"run {HERE} --journal /dev/null", "it is no regular file"),
    "another file for a journal": (f"run {HERE} --journal {{}}/words", "words is no journal"),
    "resume without a journal": (f"run {HERE} --resume", "--journal"),
    "resume without an earlier run": (f"run {HERE} --resume --report {{}}/new", "journal.jsonl cannot be read"),
    "resume from another file": (f"run {HERE} --resume --journal {{}}/words", "words is damaged"),
    "resume from another document": (f"run {HERE} --resume --journal {{}}/other.jsonl", "of another document"),
    "a missing journal": ("judge {}/none", "none cannot be read"),
    "a folder of journals": ("judge {}", "cannot be read: Is a directory"),
    "an empty journal": ("judge {}/empty", "empty is no journal"),
    "a journal of words": ("judge {}/words", "words is damaged"),
    "a foreign journal": ("judge {}/foreign.jsonl", "foreign.jsonl is no journal"),
    "another object": ("judge {}/object.json", "object.json is damaged"),
    "a journal of lists": ("judge {}/list.jsonl", "list.jsonl is damaged"),
    "a journal of a later kit": ("judge {}/later.jsonl", "later.jsonl is no journal"),
    "a journal without a head": ("judge {}/headless.jsonl", "headless.jsonl is damaged"),
    "a garbled journal": ("judge {}/garbled.jsonl", "garbled.jsonl is damaged"),
    "a journal of what was not planned": ("judge {}/unplanned.jsonl", "unplanned.jsonl is damaged"),
    "a journal cut inside": ("judge {}/cut.jsonl", "cut.jsonl is damaged"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8", "surrogateescape")
    return tmp_path


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_one_line_and_exit_2(case: str, folder: Path) -> None:
    words, told = MISUSE[case]
    code, out, err = command(*(word.replace("{}", str(folder)) for word in words.split(" ") if word))
    assert (code, out) == (2, "")
    assert told in err
    assert err.startswith("contract-tests: ") and err.count("\n") == 1
    kept = {path.name: path.read_text("utf-8", "surrogateescape") for path in folder.iterdir() if path.is_file()}
    assert kept == FILES


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", FAR])
@pytest.mark.parametrize("spend", ["0", "1", "unlimited"])
def test_a_wrong_token_is_said_at_once(spend: str, url: str) -> None:
    code, out, err = run(CORRECT["clean"].build(), "--token", "some-other-one", "--spend", spend, url=url)
    assert (code, out) == (2, "")
    assert "refuses the token: 401" in err.splitlines()[-1]


def test_no_token_is_said_at_once() -> None:
    code, _, err = run(CORRECT["clean"].build())
    assert code == 2
    assert "refuses a request without a token of yours (give one with --token): 401" in err


def test_a_token_of_the_environment_with_a_line_break_is_misuse() -> None:
    code, _, err = run(CORRECT["clean"].build(), environment={"VIDEOS_TOKEN": f"{TOKEN}\n"})
    assert (code, err.count("\n")) == (2, 1)
    assert "VIDEOS_TOKEN: a token" in err and TOKEN not in err


def test_an_empty_token_of_the_environment_is_none() -> None:
    assert run(CORRECT["any-token"].build(), "--profile", "quick", environment={"VIDEOS_TOKEN": ""})[0] == 0


#: A text of the document, and what stands in its place: each makes it something else than a contract.
DAMAGE = {
    "no text": ("says: What arrives is HTTP.", "says: 5", "x-rules/http.well-formed/says"),
    "no list": ("enum: ['4', '8', '12']", "enum: '4'", "seconds/enum"),
    "an empty list": ("enum: ['4', '8', '12']", "enum: []", "seconds/enum"),
    "no number": ("maxLength: 32000", "maxLength: many", "prompt/maxLength"),
    "another source": ("source: document", "source: hearsay", "source"),
    "an unknown error": ("error: invalid_http", "error: no-such-error", "'no-such-error', which no x-errors has"),
    "a reference to nowhere": ("$ref: '#/components/schemas/CreateVideo'", "$ref: '#/nowhere'", "#/nowhere"),
    "a picture that fits nothing": ("x-dimensions-match: size", "x-dimensions-match: sides", "cannot be read as a contract"),
    "an answer of nowhere": ("{$ref: '#/components/schemas/QueuedVideo'}", "{$ref: '#/lost'}", "'#/lost' leads nowhere"),
    "another form": ("multipart/form-data:", "application/json:", "tests multipart/form-data"),
    "no form that fits": ("minLength: 1\n          maxLength: 32000", "minLength: 2\n          maxLength: 1", "no form fits it"),
    "no request": ("requestBody:", "x-requestBody:", "no operation with a request body"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_document_that_is_no_contract_is_misuse(damage: str, tmp_path: Path) -> None:
    old, new, told = DAMAGE[damage]
    document = edited(tmp_path, (old, new))
    code, out, err = command("plan", HERE, "--document", str(document))
    assert (code, out) == (2, "")
    assert str(document) in err and told in err and err.count("\n") == 1


def test_a_journal_of_another_endpoint_is_misuse(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    one = ("--token", TOKEN, "--rule", "seconds.enum", "--journal", str(path))
    run(CORRECT["clean"].build(), *one)
    code, _, err = run(CORRECT["clean"].build(), *one, "--resume", url="http://127.0.0.1:2")
    assert code == 2
    assert "is of http://127.0.0.1:1, not of http://127.0.0.1:2" in err


def test_a_journal_of_an_unknown_profile_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    one = ("--token", TOKEN, "--rule", "seconds.enum", "--journal", str(path))
    run(CORRECT["clean"].build(), *one)
    path.write_text(path.read_text().replace('"profile":"standard"', '"profile":"huge"'))
    code, out, err = run(CORRECT["clean"].build(), *one, "--resume")
    assert (code, out) == (2, "")
    assert "is of a profile 'huge', which this kit lacks" in err


def test_a_journal_without_an_answer_judges_nothing(folder: Path) -> None:
    code, out, err = command("judge", str(folder / "unsent.jsonl"))
    assert code == 2
    assert "0 rules hold" in out
    assert "nothing could be judged" in err.splitlines()[-1]


def test_a_report_that_cannot_be_written_at_the_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    words = ("--token", TOKEN, "--rule", "seconds.enum", "--report", str(tmp_path))
    code, _, err = run(CORRECT["clean"].build(), *words)
    assert code == 2
    assert f"The report {tmp_path} cannot be written" in err


def test_a_server_that_says_nothing_is_waited_for_as_long_as_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, out, err = command("run", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.2")
    assert (code, out) == (2, "")
    assert "gives no answer in HTTP: timed out." in err


@pytest.mark.parametrize("spend", ["0", "unlimited"])
@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-x\r\n"])
def test_a_port_that_speaks_no_http_is_said_at_once(raw: bytes, spend: str) -> None:
    with speaking(raw) as address:
        code, out, err = command("run", address, "--spend", spend)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "gives no answer in HTTP" in err
