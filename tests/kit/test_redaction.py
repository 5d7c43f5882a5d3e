"""The token stands in no file and no output, though a server repeats it; the kit's own words are left alone."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from contract_tests.model.case import unpack
from contract_tests.model.redaction import MASK, TELLING, Redactor
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
        told = [token, token.upper(), token.swapcase(), token[:8], token[-9:], base64.b64encode(said.encode()).decode()]
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
    """The telling parts of the token that the text holds, in any letter case."""
    folded = text.casefold()
    heads = [TOKEN[:size] for size in range(8, len(TOKEN) + 1)]
    encoded = base64.b64encode(f"Bearer {TOKEN}".encode()).decode()[12:-4]
    return [part for part in (*heads, TOKEN[-9:], encoded) if part.casefold() in folded]


RUNS: dict[str, tuple[bool, tuple[str, ...]]] = {
    "every answer is wrong": (False, ("--profile", "quick")),
    "every answer is right but for its echo": (True, ("--profile", "quick", "--rule", "auth.key.error")),
    "schemathesis finds it": (True, ("--rule", "generic.schemathesis")),
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
    again = command("judge", str(tmp_path / "journal.jsonl"), *words)
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


@pytest.mark.parametrize(
    "text",
    [TOKEN, TOKEN.upper(), TOKEN[:-1], TOKEN[3:], f"x{TOKEN}y", TOKEN[:8], base64.b64encode(TOKEN.encode()).decode()],
)
def test_a_token_is_masked_in_every_spelling(text: str) -> None:
    assert text not in Redactor(TOKEN).text(f"told {text} twice {text}")


@pytest.mark.parametrize("said", ["abc", "ABC", "Bearer abc", "Bearerabc", "abcx", "YWJj"])
def test_a_short_token_is_masked_as_a_word(said: str) -> None:
    assert Redactor("abc", KNOWN).text(f"no '{said}', abcd dabc") in {f"no '{MASK}', abcd dabc", f"no 'Bearer {MASK}', abcd dabc"}  # fmt: skip


def test_a_token_of_eight_characters_is_masked_without_its_first_too() -> None:
    assert Redactor("k3y-7f2Q").text("told 3y-7f2Q") == f"told {MASK}"


def test_a_part_that_the_document_holds_is_no_secret() -> None:
    assert Redactor("sk-sora-2-pro-9f3", KNOWN).text("model sora-2-pro") == "model sora-2-pro"


def test_ordinary_words_are_left_alone() -> None:
    assert Redactor(TOKEN).text("No key was given: 401") == "No key was given: 401"


def test_a_good_answer_is_judged_before_it_is_masked() -> None:
    assert run(CORRECT["clean"].build(), "--token", "test-token", *FEW)[0] == 0


def test_a_token_whose_every_part_is_an_ordinary_word_is_masked_as_a_whole_alone() -> None:
    def parts(word: str) -> list[str]:
        return [word[at : at + TELLING] for at in range(len(word))]

    spelled = ["ordinary-words", *(base64.b64encode(bytes(n) + b"ordinary-words").decode() for n in range(3))]
    redactor = Redactor("ordinary-words", " ".join(part for word in spelled for part in parts(word)))
    assert redactor.text("ordinary words, or ordinary-words") == f"ordinary words, or {MASK}"
