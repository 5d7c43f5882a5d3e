"""Another document than the one that ships: every keyword of it is tested, and what it lacks is left alone."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.cases.contract import Contract, load
from contract_tests.extensions import listing, remix
from contract_tests.runner.strategies import draws
from tests.faults import CATALOGUE, CORRECT
from tests.kit.test_mock import mock
from tests.kit.vocabulary import broken, holding, judge, reasons, reshaped

Tree = Any
Change = Callable[[Tree], object]


def form(tree: Tree) -> Any:
    return tree["components"]["schemas"]["CreateVideo"]


def media(tree: Tree) -> Any:
    return tree["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]


def fields(tree: Tree) -> Any:
    return form(tree)["properties"]


def operations(tree: Tree) -> list[Any]:
    return [operation for path in tree["paths"].values() for operation in path.values()]


def media_of(tree: Tree, response: str) -> Any:
    return tree["components"]["responses"][response]["content"]["application/json"]


def contract(tmp_path: Path, *changes: Change) -> Contract:
    return load(reshaped(tmp_path, *changes))


def typed(tree: Tree) -> None:
    """Fields that are no texts, and texts with a form of their own, all of them required."""
    fields(tree)["fps"] = {"type": "integer", "minimum": 1, "maximum": 60}
    fields(tree)["scale"] = {"type": "number", "maximum": 4}
    fields(tree)["seed"] = {"type": "string", "pattern": "^[0-9]{4,9}$", "examples": ["1234"]}
    fields(tree)["title"] = {"type": "string", "minLength": 3, "maxLength": 9}
    form(tree)["required"] += ["fps", "scale", "seed", "title"]


def chosen(tree: Tree) -> None:
    """Values of every kind, one of them a picture's, and the condition beside the fields and not in a list."""
    fields(tree)["loop"] = {"type": "boolean"}
    fields(tree)["width"] = {"type": "string", "const": "0", "pattern": "^[0-9]$"}
    form(tree)["required"] += ["loop", "width"]
    fields(tree)["size"]["enum"] += ["720x720"]
    [condition] = form(tree).pop("allOf")
    form(tree)["anyOf"] = condition["anyOf"]
    media(tree)["encoding"]["input_reference"]["contentType"] = "image/png, image/gif"


def poorer(tree: Tree) -> None:
    """A form that is open, in which any file of any size will do."""
    form(tree)["additionalProperties"] = True
    del media(tree)["encoding"], fields(tree)["input_reference"]["x-dimensions-match"]


def shorter(tree: Tree) -> None:
    """Prompts shorter than the examples that the document shows of them."""
    fields(tree)["prompt"]["maxLength"] = 40
    tree["components"]["schemas"]["RemixVideo"]["properties"]["prompt"]["maxLength"] = 9


#: A change of the document, and rules that it brings.
SHARED: dict[str, tuple[Change, str]] = {
    "fields of other types": (
        typed,
        "fps.type fps.minimum fps.maximum scale.maximum seed.pattern title.min-length title.max-length",
    ),
    "other choices": (chosen, "loop.type width.const condition.CreateVideo-anyOf"),
    "a form that asks less": (poorer, "seconds.enum"),
    "texts shorter than the examples": (shorter, "prompt.max-length"),
}


@pytest.mark.parametrize("case", SHARED)
def test_mock_and_kit_agree_on_another_document(case: str, tmp_path: Path) -> None:
    change, new = SHARED[case]
    document = reshaped(tmp_path, change)
    outcome = judge(mock(document), document=document, extensions=False)
    assert broken(outcome) == set()
    assert set(new.split()) <= holding(outcome)


def test_a_remix_for_another_document_has_a_text_that_it_allows(tmp_path: Path) -> None:
    made = contract(tmp_path, shorter)
    good = json.loads(remix.of_stranger(made, "video_0").case.request.body)
    assert good == {"prompt": "a"}
    sent = [
        len(json.loads(one.case.request.body)["prompt"])
        for one in remix.refusals(made, "video_0")
        if "characters" in one.case.label
    ]
    assert sent == [10]


