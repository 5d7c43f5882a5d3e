"""Mutants that break no rule, and why."""

from __future__ import annotations

_PACE = "no rule says how fast a job moves, or in which steps"
_WORDS = "only the words of a message are others"
_NO_RETRIEVAL = "the server has no retrieval then, which a server may lack"
_POLICY = "the reference server's own policies never come here, only those of a fault"

_NAME = "it is a name for the policies of faults, which the reference server does not look at"
_NOTED = "a retrieval has noted the completion before"
_NO_OPERATION = "the server has no such operation then, which a server may lack"
_ALIKE = "a file is made alike whatever status and progress are told beside it"
_UNTOLD = "no rule asks for the header accept-ranges"

EQUIVALENT: dict[str, str] = {
    "checks.__init__.statement.1": "the text of the exception itself is not sent",
    "checks.check_auth.bool.3": "an empty token is refused all the same, as an unknown one",
    "checks.check_auth.bool.4": "a token with a space is refused all the same, as an unknown one",
    "checks.check_choice.statement.1": _POLICY,
    "checks.check_image.if.2": _POLICY,
    "checks.check_image.statement.1": _WORDS,
    "checks.check_pro.compare.3": _WORDS,
    "server.Job.number.1": _PACE,
    "server.Behaviour.flip.1": _NO_RETRIEVAL,
    "server.create.flip.1": "no rule asks a creation to say when to ask again, only a retrieval",
    "server.module.number.1": _PACE,
    "server.module.number.3": _PACE,
    "server.module.number.4": _PACE,
    "server.module.number.5": _PACE,
    "server.module.number.6": _PACE,
    "server.retrieve.number.1": _PACE,
    "server.retrieve.number.3": _PACE,
    "server.retrieve.number.4": _PACE,
    "server.retrieve.statement.1": _PACE,
    "server.route.bool.2": _POLICY,
    "server.route.bool.3": "whether a path that ends in / is another path or names no video is left open, it is refused",
    "server.route.compare.1": _NO_RETRIEVAL,
    "server.route.text.2": _NO_RETRIEVAL,
    "server.route.text.3": _NO_RETRIEVAL,
    "library.state.number.2": _PACE,
    **dict.fromkeys(
        (
            "library.state.if.2",
            "library.state.number.7",
            "library.state.number.8",
            "library.state.text.1",
            "library.state.text.2",
        ),
        _NOTED,
    ),
    "library.Library.item.4": "no job of the reference server fails",
    "library.serve.if.2": "what it lets through is found nowhere all the same",
    **dict.fromkeys((f"library.serve.text.{n}" for n in (9, 10, 15, 16, 25, 26, 27, 28)), _NAME),
    **dict.fromkeys(
        (
            f"library.{name}.text.{n}"
            for name, n in (("delete", 1), ("delete", 2), ("content", 3), ("content", 4), ("remix", 1), ("remix", 2))
        ),
        _NAME,
    ),
    **dict.fromkeys(("library.delete.if.2", "library.content.if.2", "library.remix.if.2"), _POLICY),
    **dict.fromkeys(("library.delete.return.1", "library.content.return.1", "library.remix.return.1"), _POLICY),
    **dict.fromkeys((f"library.serve.text.{n}" for n in (2, 11, 12)), _NO_OPERATION),
    **dict.fromkeys(
        ("library.serve.key.1", "library.serve.compare.2", "library.serve.return.1", "library._named.return.1"),
        _NO_OPERATION,
    ),
    "library._run.number.2": "no rule says which value of a repeated parameter counts",
    **dict.fromkeys((f"library.content.{n}" for n in ("text.5", "text.6", "number.7", "number.8")), _ALIKE),
    **dict.fromkeys(("library.content.key.2", "library.content.text.11", "library.content.text.12"), _UNTOLD),
    "library.serve.bool.1": "what it lets through is found nowhere all the same",
    "library.serve.if.1": _NO_OPERATION,
    "library.serve.if.4": _NO_OPERATION,
    "library.serve.if.6": _NO_OPERATION,
    "library.serve.bool.4": _NO_OPERATION,
    "library.serve.text.5": _NO_OPERATION,
    "library.serve.key.3": _NO_OPERATION,
    "library.serve.compare.1": _NO_OPERATION,
    "library.serve.return.2": _NO_OPERATION,
    "library._run.return.1": _NO_OPERATION,
    "library._named.return.2": "what it leaves to the reference server is refused there all the same",
    "library._find.bool.3": _POLICY,
    "library.remix.flip.1": "no rule asks a creation to say when to ask again, only a retrieval",
    "library.state.number.3": _PACE,
    "library.state.compare.2": _NOTED,
    "library.state.statement.1": _NOTED,
    "library.Library.text.11": "no job of the reference server fails",
    "library.Library.text.12": "no job of the reference server fails",
}
