"""The content of a completed video: its variants, ranges of its bytes, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract_tests.cases.contract import Contract
from contract_tests.extensions.retrieval import METHOD
from contract_tests.extensions.step import Step, StepJudgement, place, sending, step
from contract_tests.extensions.values import bad_texts
from contract_tests.model.finding import Judgement
from contract_tests.model.response import Response
from contract_tests.oracle.media import Media, read_media
from contract_tests.spec.form import parse_dimensions

CONTENT, TYPE, READY, VARIANT = "downloadContent", "content.type", "content.ready", "content.variant"
DEFAULT, RANGE = "content.variant.default", "content.range"
#: Seconds; clocks of video tracks are no finer.
_TICK = 0.001


def variants(contract: Contract) -> dict[str, str | None]:
    """Each variant with its media type: the document lists both in one order; None where their numbers differ."""
    operation = contract.extension(CONTENT)
    pointer = None if operation is None else contract.parameter(operation, "variant")
    if operation is None or pointer is None:
        return {}
    names = [str(value) for value in contract.document.resolve(pointer).get("enum", ())]
    types = list(contract.document.resolve(f"{operation.pointer}/responses/200").get("content", {}))
    return dict(zip(names, types, strict=True)) if len(names) == len(types) else dict.fromkeys(names)


def default(contract: Contract) -> str | None:
    """The variant that is due where none is named."""
    operation = contract.extension(CONTENT)
    pointer = None if operation is None else contract.parameter(operation, "variant")
    return None if pointer is None else contract.document.resolve(pointer).get("default")


def download(contract: Contract, video: dict[str, Any], variant: str | None, whole: dict[str, Any] | None) -> Step:
    """A variant of a completed video, None for what comes unnamed. Fact `whole`: what came unnamed, where it came."""
    query = {} if variant is None else {"variant": variant}
    facts = {"variant": variant, "whole": whole, **{key: video.get(key) for key in ("size", "seconds")}}
    rule = TYPE if variant is not None else DEFAULT
    return step(place(contract, CONTENT, str(video["id"]), query=query), rule, "content", facts=facts)


def too_early(contract: Contract, video: str, says: str = "while it is being made") -> Step:
    """The content of a video that is not completed."""
    return step(place(contract, CONTENT, video), READY, says=says)


def other_methods(contract: Contract, video: str) -> Iterator[Step]:
    """The content by a method that its path lacks; who answers by path first knows no such path for it."""
    operation = contract.extension(CONTENT)
    known = {one.method.upper() for one in contract.document.operations() if operation and one.path == operation.path}
    if METHOD in contract.rules and "PUT" not in known:
        one = step(replace(place(contract, CONTENT, video), method="PUT"), METHOD)
        yield replace(one, case=replace(one.case, also=("path",)))


def other_variants(contract: Contract, video: str) -> Iterator[Step]:
    """Variants that there are not."""
    operation = contract.extension(CONTENT)
    pointer = None if operation is None else contract.parameter(operation, "variant")
    for text in bad_texts(contract, pointer, VARIANT) if pointer is not None and VARIANT in contract.rules else ():
        facts = {"at": contract.rules[VARIANT].at, "pointer": pointer, "value": text}
        yield step(place(contract, CONTENT, video, query={"variant": text}), VARIANT, facts=facts)


def ranges(contract: Contract, video: str, whole: bytes) -> Iterator[tuple[Step, bytes]]:
    """Ranges of the whole, each with the bytes due; the last lies behind the end and must be refused."""
    size = len(whole)
    half = size // 2
    wanted = [(f"0-{half}", 0, half), (f"{half}-", half, size - 1), ("-9", size - 9, size - 1), ("0-0", 0, 0)]
    # A last byte behind the end means the end.
    wanted += [(f"{half}-{2 * size}", half, size - 1), (f"-{2 * size}", 0, size - 1)]
    for text, first, last in wanted if size > 10 else ():
        facts = {"first": first, "last": last, "size": size}
        asked = step(place(contract, CONTENT, video), RANGE, "range", says=f"bytes {text}", facts=facts)
        yield sending(asked, headers=(("Range", f"bytes={text}"),)), whole[first : last + 1]
    behind = step(place(contract, CONTENT, video), RANGE, says=f"bytes {size}- of {size}")
    yield sending(behind, headers=(("Range", f"bytes={size}-"),)), b""
    for text in ("bytes=-", "bytes=x-y", "pages=1-2"):
        odd = step(place(contract, CONTENT, video), RANGE, "odd range", says=text)
        yield sending(odd, headers=(("Range", text),)), b""


def seen(one: Step, answer: Response, expected: bytes = b"") -> tuple[Step, Response]:
    """The step with what the bytes that came are, and the answer without them: they are nothing to write down."""
    if one.check not in {"content", "range", "odd range"} or not answer.accepted:
        return one, answer
    facts: dict[str, Any] = {"length": len(answer.body), "same": answer.body == expected}
    if one.check == "content":
        facts = {"seen": read_media(answer.body).to_json()}
    return replace(one, facts=one.facts | facts), replace(answer, body=b"")


def judge_content(contract: Contract, one: Step, answer: Response) -> Judgement:
    """The verdict on a whole file."""
    verdict, rule, facts = StepJudgement(one, answer), one.case.rule, one.facts
    verdict.judged(READY)
    if answer.status != 200:
        _missing(verdict)
        return verdict.made
    if facts["variant"] is None:
        return verdict.made
    verdict.judged(rule)
    _headers(contract, verdict)
    file = Media.from_json(facts["seen"])
    expected = variants(contract).get(facts["variant"])
    told = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if expected is not None and (told, file.type) != (expected, expected):
        verdict.broken(rule, f"{expected}, in name and in bytes", f"called {told or 'nothing'}: {file.shown}")
    elif file.type is None:
        verdict.broken(rule, "a file of a documented type", f"called {told or 'nothing'}: {file.shown}")
    for fault in file.faults:
        verdict.broken(rule, "a whole file that plays while it loads", f"{file.shown}: {fault}")
    if file.type is not None and file.type.startswith("video/"):
        _clip(verdict, file)
    elif file.type is not None and not (file.width and file.height):
        verdict.broken(rule, "a picture with sides", file.shown)
    if facts["whole"] is not None and facts["variant"] == default(contract):
        verdict.judged(DEFAULT)
        unnamed = Media.from_json(facts["whole"])
        if _like(file) != _like(unnamed):
            verdict.broken(DEFAULT, f"unnamed the same as by its name: {file.shown}", unnamed.shown)
    return verdict.made


def _headers(contract: Contract, verdict: StepJudgement) -> None:
    """A header with one documented value has that value, where it is there."""
    operation = contract.extension(CONTENT)
    told = (
        {} if operation is None else contract.document.resolve(f"{operation.pointer}/responses/200").get("headers", {})
    )
    for name, node in told.items():
        expected, actual = node.get("schema", {}).get("const"), verdict.answer.header(name)
        if expected is not None and actual is not None and actual != expected:
            verdict.broken(RANGE, f"the header {name}: {expected}", f"{name}: {actual}")


def _missing(verdict: StepJudgement) -> None:
    """A completed video has no content, or not this variant of it."""
    if verdict.one.facts["whole"] is not None and verdict.answer.refused:
        rule = VARIANT
    else:
        rule = READY if verdict.answer.status == 404 else verdict.one.case.rule
    verdict.broken(rule, "200 and the content, for the video is completed")


def _like(file: Media) -> tuple[Any, ...]:
    return file.type, file.width, file.height, file.seconds


def _clip(verdict: StepJudgement, file: Media) -> None:
    rule, facts = verdict.one.case.rule, verdict.one.facts
    sides = parse_dimensions(str(facts["size"]))
    if sides is not None and (file.width, file.height) != sides:
        verdict.broken(rule, f"{facts['size']}, the size of the video", file.shown)
    seconds = facts["seconds"]
    if not isinstance(seconds, str) or not seconds.isdecimal() or file.seconds is None:
        return
    if abs(file.seconds - int(seconds)) > (file.frame or 0.0) + _TICK:
        verdict.broken(rule, f"{seconds} s, give or take a frame", file.shown)


def judge_range(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """The verdict on a range of bytes."""
    verdict, facts = StepJudgement(one, answer), one.facts
    verdict.judged(RANGE)
    first, last, size = (facts[key] for key in ("first", "last", "size"))
    if answer.status == 200 and facts["same"] and last - first + 1 == size:
        # All of it may be sent as such.
        return verdict.made
    if answer.status != 206:
        actual = f"{answer.status}" + (f" and {facts['length']} bytes" if answer.accepted else "")
        verdict.broken(RANGE, f"206 and {last - first + 1} of the {size} bytes", actual)
        return verdict.made
    expected = f"bytes {first}-{last}/{size}"
    if (answer.header("content-range") or "").strip().lower() != expected:
        verdict.broken(RANGE, f"Content-Range: {expected}", f"Content-Range: {answer.header('content-range')}")
    if not facts["same"]:
        verdict.broken(RANGE, f"bytes {first} to {last} of the whole file", f"{facts['length']} other bytes")
    return verdict.made


def judge_odd_range(contract: Contract, one: Step, answer: Response) -> Judgement:  # noqa: ARG001  all verdicts are alike
    """The verdict on what is no range of bytes: it may be ignored or refused."""
    verdict = StepJudgement(one, answer)
    verdict.judged(RANGE)
    if not (answer.accepted or answer.refused):
        verdict.broken(RANGE, "the content, or a refusal")
    return verdict.made
