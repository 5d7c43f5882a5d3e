"""Dialects: each is read alike by mock and kit, played by the one and judged by the other."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.cases.contract import load
from contract_tests.errors import MisuseError, UnjudgeableError
from contract_tests.spec import overlay as kit
from contract_tests.spec.document import Document as KitDocument
from mockserver.app import create_app
from mockserver.cli import main
from mockserver.settings import Settings
from mockserver.spec.document import DocumentError, default_path, read_document
from mockserver.spec.overlay import OverlayError, apply_overlays, dialect_names, dialect_path
from tests.kit.vocabulary import TOKEN, broken, command, judge
from tests.mock.vocabulary import Mock

DOCUMENT = default_path()
NAMES = dialect_names()


def dialect(*names: str) -> tuple[Path, ...]:
    return tuple(map(dialect_path, names))


def mock(*names: str) -> Any:
    """The mock of a dialect, with one token, in this process."""
    return create_app(Settings(tokens=(TOKEN,), dialects=dialect(*names)))


def test_both_packages_know_the_same_dialects() -> None:
    assert NAMES == kit.names() != []


@pytest.mark.parametrize("name", NAMES)
def test_both_packages_read_a_dialect_alike(name: str) -> None:
    assert KitDocument.load(DOCUMENT, [kit.find(name)]).tree == read_document(DOCUMENT, dialect(name)).raw


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_of_a_dialect_stands_nowhere(name: str) -> None:
    assert list(read_document(DOCUMENT, dialect(name)).stale_rules()) == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_a_dialect_keep_its_own_schema(name: str) -> None:
    raw = read_document(DOCUMENT, dialect(name)).raw
    for example in ("QueuedVideo", "RenderingVideo", "CompletedVideo", "FailedVideo", "RemixedVideo"):
        schema = {"$ref": "#/components/schemas/Video", "components": raw["components"]}
        jsonschema_rs.validate(schema, raw["components"]["examples"][example]["value"])


@pytest.mark.parametrize("name", NAMES)
def test_mock_of_a_dialect_keeps_every_rule_of_it(name: str) -> None:
    assert broken(judge(mock(name), profile="standard", dialects=dialect(name))) == set()


@pytest.mark.parametrize("name", NAMES)
def test_mock_of_the_document_is_not_taken_for_a_dialect(name: str) -> None:
    # Where its paths are other ones, the mock of the document is no such server at all.
    is_elsewhere = urlsplit(read_document(DOCUMENT, dialect(name)).raw["servers"][0]["url"]).path != ""
    with pytest.raises(UnjudgeableError, match="404") if is_elsewhere else nullcontext():
        assert broken(judge(mock(), dialects=dialect(name))) != set()


DIFFERENCES = {
    "azure": {"path", "response.status-code"},
    "litellm": {"fields.unknown", "response.id.form", "path.only", "input_reference.matches-size", "list.order.error"},
    "new-api": {"seconds.enum", "size.enum", "response.id.form", "error.envelope"},
    "openai": {"response.keys", "response.expires_at"},
    "sglang": {"auth.required", "auth.key", "seconds.enum", "size.enum", "response.id.form", "error.envelope"},
    "vllm-omni": {"seconds.enum", "size.enum", "response.id.form", "input_reference.matches-size"},
}
"""Some of the document's rules that a dialect breaks, as its overlay says."""


@pytest.mark.parametrize("name", [name for name in DIFFERENCES if name not in ("azure", "openai")])
def test_document_finds_where_a_dialect_differs(name: str) -> None:
    assert broken(judge(mock(name))) >= DIFFERENCES[name]


