"""The token stands in no file and no output, though a server repeats it; the kit's own words are left alone."""

import base64
import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.model.case import unpack
from contract_tests.model.redaction import MASK, Redactor
from contract_tests.spec.document import Document, default_path
from tests.faults import CATALOGUE, CORRECT
from tests.faults.server import CLEAN, app
from tests.kit.vocabulary import HERE, command, run

TOKEN = "Secret-Token-9876543210"
FEW = ("--profile", "quick", "--rule", "seconds.enum", "--rule", "auth.key")
SHORT = ("test-token", "token", "a", "key", "12", "sora-2")
KNOWN = Document.load(default_path()).text


class Parrot:
    """A server that repeats the Authorization header in whatever it says: plain, changed, encoded, in ids and keys.

    `mute` leaves its answers as they are due, but for one key more.
    """

    def __init__(self, *, mute: bool = False) -> None:
        self.app, self.mute = app(CLEAN), mute

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        token = said.partition(" ")[2] or said
        told = [token, quote(token), base64.b64encode(said.encode()).decode()]
        echo = " ".join(["no", *told])
        scope = scope | {"headers": [(k, self._known(k, v)) for k, v in scope["headers"]]}
        start: dict[str, Any] = {}

        async def repeat(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body = json.loads(message["body"])
            if not self.mute and "id" in body:
                body |= {"id": f"video_{token}", "model": echo, "progress": echo}
            if "error" in body:
                body["error"] |= {"message": echo, "param": echo}
            body["echo"] = {token: echo}
            data = json.dumps(body).encode()
            more = [(b"content-length", str(len(data)).encode()), (b"x-told", echo.encode())]
            more += [] if self.mute else [(b"openai-processing-ms", token.encode())]
            new = {name for name, _ in more}
            await send(start | {"headers": [(k, v) for k, v in start["headers"] if k not in new] + more})
            await send({"type": "http.response.body", "body": data})

        await self.app(scope, receive, repeat)

    def _known(self, name: bytes, value: bytes) -> bytes:
        return b"Bearer test-token" if (name, value) == (b"authorization", f"Bearer {TOKEN}".encode()) else value


def written(folder: Path) -> list[str]:
    """Every file below the folder as text; the packed bodies of a journal unpacked."""
    texts = [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]
    packed = re.findall(r'"body":"([^"]*)"', (folder / "journal.jsonl").read_text())
    return texts + [unpack(one).decode("latin-1") for one in packed]


def holds(text: str) -> list[str]:
    """What of the token the text holds: as it is, as the kit changes it, and encoded."""
    encoded = base64.b64encode(f"Bearer {TOKEN}".encode()).decode()[12:-4]
    return [part for part in (TOKEN, TOKEN[:-1], TOKEN[1:], TOKEN.swapcase(), encoded) if part in text]


RUNS: dict[str, tuple[bool, tuple[str, ...]]] = {
    "every answer is wrong": (False, ("--profile", "quick")),
    "every answer is right but for its echo": (True, ("--profile", "quick", "--rule", "auth.scheme.error")),
    "schemathesis finds it": (True, ("--rule", "generic.schemathesis", "--rule", "auth.scheme.error")),
    "hypothesis finds it": (True, ("--rule", "seconds.enum.error")),
}


@pytest.mark.parametrize("case", RUNS)
def test_the_token_stands_in_no_file_and_no_output(case: str, tmp_path: Path) -> None:
    mute, words = RUNS[case]
    report = ("--report", str(tmp_path), "--strict", "--extensions")
    code, out, err = run(Parrot(mute=mute), "--token", TOKEN, *words, *report)
    assert code == 1
    assert MASK in out
    assert [holds(text) for text in (out, err, *written(tmp_path)) if holds(text)] == []


def test_the_token_in_an_address_stands_in_no_file_and_no_output(tmp_path: Path) -> None:
    url = f"{HERE}/{TOKEN}/v1"
    code, out, err = run(CORRECT["clean"].build(), "--token", TOKEN, *FEW, "--report", str(tmp_path), url=url)
    assert code == 2
    assert [holds(text) for text in (out, err, *written(tmp_path)) if holds(text)] == []


@pytest.mark.parametrize("url", [f"{HERE}/{TOKEN}", f"{HERE}?key={TOKEN}", f"{TOKEN}:1"])
def test_the_token_in_a_wrong_address_is_not_told(url: str) -> None:
    code, out, err = command("run", url, "--token", TOKEN)
    assert (code, out, holds(err)) == (2, "", [])


def test_a_masked_journal_is_judged_as_the_run_was(tmp_path: Path) -> None:
    words = ("--strict", "--extensions")
    live = run(Parrot(mute=True), "--token", TOKEN, *FEW, "--report", str(tmp_path), *words)
    again = command("judge", str(tmp_path / "journal.jsonl"), *words, *FEW[2:])
    assert (again[0], broken(again[1])) == (live[0], broken(live[1]))


def broken(out: str) -> set[str]:
    """The ids of the rules that the table shows as broken."""
    return {line.split()[1] for line in out.splitlines() if line.startswith("BROKEN ")}


class Known:
    """A right server that knows this token."""

    def __init__(self, build: Any, token: str) -> None:
        self.app, self.token = build(), f"Bearer {token}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        other = {b"Bearer test-token": b"Bearer other", self.token: b"Bearer test-token"}
        headers = [(k, other.get(v, v) if k == b"authorization" else v) for k, v in scope["headers"]]
        await self.app(scope | {"headers": headers}, receive, send)


@pytest.mark.parametrize("token", SHORT)
def test_words_of_the_document_and_of_the_kit_are_left_alone(token: str, tmp_path: Path) -> None:
    server = Known(CATALOGUE["seconds-any"].build, token)
    code, out, _ = run(server, "--token", token, *FEW, "--report", str(tmp_path), "--strict")
    assert code == 1
    assert MASK not in out
    assert [path.name for path in tmp_path.glob("*.*") if MASK in path.read_text()] == []


@pytest.mark.parametrize("token", SHORT)
def test_a_journal_of_a_short_token_is_judged_as_the_run_was(token: str, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    server = Known(CORRECT["clean"].build, token)
    assert run(server, "--token", token, *FEW, "--strict", "--journal", str(path))[0] == 0
    assert command("judge", str(path), "--strict")[0] == 0


SLASHED = "Secret/Token+98=76&5"
SPELLED = {
    "as it is": SLASHED,
    "in JSON": SLASHED.replace("/", "\\/"),
    "in JSON by numbers": "".join(f"\\u{ord(char):04x}" for char in SLASHED),
    "in HTML": html.escape(SLASHED).replace("/", "&#x2F;"),
    "in HTML by numbers": "".join(char if char.isalnum() else f"&#{ord(char)};" for char in SLASHED),
    "in an address": quote(SLASHED, safe=""),
    "in an address, in small letters": re.sub("%..", lambda found: found[0].lower(), quote(SLASHED, safe="")),
    "in a form": quote_plus(SLASHED),
    "in base64": base64.b64encode(SLASHED.encode()).decode(),
    "in base64 with its scheme": base64.b64encode(f"Bearer {SLASHED}".encode()).decode(),
    "in base64 of addresses": base64.urlsafe_b64encode(SLASHED.encode()).decode(),
    "behind an escape": f"%20{SLASHED}",
    "behind a line": f"\\n{SLASHED}",
    "glued": f"Bearer{SLASHED}",
    "longer": f"{SLASHED}x",
    "shorter": SLASHED[:-1],
    "without its head": SLASHED[1:],
    "swapped": SLASHED.swapcase(),
}


@pytest.mark.parametrize("case", SPELLED)
def test_a_token_is_masked_in_every_spelling(case: str) -> None:
    masked = Redactor(SLASHED).text(f'told "{SPELLED[case]}" twice ({SPELLED[case]})')
    assert masked.count(MASK) == 2
    assert SPELLED[case][2:-5] not in masked


@pytest.mark.parametrize("text", [TOKEN.upper(), f"x{TOKEN}", f"{TOKEN}yz", TOKEN[:8], f"{TOKEN}9"])
def test_what_is_not_exactly_the_token_is_evidence(text: str) -> None:
    assert Redactor(TOKEN).text(f"told {text} twice {text}") == f"told {text} twice {text}"


@pytest.mark.parametrize("token", ["T", "1", "abc", "n0t8chr"])
def test_answers_are_not_searched_for_a_short_token(token: str) -> None:
    assert Redactor(token).text(f"told {token}, {token!r}") == f"told {token}, {token!r}"
    assert Redactor(token).address(f"http://here/{token}/v1") == f"http://here/{MASK}/v1"


def test_it_is_said_that_answers_are_not_searched_for_a_short_token() -> None:
    assert "shorter than 8 characters" in run(Known(CORRECT["clean"].build, "T"), "--token", "T", *FEW)[1]
    assert "shorter than 8 characters" not in run(Known(CORRECT["clean"].build, TOKEN), "--token", TOKEN, *FEW)[1]


def test_a_text_that_was_cut_within_the_token_holds_no_head_of_it() -> None:
    assert Redactor(TOKEN).text(f"told {TOKEN[:12]}…") == f"told {MASK}…"
    assert Redactor(TOKEN).text(f"told {TOKEN[:5]}…") == f"told {TOKEN[:5]}…"


def test_a_word_of_the_document_is_no_secret() -> None:
    assert Redactor("sora-2-pro", KNOWN).text("model sora-2-pro") == "model sora-2-pro"


@given(st.binary(max_size=200))
def test_bytes_without_the_token_are_left_as_they_are(data: bytes) -> None:
    assert Redactor(TOKEN).data(data) == data


def test_ordinary_words_are_left_alone() -> None:
    assert Redactor(TOKEN).text("No key was given: 401") == "No key was given: 401"


def test_a_good_answer_is_judged_before_it_is_masked() -> None:
    assert run(CORRECT["clean"].build(), "--token", "test-token", *FEW)[0] == 0


def test_what_overlaps_is_one_mask_and_what_stands_side_by_side_is_two() -> None:
    inside = base64.b64encode(f"a {TOKEN} b".encode()).decode()
    assert Redactor(TOKEN).text(f"{TOKEN} {TOKEN},{inside}").count(MASK) == 3
    assert (
        Redactor("abcabcabcabc").text("told abcabcabcabc, not abcabcabcabcabc") == f"told {MASK}, not abcabcabcabcabc"
    )


def test_a_token_without_a_word_in_it_is_masked_too() -> None:
    assert Redactor("-_.~-_.~-_.~").text("told -_.~-_.~-_.~ twice") == f"told {MASK} twice"
