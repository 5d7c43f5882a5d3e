"""Mutants that break no rule, and why."""

from __future__ import annotations

_PACE = "no rule says how fast a job moves, or in which steps"
_WORDS = "only the words of a message are others"
_NO_RETRIEVAL = "the server has no retrieval then, which a server may lack"
_POLICY = "the reference server's own policies never come here, only those of a fault"

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
    "server.respond.bool.2": "the mutated server has no operations beyond those of the reference server",
    "server.retrieve.number.1": _PACE,
    "server.retrieve.number.3": _PACE,
    "server.retrieve.number.4": _PACE,
    "server.retrieve.statement.1": _PACE,
    "server.route.bool.2": _POLICY,
    "server.route.bool.3": "whether a path that ends in / is another path or names no video is left open, it is refused",
    "server.route.compare.1": _NO_RETRIEVAL,
    "server.route.text.2": _NO_RETRIEVAL,
    "server.route.text.3": _NO_RETRIEVAL,
}