def test_path_of_a_server_stands_before_every_path() -> None:
    azure = Mock(dialects=dialect("azure"))
    assert azure.send("GET", "/openai/v1/videos").status_code == 200
    assert azure.send("GET", "/v1/videos").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"api-key": "test-token", "authorization": None}, 200),
        ({"api-key": None}, 200),
        ({"api-key": "wrong", "authorization": None}, 401),
        ({"api-key": "", "authorization": None}, 401),
        ({"authorization": None}, 401),
    ],
)
def test_credential_is_taken_in_each_header_that_the_dialect_names(headers: dict[str, str], status: int) -> None:
    assert Mock(dialects=dialect("azure")).send("GET", "/openai/v1/videos", headers).status_code == status


def test_dialect_without_security_asks_for_no_credential() -> None:
    assert Mock(dialects=dialect("sglang")).send("GET", "/v1/videos", {"authorization": None}).status_code == 200


def test_operation_that_a_dialect_lacks_is_a_method_that_is_not_allowed() -> None:
    refused = Mock(dialects=dialect("litellm")).send("DELETE", "/videos/video_x")
    assert (refused.status_code, refused.headers["allow"], refused.json()["error"]["code"]) == (405, "GET, HEAD", "405")


def test_refusal_has_the_envelope_of_the_dialect() -> None:
    refused = Mock(dialects=dialect("sglang")).send("GET", "/v1/videos/unknown")
    assert refused.json() == {"detail": "Video with id 'unknown' not found."}
    refused = Mock(dialects=dialect("vllm-omni")).send("GET", "/v1/videos/unknown")
    assert refused.json()["error"]["code"] == 404


def test_remix_has_a_prompt_of_its_own() -> None:
    openai = Mock(dialects=dialect("openai"), pace="instant")
    video = openai.create(prompt="by day")
    openai.get(video["id"])
    made = openai.send("POST", f"/v1/videos/{video['id']}/remix", json={"prompt": "by night"}).json()
    assert (video["prompt"], made["prompt"], made["remixed_from_video_id"]) == ("by day", "by night", video["id"])


def test_document_that_is_played_is_served() -> None:
    azure = Mock(dialects=dialect("azure"))
    served = azure.send("GET", "/openapi.json", {"authorization": None})
    assert served.json() == azure.app.service.document.raw
    assert azure.send("GET", "/openapi.yaml").text.startswith("openapi: 3.1.0\n")


# What is wrong with an overlay, and what both packages say of it.
WRONG: dict[str, tuple[list[Any], str]] = {
    "matches nothing": ([{"target": "$.nowhere", "remove": True}], "target '$.nowhere' matches nothing"),
    "bad path": ([{"target": "$.[", "remove": True}], "target '$.[' is no JSONPath"),
    "unknown key": ([{"target": "$.info", "updat": {}}], "updat"),
    "two things": ([{"target": "$.info", "update": {}, "remove": True}], "exactly one of update, copy and remove"),
    "nothing": ([{"target": "$.info"}], "exactly one of update, copy and remove"),
    "object by a text": ([{"target": "$.info", "update": "x"}], "'x'"),
    "text by an object": ([{"target": "$.openapi", "update": {"a": 1}}], "{'a': 1}"),
    "whole document": ([{"target": "$", "remove": True}], "whole document"),
    "copy of nothing": ([{"target": "$.info", "copy": "$.nowhere"}], "copy '$.nowhere' matches nothing"),
    "no mapping": (["remove"], ""),
    "remove by a word": ([{"target": "$.info", "remove": "yes"}], ""),
    "copy of two": ([{"target": "$.info", "copy": "$.servers[0,0]"}], "selects 2 nodes"),
}


def written(folder: Path, actions: Sequence[Any], top: Mapping[str, Any] = {}) -> Path:
    file = folder / "mine.overlay.yaml"
    file.write_text(json.dumps({"overlay": "1.1.0", "info": {"title": "x", "version": "1"}, "actions": actions, **top}))
    return file


