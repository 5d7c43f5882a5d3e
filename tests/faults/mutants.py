"""Generic mutants of the reference server: one small change each, made in its syntax tree.

Mutated are the two modules that hold the contract, `checks` and `server`; reading HTTP, forms and pictures is not.
What people read (strings with a space in them) is left alone: no rule says how an error is worded.
"""

from __future__ import annotations

import ast
import copy
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from . import checks, form, picture, server, wire, words
from .equivalent import EQUIVALENT
from .wire import ASGIApp, Message, Receive, Send

Path_ = tuple[tuple[str, int | None], ...]
__all__ = ["EQUIVALENT", "Mutant", "mutants"]

Variant = tuple[str, str, ast.AST]

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Pow: ast.Mult,
}


_SOURCES = {name: Path(module.__file__ or "").read_text() for name, module in (("checks", checks), ("server", server))}
_SERVER = compile(_SOURCES["server"], "<server>", "exec")


@dataclass(frozen=True)
class Mutant:
    """The reference server with one change; `id` stays the same while the function around it does."""

    id: str
    says: str
    build: Callable[[], ASGIApp]


def _edited(node: ast.AST, **fields: object) -> Any:
    new = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _of_constant(node: ast.Constant) -> Iterator[Variant]:
    value = node.value
    if isinstance(value, bool):
        yield "flip", f"{value} is {not value}", _edited(node, value=not value)
    elif isinstance(value, int):
        for other in (value + 1, value - 1):
            yield "number", f"{value} is {other}", _edited(node, value=other)
    elif isinstance(value, str) and value and " " not in value:
        yield "text", f"{value!r} is empty", _edited(node, value="")
        yield "text", f"{value!r} has an x behind it", _edited(node, value=f"{value}x")


def _of_operator(node: ast.AST) -> Iterator[Variant]:
    text = ast.unparse(node)
    match node:
        case ast.Compare(ops=[only]):
            for other in _COMPARED[type(only)]:
                yield "compare", f"{text} is compared by {other.__name__}", _edited(node, ops=[other()])
        case ast.BoolOp(op=op):
            other_op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "bool", f"and, or are exchanged in {text}", _edited(node, op=other_op)
            for at in range(len(node.values)):
                rest = node.values[:at] + node.values[at + 1 :]
                yield "bool", f"{ast.unparse(node.values[at])} is left out of {text}", _edited(node, values=rest)
        case ast.UnaryOp(op=ast.Not()):
            yield "not", f"{text} is not negated", node.operand
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            yield "compute", f"{text} is computed otherwise", _edited(node, op=_COMPUTED[type(op)]())
        case ast.IfExp():
            yield "choice", f"the branches of {text} are exchanged", _edited(node, body=node.orelse, orelse=node.body)


def _of_container(node: ast.AST) -> Iterator[Variant]:
    match node:
        case ast.Dict(keys=keys) if len(keys) > 1:
            for at, key in enumerate(keys):
                fewer = _edited(node, keys=keys[:at] + keys[at + 1 :], values=node.values[:at] + node.values[at + 1 :])
                yield "key", f"the key {ast.unparse(key) if key else '**'} is dropped", fewer
        case ast.Tuple(elts=elements, ctx=ast.Load()) if all(isinstance(item, ast.Constant) for item in elements):
            for at, item in enumerate(elements):
                yield "item", f"{ast.unparse(item)} is dropped", _edited(node, elts=elements[:at] + elements[at + 1 :])


def _variants(node: ast.AST) -> Iterator[Variant]:
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    else:
        yield from _of_operator(node)
        yield from _of_container(node)


def _of_statement(node: ast.stmt) -> Iterator[Variant]:
    text = ast.unparse(node).partition("\n")[0]
    match node:
        case ast.If():
            for value in (True, False):
                yield "if", f"{text} is always {value}", _edited(node, test=ast.Constant(value))
        case ast.Raise():
            yield "raise", f"{text} is left out", ast.Pass()
        case ast.Return(value=ast.expr()):
            yield "return", f"{text} returns None", _edited(node, value=ast.Constant(None))
        case ast.Expr() | ast.AugAssign():
            yield "statement", f"{text} is left out", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement", f"{text} is left out", ast.Pass()


def _is_for_people(node: ast.AST) -> bool:
    """A docstring, an annotation, or a message."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and " " in str(part.value) for part in node.values)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _points(node: ast.AST, path: Path_ = (), place: str = "module") -> Iterator[tuple[str, Path_, Variant]]:
    """Every change that can be made: where (the function or class), at which path from the root, and what."""
    for variant in _variants(node):
        yield place, path, variant
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_for_people(child):
                inner = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else place
                yield from _points(child, (*path, (name, at)), inner)


@contextmanager
def _changed(tree: ast.Module, path: Path_, new: ast.AST) -> Iterator[ast.Module]:
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


def _load(package: str, codes: dict[str, CodeType]) -> ModuleType:
    """The module `server` of this code, in a package of its own that shares with the catalogue what is not mutated."""
    shared = [wire, form, picture, words] + ([] if "checks" in codes else [checks])
    modules = {package: ModuleType(package)}
    modules |= {f"{package}.{module.__name__.rpartition('.')[2]}": module for module in shared}
    modules |= {f"{package}.{name}": ModuleType(f"{package}.{name}") for name in codes}
    sys.modules.update(modules)
    try:
        for name, code in codes.items():
            module = modules[f"{package}.{name}"]
            module.__package__ = package
            exec(code, module.__dict__)  # noqa: S102 - the code is our own
        return modules[f"{package}.server"]
    finally:
        for name in modules:
            del sys.modules[name]


def _module(name: str, trees: dict[str, ast.Module], path: Path_, new: ast.AST) -> ModuleType:
    """The module `server` with that change in the module of that name."""
    with _changed(trees[name], path, new) as tree:
        code = compile(tree, f"<mutant {name}>", "exec")
    if name == "server":
        return _load("mutant", {"server": code})
    return _load("mutant", {name: code, "server": _SERVER})


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


def mutants(seed: int = 0) -> Iterator[Mutant]:
    """All mutants that can be built, in an order that `seed` decides, so that the first n are a fair sample."""
    trees = {name: ast.parse(source) for name, source in _SOURCES.items()}
    points = [(name, *point) for name, tree in trees.items() for point in _points(tree)]
    count: Counter[str] = Counter()
    named = []
    for name, place, path, variant in points:
        kind = f"{name}.{place}.{variant[0]}"
        count[kind] += 1
        named.append((f"{kind}.{count[kind]}", name, path, variant))
    random.Random(seed).shuffle(named)  # noqa: S311 - an order, no secret
    for identity, name, path, (_, says, new) in named:
        try:
            module = _module(name, trees, path, new)
            module.app()
        except Exception:  # noqa: BLE001, S112 - what cannot be built is no mutant
            continue

        def build(module: ModuleType = module) -> ASGIApp:
            return guarded(module.app())

        yield Mutant(identity, says, build)
