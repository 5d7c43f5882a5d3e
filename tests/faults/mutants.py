"""Generic mutants of the reference server: one small change each, made in its syntax tree.

Mutated are the three modules that hold the contract, `checks`, `server` and `library`; reading HTTP, forms and pictures
is not, nor is the making of files. What people read (strings with a space in them) is left alone: no rule says how an
error is worded.
"""

from __future__ import annotations

import ast
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from . import checks, film, form, library, picture, server, wire, words
from .changes import OperationAddress, Variant, points
from .equivalent import EQUIVALENT
from .wire import ASGIApp, Message, Receive, Send

__all__ = ["EQUIVALENT", "Mutant", "changes", "mutants"]


_MUTATED = (checks, server, library)
_SHARED = (wire, form, picture, words, film)


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


_SOURCES = {_name(module): Path(module.__file__ or "").read_text() for module in _MUTATED}
_SERVER = compile(_SOURCES["server"], "<server>", "exec")


@dataclass(frozen=True)
class Mutant:
    """The reference server with one change; `id` stays the same while the function around it does."""

    id: str
    says: str
    build: Callable[[], ASGIApp]


@contextmanager
def _changed(tree: ast.Module, path: OperationAddress, new: ast.AST) -> Iterator[ast.Module]:
    """The tree with the node at `path` replaced, until the block ends."""
    node: Any = tree
    for name, at in path[:-1]:
        node = getattr(node, name) if at is None else getattr(node, name)[at]
    name, at = path[-1]
    holder, key = (vars(node), name) if at is None else (getattr(node, name), at)
    old = holder[key]
    holder[key] = ast.fix_missing_locations(ast.copy_location(new, old))
    try:
        yield tree
    finally:
        holder[key] = old


def _load(codes: dict[str, CodeType]) -> Callable[[], ASGIApp]:
    """How to build a server of this code, in a package of its own that shares with the catalogue what is not mutated.

    A mutated library has the operations that it serves; else there are none, for it hides what the server answers itself.
    """
    package = "mutant"
    shared = [*_SHARED, *(module for module in _MUTATED if _name(module) not in codes)]
    modules = {package: ModuleType(package)}
    modules |= {f"{package}.{_name(module)}": module for module in shared}
    modules |= {f"{package}.{name}": ModuleType(f"{package}.{name}") for name in codes}
    sys.modules.update(modules)
    try:
        for name, code in codes.items():
            module = modules[f"{package}.{name}"]
            module.__package__ = package
            exec(code, module.__dict__)  # noqa: S102 - the code is our own
    finally:
        for name in modules:
            del sys.modules[name]
    serving, kept = modules[f"{package}.server"], modules[f"{package}.library"]
    behaviour = replace(serving.CLEAN, beyond=kept.LIBRARY.serve) if "library" in codes else serving.CLEAN
    return lambda: guarded(serving.app(behaviour))


def _built(name: str, trees: dict[str, ast.Module], path: OperationAddress, new: ast.AST) -> Callable[[], ASGIApp]:
    """How to build the server with that change in the module of that name; the server has the checks of its own package."""
    with _changed(trees[name], path, new) as tree:
        code = compile(tree, f"<mutant {name}>", "exec")
    return _load({name: code, "server": _SERVER} if name == "checks" else {name: code})


def guarded(app: ASGIApp) -> ASGIApp:
    """The same application; what it raises is answered 500, as a server over a socket would."""

    async def safe(scope: Message, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, watched)
        except Exception:  # noqa: BLE001 - a mutant may raise anything
            if not begun:
                await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return safe


Change = tuple[str, str, OperationAddress, Variant]


def changes() -> list[Change]:
    """Every change there is: its id, the module, the path in its tree, and the new node."""
    count: Counter[str] = Counter()
    found = []
    for name, source in _SOURCES.items():
        for place, path, variant in points(ast.parse(source)):
            kind = f"{name}.{place}.{variant[0]}"
            count[kind] += 1
            found.append((f"{kind}.{count[kind]}", name, path, variant))
    return found


def mutants(seed: int = 0) -> Iterator[Mutant]:
    """All mutants that can be built, in an order that `seed` decides, so that the first n are a fair sample."""
    trees = {name: ast.parse(source) for name, source in _SOURCES.items()}
    order = changes()
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    for identity, name, path, (_, says, new) in order:
        try:
            build = _built(name, trees, path, new)
            build()
        except Exception:  # noqa: BLE001, S112 - what cannot be built is no mutant
            continue
        yield Mutant(identity, says, build)