@pytest.mark.parametrize("what", WRONG)
def test_wrong_overlay_is_one_line_with_the_number_of_its_action(what: str, tmp_path: Path) -> None:
    actions, reason = WRONG[what]
    file = written(tmp_path, [{"target": "$.info", "update": {"title": "x"}}, *actions])
    with pytest.raises(DocumentError, match=r"mine\.overlay\.yaml: action 2: ") as by_mock:
        read_document(DOCUMENT, [file])
    with pytest.raises(MisuseError, match=r"mine\.overlay\.yaml: action 2: ") as by_kit:
        load(DOCUMENT, [file])
    for told in (str(by_mock.value), str(by_kit.value)):
        assert reason in told or (what.startswith(("object", "text")) and "update" in told)
        assert "\n" not in told


@pytest.mark.parametrize("top", [{"overlay": "2.0.0"}, {"actions": 5}, {"info": 5}, {"extra": 1}])
def test_wrong_top_of_an_overlay_is_one_line(top: dict[str, Any], tmp_path: Path) -> None:
    file = written(tmp_path, [], top)
    with pytest.raises(DocumentError, match=r"mine\.overlay.yaml: [^\n]+$"):
        read_document(DOCUMENT, [file])
    with pytest.raises(MisuseError, match=r"mine\.overlay.yaml: [^\n]+$"):
        load(DOCUMENT, [file])


@pytest.mark.parametrize("name", ["azur", "nobody"])
def test_name_that_is_no_dialect_is_refused_with_those_there_are(name: str) -> None:
    code, _, told = command("plan", "http://127.0.0.1:1", "--dialect", name)
    assert (code, "azure" in told, "'azur" in told or "nobody" in told) == (2, True, True)


def test_dialect_that_is_no_file_ends_the_mock_with_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "none.overlay.yaml"
    err = StringIO()
    code = main(["--port", "0", "--dialect", str(missing)], {}, StringIO(), err)
    told = err.getvalue()
    assert (code, told.count("\n")) == (2, 1)
    assert f"{missing}: No such file or directory" in told


def test_several_overlays_are_applied_in_order(tmp_path: Path) -> None:
    mine = written(tmp_path, [{"target": "$.servers[0]", "update": {"url": "http://127.0.0.1:8000/gateway"}}])
    made = Mock(dialects=(*dialect("azure"), mine))
    assert made.send("GET", "/gateway/v1/videos", {"api-key": "test-token", "authorization": None}).status_code == 200


def test_second_path_of_an_operation_is_served(tmp_path: Path) -> None:
    mine = written(tmp_path, [{"target": "$.paths", "update": {"/videos": {"$ref": "#/paths/~1v1~1videos"}}}])
    assert Mock(dialects=(mine,)).send("GET", "/videos").status_code == 200
    assert broken(judge(create_app(Settings(tokens=(TOKEN,), dialects=(mine,))), dialects=(mine,))) == set()


def test_overlay_that_is_no_mapping_is_one_line(tmp_path: Path) -> None:
    file = written(tmp_path, [])
    file.write_text("just a text", "utf-8")
    with pytest.raises(DocumentError, match=r"mine\.overlay\.yaml: [^\n]+$"):
        read_document(DOCUMENT, [file])
    with pytest.raises(MisuseError, match=r"mine\.overlay\.yaml: [^\n]+$"):
        load(DOCUMENT, [file])


def test_lists_grow_and_an_entry_is_appended() -> None:
    tree = {"a": {"b": [1]}, "c": [1]}
    actions = [
        {"target": "$", "update": {"a": {"b": [2, 3]}}},
        {"target": "$.c", "update": 2},
        {"target": "$.c", "update": [3]},
    ]
    grown = {"a": {"b": [1, 2, 3]}, "c": [1, 2, 3]}
    overlay = {"overlay": "1.0.0", "info": {}, "actions": actions}
    assert apply_overlays(tree, [("x", json.dumps(overlay))]) == grown == kit.overlaid(tree, [(Path("x"), overlay)])


