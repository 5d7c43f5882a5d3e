"""Ready answers: the examples and the errors of the document, as they can be asked for by name or by status."""

from typing import Any

from mockserver.spec.compiler import limits_of
from mockserver.spec.document import Document, Operation
from mockserver.validation.checks import Violation
from mockserver.web.responses import ErrorSchema, Header, Response, answer, refusal, retry_after

UNAUTHORIZED: Header = (b"www-authenticate", b"Bearer")


class Examples:
    """Each operation's examples, and every error, as answers."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._error_schema = ErrorSchema(document)
        self._operations = {operation.id: operation for operation in document.operations}
        self._errors = {name: error for name, error in document.errors.items() if _is_public(document, name)}
        self._rules = {rule_id: rule.error for rule_id, rule in document.rules.items()}
        self._examples = {operation.id: self._examples_of(document, operation) for operation in document.operations}
        self._routes = [f"{operation.method} {operation.path}" for operation in document.operations]

    @property
    def operations(self) -> tuple[str, ...]:
        """The ids of the operations."""
        return tuple(self._operations)

    @property
    def errors(self) -> dict[str, int]:
        """The status of each error, by its name."""
        return {name: error.status for name, error in self._errors.items()}

    def examples(self, operation: str) -> tuple[str, ...]:
        """The names of the examples that the operation answers."""
        return tuple(self._examples[operation])

    def statuses(self, operation: str) -> list[str]:
        """Every status that can be asked for."""
        found = {made.status for made in self._examples[operation].values()}
        return [str(status) for status in sorted(found.union(self.errors.values()))]

    def named(self, operation: str, name: str) -> Response | None:
        """The example of that name, or the error."""
        example = self._examples[operation].get(name)
        return self.error(operation, name) if example is None and name in self._errors else example

    def of_status(self, operation: str, status: str) -> Response | None:
        """The first example that has the status, or the first error."""
        for made in self._examples[operation].values():
            if str(made.status) == status:
                return made
        named = (name for name, found in self.errors.items() if str(found) == status)
        return next((self.error(operation, name) for name in named), None)

    def error(self, operation: str, name: str, seconds: int | None = None) -> Response:
        """The error of that name; ``seconds``: when to come back, where that is not as the document says."""
        error = self._errors[name]
        wait = error.retry_after if seconds is None else seconds
        headers = () if wait is None else (retry_after(wait),)
        for examples in (self._examples[operation], *self._examples.values()):
            for example, made in examples.items():
                if self._rules.get(example) == name:
                    return Response(made.status, (*made.headers, *headers), made.body, made.rule)
        asked = self._operations[operation]
        words = {"method": asked.method, "path": asked.path, "allowed": [asked.method], "routes": self._routes}
        made = refusal(Violation(name, error, words), self._error_schema, limits_of(self._document))
        kept = tuple(header for header in made.headers if header[0] != b"retry-after")
        return Response(made.status, (*kept, *headers), made.body, name)

    def _examples_of(self, document: Document, operation: Operation) -> dict[str, Response]:
        found: dict[str, Response] = {}
        for status, node in operation.node.get("responses", {}).items():
            media = document.resolve(node).get("content", {}).get("application/json", {})
            for name, example in media.get("examples", {}).items():
                if str(status).isdecimal():
                    found[name] = self._answer(int(status), name, document.resolve(example).get("value"))
        return found

    def _answer(self, status: int, name: str, value: Any) -> Response:
        headers = (UNAUTHORIZED,) if status == 401 else ()
        return answer(status, value, *headers, rule=name if name in self._rules else "")


def _is_public(document: Document, name: str) -> bool:
    """Whether it is an error of the contract, none of the control interface."""
    return name in document.raw["x-errors"]
