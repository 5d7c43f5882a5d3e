"""An append-only JSONL of what was planned, sent, answered and judged; a run goes on from it, `judge` needs no more."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from contract_tests.errors import MisuseError, RecordingError
from contract_tests.model.case import Case, from_json, to_json
from contract_tests.model.escape import printable
from contract_tests.model.finding import Finding
from contract_tests.model.redaction import Redactor
from contract_tests.model.response import Response

FORMAT = 1
#: The rule whose findings quote a header in what was due.
_HEADERS = "response.headers"
#: What the head of a run tells at least.
_HEAD: dict[str, Callable[[Any], Any]] = {"document": str, "url": str, "seed": int, "profile": str}


@dataclass
class Record:
    """What a journal holds: the head of the run, cases and answers by id, in the order of being sent."""

    head: dict[str, Any]
    cases: dict[str, Case] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    answers: dict[str, Response] = field(default_factory=dict)
    observed: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    generic: list[dict[str, Any]] = field(default_factory=list)
    malformed: dict[str, Response] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    ended: bool = False

    def sendings(self) -> Iterator[tuple[Case, Response | None]]:
        """Each case that was sent, once, with its answer; None where the run ended before that came."""
        for name in dict.fromkeys(self.sent):
            yield self.cases[name], self.answers.get(name)

    @property
    def deleted(self) -> set[str]:
        """The ids of the videos that the run has deleted."""
        asked = (one for one in self.steps if one["case"]["request"]["method"] == "DELETE")
        return {one["facts"]["id"] for one in asked if "id" in one["facts"] and one["answer"]["status"] == 200}


class Journal:
    """Writes events, each as one line that is on the disk before the next step. Without a path it writes nothing.

    Raises RecordingError where it cannot, once; after that it writes nothing more.
    """

    def __init__(self, path: Path | None, redactor: Redactor) -> None:
        self._redactor = redactor
        self._path = path
        self._lock = threading.Lock()
        self._file: IO[str] | None = None
        if path is not None:
            try:
                self._file = path.open("a", encoding="utf-8")
            except OSError as error:
                raise MisuseError(f"The journal {path} cannot be written: {error.strerror or error}.") from error

    def write(self, event: str, **values: Any) -> None:
        """Append one event."""
        if self._file is None:
            return
        line = json.dumps({"event": event, **values}, separators=(",", ":"))
        with self._lock:
            file = self._file
            if not file:  # another thread has found that it cannot be written
                return
            try:
                file.write(line + "\n")
                file.flush()
            except OSError as error:
                self._file = None
                # What is in its buffer fails once more.
                with suppress(OSError):
                    file.close()
                raise RecordingError(
                    f"the journal {self._path} cannot be written: {error.strerror or error}"
                ) from error

    def planned(self, case: Case) -> None:
        """A case is about to be sent for the first time."""
        if self._file is not None:
            # The path of another operation than the creation holds an id of the server's making.
            self.write("planned", case=self.masked(to_json(case)) if case.operation else to_json(case))

    def sent(self, case: Case) -> None:
        """The bytes go out now; without an answer after this line nobody knows what became of them."""
        self.write("sent", id=case.id)

    def unsent(self, case: Case) -> None:
        """There was nobody to send it to: it may be sent later."""
        self.write("unsent", id=case.id)

    def answered(self, case: Case, answer: Response) -> None:
        """What came back."""
        if self._file is not None:
            self.write("answered", id=case.id, answer=self.clean(answer).to_json())

    def masked(self, told: Any) -> Any:
        """JSON without the token, wherever it stands."""
        if isinstance(told, dict):
            return {self._redactor.text(key): self.masked(value) for key, value in told.items()}
        if isinstance(told, list):
            return [self.masked(value) for value in told]
        # A number may be the token too.
        text = told if isinstance(told, str) else json.dumps(told)
        clean = self._redactor.text(text)
        return told if clean == text else clean

    def clean(self, answer: Response) -> Response:
        """The answer without the token, as it may be written down."""
        return replace(
            answer,
            headers=tuple((name, self._redactor.text(value)) for name, value in answer.headers),
            body=self._redactor.data(answer.body),
            failure=self._redactor.text(answer.failure),
        )

    def clean_finding(self, finding: Finding) -> Finding:
        """The finding without the token, before anything of it is cut, wrapped or written down.

        What was sent and what was due are the kit's own words, except where they quote an answer: the id that is
        retrieved, a header, what schemathesis says.
        """
        mask, case = self._redactor.text, finding.case
        clean = replace(
            finding, actual=mask(finding.actual), answer=None if finding.answer is None else self.clean(finding.answer)
        )
        quotes = case is not None and (case.request.method == "GET" or case.operation)
        if case is not None and not quotes and finding.rule != _HEADERS:
            return clean
        if case is not None and quotes:
            case = replace(case, label=mask(case.label), request=replace(case.request, path=mask(case.request.path)))
        return replace(clean, label=mask(finding.label), expected=mask(finding.expected), case=case)

    def observed(self, case: Case, video: str, created: dict[str, Any] | None, answer: Response) -> None:
        """What retrieving a video showed, beside what its creation had answered."""
        if self._file is not None:
            clean = self.clean(answer).to_json()
            self.write(
                "observed",
                rule=case.rule,
                credential=case.request.credential,
                method=case.request.method,
                video=self._redactor.text(video),
                created=self.masked(created),
                answer=clean,
            )

    def step(self, told: dict[str, Any], answer: Response) -> None:
        """What an operation beyond the creation answered; `told` is the step as JSON, which holds ids of the server."""
        if self._file is not None:
            self.write("step", **self.masked(told), answer=self.clean(answer).to_json())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def read(path: Path) -> Record:
    """The journal at `path`. Raises MisuseError for what is none. A last line cut by a crash is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MisuseError(f"The journal {path} cannot be read: {reason}.") from error
    record: Record | None = None
    try:
        for event in _events(lines):
            if record is None:
                if event["event"] != "run" or event["format"] != FORMAT:
                    break
                record = Record({name: kind(event[name]) for name, kind in _HEAD.items()} | {"spend": event["spend"]})
            else:
                _apply(record, event)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, zlib.error, MemoryError) as error:
        raise damaged(path, error) from error
    if record is None:
        raise MisuseError(f"{path} is no journal of contract-tests: its first line is not the head of a run.")
    return record