# What no mock can serve though the overlay can be applied, and what is said of it.
UNSERVABLE = {
    "credential of another kind": (
        {"target": "$.components.securitySchemes.bearer", "update": {"type": "oauth2"}},
        "'bearer' is neither http bearer nor an apiKey in a header",
    ),
    "name of nothing": (
        {"target": "$.paths", "update": {"/videos": {"$ref": "#/components/schemas/Video"}}},
        "/videos: '#/components/schemas/Video' is no path of this document",
    ),
    "time after no time": (
        {"target": "$.components.schemas.Video.properties.size", "update": {"x-after": {"key": "model", "seconds": 1}}},
        "x-after of size: 'model' is no time of a video",
    ),
    "time after nothing": (
        {"target": "$.components.schemas.Video.properties.size", "update": {"x-after": {"key": "created_at"}}},
        "x-after of size: ",
    ),
    "reference to itself": (
        {"target": "$.components.schemas", "update": {"Video": {"$ref": "#/components/schemas/Video"}}},
        "'#/components/schemas/Video' leads back to itself",
    ),
}


@pytest.mark.parametrize("what", UNSERVABLE)
def test_document_that_cannot_be_served_is_refused_with_its_reason(what: str, tmp_path: Path) -> None:
    action, reason = UNSERVABLE[what]
    with pytest.raises(DocumentError) as refused:
        Mock(dialects=(written(tmp_path, [action]),))
    assert reason in str(refused.value)


def test_failed_job_has_the_keys_of_the_dialect_alone() -> None:
    sglang = Mock(dialects=dialect("sglang"), pace="instant")
    sglang.ask("fail=moderation_blocked")
    assert sglang.get(sglang.create()["id"]).json()["error"].keys() == {"message"}


def test_key_that_says_nothing_is_left_out_where_it_cannot_be_null(tmp_path: Path) -> None:
    video = "$.components.schemas.Video"
    actions = [
        {"target": f"{video}.required[?@ == 'remixed_from_video_id']", "remove": True},
        {"target": f"{video}.properties.remixed_from_video_id.type", "remove": True},
        {"target": f"{video}.properties.remixed_from_video_id", "update": {"type": "string"}},
        {"target": "$.components.schemas.QueuedVideo.allOf[1].properties.remixed_from_video_id", "remove": True},
    ]
    assert "remixed_from_video_id" not in Mock(dialects=(written(tmp_path, actions),)).create()


def test_constant_of_the_envelope_is_in_every_error(tmp_path: Path) -> None:
    error = "$.components.schemas.Error.properties"
    file = written(tmp_path, [{"target": error, "update": {"data": {"type": "null"}, "ok": {"const": False}}}])
    body = Mock(dialects=(file,)).send("GET", "/v1/videos/unknown").json()
    assert (body["data"], body["ok"]) == (None, False)


KEYS = st.sampled_from("abc")
TREES = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=9,
)
ACTIONS = st.lists(
    st.fixed_dictionaries(
        {"target": st.sampled_from(["$.a", "$.b", "$.a.b", "$..c", "$.a[0]", "$.*", "$.a[*]", "$"])}
    ).flatmap(
        lambda base: st.one_of(
            st.just({**base, "remove": True}),
            TREES.map(lambda tree: {**base, "update": tree}),
            st.just({**base, "copy": "$.b"}),
        )
    ),
    min_size=1,
    max_size=3,
)


@given(st.dictionaries(KEYS, TREES, max_size=3), ACTIONS)
def test_both_readers_make_the_same_of_any_overlay(tree: dict[str, Any], actions: list[dict[str, Any]]) -> None:
    overlay = {"overlay": "1.1.0", "info": {}, "actions": actions}
    results: list[Any] = []
    for apply in (
        lambda: apply_overlays(tree, [("x", json.dumps(overlay))]),
        lambda: kit.overlaid(tree, [(Path("x"), overlay)]),
    ):
        try:
            results.append(apply())
        except (OverlayError, MisuseError) as error:
            results.append(str(error).partition("action ")[2][:1])
    assert results[0] == results[1]
