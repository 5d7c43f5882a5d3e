"""The contract document: read, checked for what the kit needs, and looked into by JSON pointer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from contract_tests.errors import MisuseError
from contract_tests.spec.consistency import contradiction
from contract_tests.spec.overlay import overlaid
from contract_tests.spec.pointer import escape, find
from contract_tests.spec.structure import METHODS, misshapen


def default_path() -> Path:
    """Where the document lies: in a folder beside the package when installed, at the root in a checkout."""
    root = Path(__file__).parents[2]
    shipped = root / "videos_mock_kit" / "openapi.yaml"
    return shipped if shipped.exists() else root / "openapi.yaml"


def read(path: Path) -> bytes:
    """The bytes of the file. Raises MisuseError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise MisuseError(f"The document {path} cannot be read: {error.strerror or error}.") from error


#: The document, then each overlay: path and text.
Files = tuple[tuple[Path, bytes], ...]
#: The tag of operations beyond the source document.
EXTENSIONS = "Extensions"


@dataclass(frozen=True)
class Operation:
    """One method of one path of the document, and where it stands."""

    path: str
    method: str
    pointer: str
    node: dict[str, Any]

    @property
    def extension(self) -> bool:
        """Whether it goes beyond the source document, so that a server may lack it."""
        return EXTENSIONS in self.node.get("tags", ())


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a repeated key, and a key of a flow mapping without a value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise yaml.YAMLError(f"line {line}: the key '{name}' stands there twice")
            seen.add(name)
            empty = isinstance(value, yaml.ScalarNode) and value.value == "" and not value.style
            if node.flow_style and empty:
                raise yaml.YAMLError(f"line {line}: '{name}' has no value; a text with a comma needs quotes there")
        return dict(super().construct_mapping(node, deep=deep))


class Document:
    """An OpenAPI 3.1 document with the `x-` keywords that its own description explains.

    `files`: it and its overlays, as they were read.
    """

    def __init__(
        self, tree: dict[str, Any], *, digest: str = "", source: str = "openapi.yaml", files: Files = ()
    ) -> None:
        self.tree = tree
        self.files = files
        self.digest = digest
        self.source = source
        self._known: dict[str, Any] = {}

    @classmethod
    def load(cls, path: Path, dialects: Sequence[Path] = ()) -> Document:
        """Read the file at `path`, with overlays. Raises MisuseError, one line naming the file and what is wrong."""
        return cls.parse(read(path), path, [(one, read(one)) for one in dialects])

    @classmethod
    def parse(cls, raw: bytes, path: Path, dialects: Sequence[tuple[Path, bytes]] = ()) -> Document:
        """The document of these bytes of the file at `path`, with overlays. Raises MisuseError as `load` does."""
        tree = _parsed(raw, path)
        if dialects:
            tree = overlaid(tree, [(one, _parsed(text, one)) for one, text in dialects])
        digest = hashlib.sha256(b"\0".join([raw, *(text for _, text in dialects)])).hexdigest()
        document = cls(
            tree,
            digest=digest,
            source=" + ".join(str(one) for one in [path, *(one for one, _ in dialects)]),
            files=((path, raw), *dialects),
        )
        document.require(None if dialects else raw)
        return document

    @cached_property
    def text(self) -> str:
        """All of it as one text, to look words up in."""
        return json.dumps(self.tree, ensure_ascii=False, default=str)

    def require(self, raw: bytes | None = None) -> None:
        """Check that everything is there that the kit reads. Raises MisuseError naming the first thing missing.

        `raw`: the YAML of it, for the number of a line.
        """
        if not isinstance(self.tree, dict) or not str(self.tree.get("openapi", "")).startswith("3.1"):
            raise MisuseError(f"The document {self.source} is no OpenAPI 3.1 document: 'openapi: 3.1.x' is missing.")
        fault = misshapen(self.tree)
        if fault is not None:
            raise MisuseError(f"The document {self.source} is no contract, {fault}.")
        found = contradiction(self.tree, raw)
        if found is not None:
            raise MisuseError(f"The document {self.source}: {found}.")
        for rule, entry in self.tree["x-rules"].items():
            error = entry.get("error")
            if error is not None and error not in self.tree["x-errors"]:
                raise MisuseError(f"The document {self.source}: rule '{rule}' earns '{error}', which no x-errors has.")
        if not any(not operation.extension and "requestBody" in operation.node for operation in self.operations()):
            raise MisuseError(f"The document {self.source} has no operation with a request body to test.")

    def at(self, pointer: str) -> Any:
        """The node at a JSON pointer (RFC 6901, as a URI fragment). Raises KeyError where there is none."""
        # A run asks for the same few nodes ten thousand times.
        if pointer not in self._known:
            self._known[pointer] = find(self.tree, pointer)
        return self._known[pointer]

    def has(self, pointer: str) -> bool:
        """Whether there is a node at the pointer."""
        try:
            self.at(pointer)
        except KeyError:
            return False
        return True

    def follow(self, pointer: str) -> str:
        """The pointer of the node itself, where the one given leads to a `$ref`."""
        node = self.at(pointer)
        while isinstance(node, dict) and "$ref" in node:
            pointer = node["$ref"]
            node = self.at(pointer)
        return pointer

    def resolve(self, pointer: str) -> Any:
        """The node at the pointer, through any `$ref`."""
        return self.at(self.follow(pointer))

    def operations(self) -> list[Operation]:
        """Every operation, in the order of the document."""
        return self._operations

    @cached_property
    def _prefixes(self) -> list[str]:
        """The paths of the servers, without a slash at the end: what every path of the document begins with."""
        return [urlsplit(str(one.get("url", ""))).path.rstrip("/") for one in self.tree.get("servers") or [{}]]

    @property
    def paths(self) -> set[str]:
        """Every path that something is served at, other names of an operation too."""
        return {prefix + path for prefix in self._prefixes for path in self.tree["paths"]}

    @cached_property
    def _operations(self) -> list[Operation]:
        return [
            Operation(self._prefixes[0] + path, method, f"#/paths/{escape(path)}/{method}", item[method])
            for path, item in self.tree["paths"].items()
            for method in METHODS
            if method in item
        ]


def _parsed(raw: bytes, path: Path) -> Any:
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506  a subclass of the safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise MisuseError(f"The document {path} is no YAML: {reason}") from error