def damaged(path: Path, error: Exception) -> MisuseError:
    """What is said of a journal that cannot be understood."""
    return MisuseError(f"The journal {path} is damaged: {printable(f'{type(error).__name__} {error}'[:200])}.")


def _events(lines: list[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError:
            if number == len(lines):
                return
            raise


def _apply(record: Record, event: dict[str, Any]) -> None:
    match event["event"]:
        case "planned":
            case = from_json(event["case"])
            record.cases[event["case"]["id"]] = case
        case "sent" | "unsent" | "answered":
            _apply_sending(record, event)
        case "observed":
            record.observed.append(event)
        case "step":
            record.steps.append(event)
        case "generic":
            record.generic.append(event["finding"])
        case "malformed":
            record.malformed[event["name"]] = Response.from_json(event["answer"])
        case "begun":
            record.begun.add(event["part"])
        case "end":
            record.ended = True
        case _:
            # "judged" is for people; judging again does not rely on it.
            pass


def _apply_sending(record: Record, event: dict[str, Any]) -> None:
    name = _planned(record, event)
    match event["event"]:
        case "sent":
            record.sent.append(name)
        case "unsent":
            record.sent.remove(name)
        case _:
            record.answers[name] = Response.from_json(event["answer"])


def _planned(record: Record, event: dict[str, Any]) -> str:
    """The id of the case that an event is about. Raises KeyError where it was never planned."""
    name = str(event["id"])
    if name not in record.cases:
        raise KeyError(name)
    return name


def mend(path: Path) -> None:
    """Cut off a last line that was not written to its end, so that the next one stands on its own.

    Raises MisuseError where that cannot be.
    """
    try:
        with path.open("rb+") as file:
            data = file.read()
            if data and not data.endswith(b"\n"):
                file.truncate(data.rfind(b"\n") + 1)
    except OSError as error:
        raise MisuseError(f"The journal {path} cannot be written: {error.strerror or error}.") from error


def set_aside(path: Path) -> None:
    """Give an older journal another name, so that nothing of it is lost; an empty file is written into.

    Raises MisuseError for what is no journal, which is left as it is.
    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    if not path.is_file():
        raise MisuseError(f"The journal {path} cannot be written: it is no regular file.")
    with path.open("rb") as file:
        if not file.readline().startswith(b'{"event":"run",'):
            raise MisuseError(f"{path} is no journal of contract-tests; it is left as it is.")
    number = 1
    while path.with_suffix(f".{number}{path.suffix}").exists():
        number += 1
    path.rename(path.with_suffix(f".{number}{path.suffix}"))
