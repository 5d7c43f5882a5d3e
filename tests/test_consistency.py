"""A document that contradicts itself is refused by both packages, with the same words."""

import re
from io import StringIO
from pathlib import Path

import pytest
import yaml

from contract_tests.errors import MisuseError
from contract_tests.spec.document import Document as KitDocument
from mockserver.cli import main
from mockserver.spec.document import DocumentError, default_path, read_document
from mockserver.spec.overlay import dialect_path
from tests.kit.vocabulary import command

TEXT = default_path().read_text("utf-8")

# What is edited, what it becomes, and what is told of it.
CONTRADICTIONS = {
    "default outside its enum": (
        "enum: ['4', '8', '12']\n          default: '4'",
        "enum: ['4', '8', '12']\n          default: '5'",
        "/seconds/default: the default '5' is none of the values allowed: '4', '8', '12'",
    ),
    "default of a parameter": (
        "enum: [desc, asc], default: desc",
        "enum: [desc, asc], default: new",
        "the default 'new'",
    ),
    "size that is none": (
        "enum: [720x1280, 1280x720,",
        "enum: [720x1280, large,",
        "/size/enum/1: 'large' is no size; allowed: WIDTHxHEIGHT",
    ),
    "size without an area": ("enum: [720x1280, 1280x720,", "enum: [720x1280, 0720x1280,", "'0720x1280' is no size"),
    "status of a success": (
        "kinds: [enum, const]\n    status: 400",
        "kinds: [enum, const]\n    status: 200",
        "#/x-errors/invalid_value/status: 200 is no status of an error; allowed: 400 to 599",
    ),
    "status beyond all": (
        "kinds: [repeated]\n    status: 400",
        "kinds: [repeated]\n    status: 600",
        "600 is no status",
    ),
    "reference to nowhere": (
        "schema: {$ref: '#/components/schemas/QueuedVideo'}",
        "schema: {$ref: '#/components/schemas/Nothing'}",
        "'#/components/schemas/Nothing' leads nowhere",
    ),
    "reference to a file": (
        "schema: {$ref: '#/components/schemas/QueuedVideo'}",
        "schema: {$ref: 'other.yaml'}",
        "'other.yaml' does not point into the document",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_contradiction_is_told_by_both_with_its_line(what: str, tmp_path: Path) -> None:
    old, new, reason = CONTRADICTIONS[what]
    assert TEXT.count(old) == 1
    file = tmp_path / "edited.yaml"
    file.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(DocumentError) as by_mock:
        read_document(file)
    with pytest.raises(MisuseError) as by_kit:
        KitDocument.load(file)
    told = str(by_mock.value)
    assert str(by_kit.value) == f"The document {file}: {told}."
    assert reason in told
    number = re.match(r"line (\d+): #/", told)
    assert number and any(part in file.read_text("utf-8").splitlines()[int(number[1]) - 1] for part in new.split("\n"))


def mock_command(*words: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    return main(words, {}, out, err), out.getvalue(), err.getvalue()


def test_validate_says_what_can_be_served_and_judged() -> None:
    assert mock_command("validate", str(default_path()))[::2] == (0, "")
    code, out, err = command("validate", str(default_path()), "--dialect", "sglang")
    assert (code, err, out.endswith(" rules can be judged\n")) == (0, "", True)


def test_validate_of_a_contradiction_is_misuse_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "edited.yaml"
    file.write_text(TEXT.replace("default: 720x1280", "default: 1x1"), "utf-8")
    for code, out, err in (mock_command("validate", str(file)), command("validate", str(file))):
        assert (code, out, err.count("\n"), f"{file}: line " in err, "the default '1x1'" in err) == (
            2,
            "",
            1,
            True,
            True,
        )


@pytest.mark.parametrize("words", [("document", "--nothing"), ("validate",), ("document", "--dialect", "azur")])
def test_misuse_of_a_command_is_one_line(words: tuple[str, ...]) -> None:
    code, out, err = mock_command(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_document_is_printed_with_its_dialect(form: str) -> None:
    code, out, _ = mock_command("document", "--dialect", "azure", "--format", form)
    assert (code, yaml.safe_load(out)) == (0, read_document(default_path(), [dialect_path("azure")]).raw)


def test_version_is_told() -> None:
    code, out, err = mock_command("--version")
    assert (code, out.startswith("mockserver "), err) == (0, True, "")


def test_validate_finds_what_serving_would_refuse(tmp_path: Path) -> None:
    file = tmp_path / "edited.yaml"
    file.write_text(TEXT.replace("x-template: video_{created_at:hex8}{random:hex40}", "x-template: video_1"), "utf-8")
    code, out, err = mock_command("validate", str(file))
    assert (code, out, err.count("\n"), f"{file}: " in err, "makes no ids" in err) == (2, "", 1, True, True)


def test_place_that_a_merge_key_brought_is_told_without_a_line(tmp_path: Path) -> None:
    file = tmp_path / "edited.yaml"
    old = "      required: [prompt, input_reference]\n      properties:\n"
    new = "      required: [prompt, input_reference]\n      properties:\n        <<: {tone: {enum: [a], default: b}}\n"
    assert TEXT.count(old) == 1
    file.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(DocumentError) as by_mock:
        read_document(file)
    with pytest.raises(MisuseError) as by_kit:
        KitDocument.load(file)
    assert str(by_mock.value).startswith("#/components/schemas/CreateVideo/properties/tone/default: ")
    assert str(by_kit.value) == f"The document {file}: {by_mock.value}."
