"""The changes that are made to a syntax tree, one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

# The way from the root of a tree to one node: fields, and indices in those that are lists.
OperationAddress = tuple[tuple[str, int | None], ...]
# The kind of the change, what it is, and the new node.
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
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
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


def points(
    node: ast.AST, path: OperationAddress = (), place: str = "module"
) -> Iterator[tuple[str, OperationAddress, Variant]]:
    """Every change that can be made: where (the function or class), at which path from the root, and what."""
    for variant in _variants(node):
        yield place, path, variant
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_for_people(child):
                inner = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else place
                yield from points(child, (*path, (name, at)), inner)
