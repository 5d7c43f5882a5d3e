"""YAML, read with more care than YAML asks for."""

from typing import Any

import yaml


class YAMLError(ValueError):
    """The text cannot be used. Its text is one line that says where and why."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses what is probably a slip: a repeated key, and a key to which a comma gave no value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, value in node.value:
            text = str(key.value)
            if text in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{text}' stands there twice", problem_mark=key.start_mark)
            seen.add(text)
            if node.flow_style and isinstance(value, yaml.ScalarNode) and value.value == "" and not value.style:
                problem = f"'{text}' has no value within {{…}}; a text with a comma needs quotes there"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def load_yaml(text: str) -> Any:
    """What ``text`` holds, as plain data; ``YAMLError`` if it is not YAML, or holds a slip."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YAMLError(f"not valid YAML: {where}{error.problem}") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise YAMLError(f"not valid YAML: {' '.join(str(error).split())}") from None


def dump_yaml(value: Any) -> str:
    """Plain data as YAML, keys in their order."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A safe dumper that writes a node out wherever it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
