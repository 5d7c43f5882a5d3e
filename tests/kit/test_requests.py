"""What is sent: each negative breaks one rule, the positives cover every pair, drawn requests are what they say."""

import io
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from contract_tests.cases import images
from contract_tests.cases.contract import load
from contract_tests.cases.pairwise import covering
from contract_tests.model.case import from_json, to_json
from contract_tests.runner.strategies import draws
from contract_tests.spec.document import default_path
from tests.faults import CORRECT
from tests.kit.vocabulary import judge

CONTRACT = load(default_path())


def test_each_negative_of_the_form_breaks_exactly_one_rule() -> None:
    for case in CONTRACT.bad:
        found = CONTRACT.builder.reader.breaches(case.request.parts or ())
        if not case.wire:
            assert [CONTRACT.rules.breach(b.kind, b.field, b.at) for b in found] == [case.breach], case.label


def test_each_positive_breaks_none() -> None:
    for case in (*CONTRACT.good, *CONTRACT.odd):
        assert CONTRACT.builder.reader.breaches(case.request.parts or ()) == [], case.label


def test_every_rule_of_the_form_has_a_negative() -> None:
    tried = {case.rule for case in CONTRACT.bad}
    of_form = (rule for rule in CONTRACT.rules if rule.kind is not None and rule.source != "extension")
    assert {rule.id for rule in of_form if not rule.derived} <= tried


def test_every_pair_that_is_valid_is_sent() -> None:
    rows = [{"a": a, "b": b, "c": c} for a, b, c in itertools.product("12", "123", "12") if (a, c) != ("1", "2")]
    sent = covering(rows)
    pairs = {pair for row in rows for pair in itertools.combinations(row.items(), 2)}
    assert pairs == {pair for row in sent for pair in itertools.combinations(row.items(), 2)}
    assert len(sent) < len(rows)


def test_the_first_three_positives_have_every_model_and_picture_type() -> None:
    first = [dict(case.levels) for case in CONTRACT.good[:3]]
    assert {levels["model"] for levels in first} == {"left out", "sora-2", "sora-2-pro"}
    assert {levels["input_reference type"] for levels in first} == {"image/png", "image/jpeg", "image/webp"}


@pytest.mark.parametrize("case", [CONTRACT.bad[0], CONTRACT.good[0], CONTRACT.odd[0]], ids=lambda case: case.rule)
def test_a_case_survives_the_journal(case: object) -> None:
    assert from_json(to_json(case)).id == case.id  # type: ignore[arg-type, attr-defined]


@given(st.data())
@settings(max_examples=25)
def test_a_drawn_request_breaks_what_it_says(data: st.DataObject) -> None:
    drawn = data.draw(st.sampled_from(list(draws(CONTRACT, "a-token"))))
    case = data.draw(drawn.strategy)
    found = CONTRACT.builder.reader.breaches(case.request.parts or ())
    assert case.refusal_due == drawn.refusal
    assert len([one for one in found if one.kind != "condition"]) == (drawn.refusal and not case.wire)


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        ("0x1280", (64, 64)),
        ("720x99999", (64, 64)),
        ("721x1280", (721, 1280)),
        ("1280X720", (1280, 720)),
        ("1280 x 720", (1280, 720)),
        ("portrait", (720, 1280)),
    ],
)
def test_a_wrong_size_has_the_picture_that_it_may_be_read_as(size: str, sides: tuple[int, int]) -> None:
    parts = CONTRACT.builder.with_value(CONTRACT.form.fields["size"], size)
    [facts] = [part.facts for part in parts if part.facts is not None]
    assert (facts.width, facts.height) == sides


@given(st.data())
@settings(max_examples=50)
def test_no_decoder_takes_a_picture_that_was_cut(data: st.DataObject) -> None:
    [cut] = [one for one in draws(CONTRACT, None) if one.rule == "input_reference.intact"]
    [file] = [part for part in data.draw(cut.strategy).request.parts or () if part.is_file]
    with pytest.raises(OSError), Image.open(io.BytesIO(file.content)) as image:  # noqa: PT011  Pillow's messages differ
        image.load()


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(sorted(images.EXTENSIONS)))
@settings(max_examples=25)
def test_a_picture_has_the_sides_it_was_made_with(width: int, height: int, media_type: str) -> None:
    data, facts = images.picture(media_type, width, height)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (facts.width, facts.height) == (width, height)


def test_no_request_carries_what_an_answer_before_it_has_set() -> None:
    right, carried = CORRECT["clean"].build(), []

    async def setting(scope: Any, receive: Any, send: Any) -> None:
        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", b"seen=1; Path=/")]
            await send(message)

        carried.append(b"cookie" in dict(scope["headers"]))
        await right(scope, receive, answer)

    judge(setting, only=frozenset({"seconds.enum"}))
    assert len(carried) > 1
    assert not any(carried)
