"""The tables of README and docs/, generated from code and document: ``python -m tests.documentation`` updates them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.options import OPTIONS as KIT_OPTIONS
from mockserver.control.metrics import TOLD
from mockserver.scenarios.catalogue import COMMON, SCENARIOS, Parameter
from mockserver.settings import OPTIONS
from mockserver.spec.document import default_path, read_document
from mockserver.spec.overlay import dialect_names, dialect_path
from tests.mock.vocabulary import CONTROL_DOCUMENT, DOCUMENT

README = Path(__file__).parents[1] / "README.md"
DOCS = README.parent / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]


def options_table() -> str:
    """One row an option."""
    rows = ["| option | variable | default | what it does |", "|---|---|---|---|"]
    rows += [
        f"| `{f'{option.flag} {option.metavar}'.strip()}` | `{option.variable}` | {option.default} | {option.help} |"
        for option in OPTIONS
    ]
    return "\n".join(rows)


def rules_table() -> str:
    """One row a rule."""
    rows = ["| rule | what it says | source | answer |", "|---|---|---|---|"]
    for rule_id, rule in DOCUMENT["x-rules"].items():
        error = DOCUMENT["x-errors"].get(rule.get("error"))
        answer = f"{error['status']} {error['code'] or ''}".strip() if error else ""
        rows.append(f"| `{rule_id}` | {rule['says']} | {rule['source']}: {rule['from']} | {answer} |")
    return "\n".join(rows)


def kit_options_table() -> str:
    """One row an option of ``contract-tests``, with the commands that take it."""
    rows = ["| option | variable | of | default | what it does |", "|---|---|---|---|---|"]
    for option in KIT_OPTIONS:
        flag = f"{option.flag} {option.metavar}".strip()
        cells = (
            f"`{flag}`",
            f"`{option.environment_variable}`",
            ", ".join(option.commands),
            option.default,
            option.help,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def scenarios_table() -> str:
    """One row a scenario with its parameters, and one for those that all have."""
    rows = ["| scenario | what it does | parameters |", "|---|---|---|"]
    for scenario in SCENARIOS:
        value = f"={scenario.value.upper()}" if scenario.value else ""
        told = "; ".join(map(_parameter, scenario.parameters))
        rows.append(f"| `{scenario.name}{value}` | {scenario.says} | {told} |")
    return "\n".join([*rows, f"| any of them | | {'; '.join(map(_parameter, COMMON))} |"])


def _parameter(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f", by default {parameter.default:g}"
    return f"`{parameter.name}`: {parameter.says}, {parameter.allowed}{default}"


def control_table() -> str:
    """One row an operation of the control interface, with its query or the fields of its JSON."""
    rows = ["| request | what it does | takes |", "|---|---|---|"]
    for path, item in CONTROL_DOCUMENT["paths"].items():
        for method, node in item.items():
            takes = ", ".join(f"`{name}`" for name in _taken(node))
            rows.append(f"| `{method.upper()} {path}` | {node['summary']} | {takes} |")
    return "\n".join(rows)


def metrics_table() -> str:
    """One row a metric."""
    return "\n".join(
        ["| metric | what it says |", "|---|---|", *(f"| `{name}` | {says} |" for name, says in TOLD.items())]
    )


def dialects_table() -> str:
    """One column a dialect, one row a point on which they differ."""
    documents = {"the document": DOCUMENT} | {
        name: read_document(default_path(), (dialect_path(name),)).raw for name in dialect_names()
    }
    rows = [f"| | {' | '.join(documents)} |", f"|---|{'---|' * len(documents)}"]
    for point, say in DIALECT_POINTS.items():
        rows.append(f"| {point} | {' | '.join(say(raw) for raw in documents.values())} |")
    return "\n".join(rows)


def dialect_sources() -> str:
    """The comment at the head of each overlay."""
    told = []
    for name in dialect_names():
        text = dialect_path(name).read_text("utf-8").partition("\noverlay:")[0]
        told.append(f"### {name}\n\n" + "\n".join(line.removeprefix("#").strip() for line in text.splitlines()))
    return "\n\n".join(told)


def _form(raw: dict[str, Any]) -> dict[str, Any]:
    return dict(raw["components"]["schemas"]["CreateVideo"])


def _values(raw: dict[str, Any], name: str) -> str:
    node = _form(raw)["properties"][name]
    return ", ".join(node["enum"]) if "enum" in node else f"`{node['pattern']}`" if "pattern" in node else "any"


def _credential(raw: dict[str, Any]) -> str:
    schemes = [raw["components"]["securitySchemes"][name] for one in raw.get("security", ()) for name in one]
    return " or ".join("bearer" if one["type"] == "http" else f"`{one['name']}`" for one in schemes) or "none"


def _expiry(raw: dict[str, Any]) -> str:
    after = raw["components"]["schemas"]["Video"]["properties"]["expires_at"].get("x-after")
    return f"{after['key']} + {after['seconds']}" if after else "null"


def _error(node: dict[str, Any], name: str = "") -> str:
    if "properties" not in node:
        return str(node.get("x-error", name))
    return "{" + ", ".join(f"{key}: {_error(child, key)}" for key, child in node["properties"].items()) + "}"


DIALECT_POINTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "base path": lambda raw: f"`{urlsplit(raw['servers'][0]['url']).path or '/'}`",
    "credential": _credential,
    "operations": lambda raw: ", ".join(
        node["operationId"] for item in raw["paths"].values() for node in item.values() if "operationId" in node
    ),
    "bodies of a creation": lambda raw: ", ".join(
        next(o for i in raw["paths"].values() for o in i.values() if o.get("operationId") == "createVideo")[
            "requestBody"
        ]["content"]
    ),
    "required": lambda raw: ", ".join(_form(raw)["required"]),
    "model": lambda raw: _values(raw, "model"),
    "seconds": lambda raw: _values(raw, "seconds"),
    "size": lambda raw: _values(raw, "size"),
    "picture of another size": lambda raw: (
        "refused" if "x-dimensions-match" in _form(raw)["properties"]["input_reference"] else "taken"
    ),
    "id": lambda raw: f"`{raw['components']['schemas']['Video']['properties']['id']['x-template']}`",
    "`expires_at`": _expiry,
    "keys of a video": lambda raw: str(len(raw["components"]["schemas"]["Video"]["properties"])),
    "error": lambda raw: f"`{_error(raw['components']['schemas']['Error'])}`",
    "status of a wrong value": lambda raw: str(raw["x-errors"]["invalid_value"]["status"]),
}


def _taken(node: dict[str, Any]) -> list[str]:
    if "requestBody" in node:
        reference = node["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        return list(CONTROL_DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]["properties"])
    return [parameter["name"] for parameter in node.get("parameters", ()) if parameter.get("in") == "query"]


TABLES = {
    "options": options_table,
    "scenarios": scenarios_table,
    "control": control_table,
    "metrics": metrics_table,
    "rules": rules_table,
    "kit options": kit_options_table,
    "dialects": dialects_table,
    "dialect sources": dialect_sources,
}


def block(kind: str, name: str, page: Path = README) -> str:
    """The fenced block below ``<!-- kind: name -->`` of the README, or of another page."""
    found = re.search(rf"<!-- {kind}: {name} -->\n```\w*\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert found, f"{page.name} has no {kind}: {name}"
    return found[1]


def with_tables(text: str) -> str:
    """``text`` with the tables that it has as they are today."""

    def current(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n{TABLES[found[1]]()}\n<!-- /table -->"

    return re.sub(r"<!-- table: ([^>]+) -->\n.*?<!-- /table -->", current, text, flags=re.DOTALL)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(with_tables(path.read_text("utf-8")), "utf-8")