def test_each_request_for_another_document_breaks_what_it_says_and_each_good_one_nothing(tmp_path: Path) -> None:
    made = contract(tmp_path, typed)
    found = {
        case.label: len(made.builder.reader.breaches(case.request.parts or ())) for case in made.bad if not case.wire
    }
    assert {label: count for label, count in found.items() if count != 1} == {}
    assert [
        case.label for case in (*made.good, *made.odd) if made.builder.reader.breaches(case.request.parts or ())
    ] == []


def test_what_another_document_asks_is_missed_in_a_server_that_lacks_it(tmp_path: Path) -> None:
    def optional(tree: Tree) -> None:
        fields(tree)["fps"] = {"type": "integer", "minimum": 1, "maximum": 60}

    outcome = judge(CORRECT["tolerant"].build(), document=reshaped(tmp_path, optional), extensions=False)
    assert {"fps.minimum", "fps.maximum", "fps.type"} <= broken(outcome)


def labels(tmp_path: Path, *changes: Change) -> list[str]:
    return [case.label for case in contract(tmp_path, *changes).bad]


@pytest.mark.parametrize("change", [typed, chosen, poorer, shorter])
def test_what_is_drawn_for_another_document_breaks_what_it_says(change: Change, tmp_path: Path) -> None:
    made = contract(tmp_path, change)

    @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def drawn(data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(list(draws(made, None))))
        case = data.draw(one.strategy)
        found = [
            breach for breach in made.builder.reader.breaches(case.request.parts or ()) if breach.kind != "condition"
        ]
        assert len(found) == one.refusal

    drawn()


def test_a_type_of_picture_that_the_kit_cannot_make_is_not_sent(tmp_path: Path) -> None:
    def avif(tree: Tree) -> None:
        media(tree)["encoding"]["input_reference"]["contentType"] = "image/png, image/avif"

    made = contract(tmp_path, avif)
    assert [
        case.label for case in (*made.good, *made.bad) if "image/avif" in case.label and " called " not in case.label
    ] == []


def test_a_picture_that_is_accepted_is_sent_as_no_disguise(tmp_path: Path) -> None:
    told = "\n".join(labels(tmp_path, chosen))
    assert "a GIF called" not in told and "a BMP called" in told


def test_where_a_body_has_no_limits_none_is_sent(tmp_path: Path) -> None:
    made = contract(tmp_path, lambda tree: media(tree).pop("x-limits"))
    assert {case.rule for case in (*made.bad, *made.odd)} & {"body.limit", "body.parts"} == set()


def test_a_file_of_no_documented_type_is_found_where_the_document_names_fewer_types_than_variants(
    tmp_path: Path,
) -> None:
    def fewer(tree: Tree) -> None:
        del tree["paths"]["/v1/videos/{video_id}/content"]["get"]["responses"]["200"]["content"]["image/jpeg"]

    only = frozenset({"content.type"})
    document = reshaped(tmp_path, fewer)
    assert broken(judge(CORRECT["clean"].build(), document=document, only=only)) == set()
    assert broken(judge(CATALOGUE["content-video-text"].build(), document=document, only=only)) == only


def test_a_page_of_one_video_is_asked_for_only_where_it_may_be(tmp_path: Path) -> None:
    made = contract(
        tmp_path, lambda tree: tree["paths"]["/v1/videos"]["get"]["parameters"][0]["schema"].update(minimum=2)
    )
    assert [one.case.request.path for one in listing.bounds(made)] == ["/v1/videos?limit=2", "/v1/videos?limit=100"]


def test_a_square_is_not_swapped(tmp_path: Path) -> None:
    assert [label for label in labels(tmp_path, chosen) if label.startswith("size 720x720, image/png swapped")] == []


def more_paths(tree: Tree) -> None:
    """Operations at what are wrong paths and wrong methods in the document that ships."""
    answer = {"tags": ["Extensions"], "responses": {"200": {"description": "Fine."}}}
    tree["paths"]["/videos"] = {"get": answer | {"operationId": "others"}}
    tree["paths"]["/v1/videos"]["put"] = answer | {"operationId": "put"}
    tree["paths"]["/v1/videos/{video_id}"]["patch"] = answer | {"operationId": "patch"}


def test_what_the_document_has_is_not_sent_as_wrong(tmp_path: Path) -> None:
    told = labels(tmp_path, more_paths)
    assert not {"the path /videos", "the method PUT"} & set(told)
    assert {"the path /v1/video", "the method PATCH"} <= set(told)


def test_no_method_of_a_video_is_taken_for_wrong(tmp_path: Path) -> None:
    document = reshaped(tmp_path, more_paths)
    only = frozenset({"retrieve.found"})
    judge(CORRECT["clean"].build(), document=document, only=only, journal=tmp_path / "j")
    sent = re.findall(r'"event":"observed","rule":"method".*?"method":"(\w+)"', (tmp_path / "j").read_text())
    assert set(sent) == {"PUT"}


#: A change of the document, the rules asked for, and what it makes of the verdict on a right server.
LACKING: dict[str, tuple[Change, str, str]] = {
    "no path of a video": (
        lambda tree: tree["paths"].update({"/v1/videos/{id}": tree["paths"].pop("/v1/videos/{video_id}")}),
        "retrieve.found",
        "the document has nothing at",
    ),
    "no variant": (
        lambda tree: tree["paths"]["/v1/videos/{video_id}/content"]["get"]["parameters"].pop(),
        "content.variant.default",
        "the document has nothing at",
    ),
    "no rule of what is no HTTP": (
        lambda tree: tree["x-rules"].pop("http.well-formed"),
        "response.keys",
        "",
    ),
    "no default and no bound of a page": (
        lambda tree: tree["paths"]["/v1/videos"]["get"]["parameters"][0].update(schema={"type": "integer"}),
        "list.limit.default",
        "the document has nothing at",
    ),
    "no lengths of a remix's prompt": (
        lambda tree: tree["components"]["schemas"]["RemixVideo"]["properties"].update(prompt={"type": "string"}),
        "remix.prompt.max-length",
        "the document has nothing at",
    ),
    "no rule of a remix's type": (
        lambda tree: tree["x-rules"].pop("remix.prompt.type"),
        "retrieve.completed",
        "",
    ),
    "an example of an answer that is no error": (
        lambda tree: media_of(tree, "BadRequest")["examples"].update(odd={"value": {"note": "Not so."}}),
        "retrieve.completed",
        "",
    ),
    "no rules about errors as a whole": (
        lambda tree: [tree["x-rules"].pop(name) for name in ("error.envelope", "error.no-5xx", "method")],
        "retrieve.completed",
        "",
    ),
    "no error for a path": (
        lambda tree: tree["x-rules"]["path"].pop("error"),
        "retrieve.completed",
        "",
    ),
    "an id that is all of its time": (
        lambda tree: tree["components"]["schemas"]["Video"]["properties"]["id"].update(
            {"x-template": "video_{created_at:hex8}"}
        ),
        "retrieve.completed",
        "",
    ),
    "no schema of any answer": (
        lambda tree: [
            operation["responses"].update({"200": {"description": "Fine."}}) for operation in operations(tree)
        ],
        "retrieve.completed",
        "",
    ),
    "no headers of an answer": (
        lambda tree: tree["paths"]["/v1/videos"]["post"]["responses"]["200"].pop("headers"),
        "response.headers",
        "the document has nothing at",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_a_document_lacks_is_not_tested_and_nobody_s_fault(case: str, tmp_path: Path) -> None:
    change, rule, told = LACKING[case]
    outcome = judge(CORRECT["clean"].build(), document=reshaped(tmp_path, change))
    assert broken(outcome) == set()
    assert told in reasons(outcome)[rule]


def test_if_and_then_beside_the_fields_are_one_condition(tmp_path: Path) -> None:
    def conditional(tree: Tree) -> None:
        form(tree)["if"] = {"properties": {"seconds": {"const": "12"}}}
        form(tree)["then"] = {"required": ["model"]}

    pointers = [condition.pointer for condition in contract(tmp_path, conditional).form.conditions]
    assert [pointer.rpartition("/")[2] for pointer in pointers if pointer.endswith(("if", "then"))] == ["if"]


def test_a_header_that_a_server_lacks_is_no_breach_of_its_uniqueness() -> None:
    assert "response.headers.unique" not in broken(judge(CORRECT["no-ids-of-requests"].build()))
