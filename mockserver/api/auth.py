"""Who may ask: the credential of a request."""

import re
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest

from mockserver.spec.document import SecurityScheme
from mockserver.validation.checks import MessageValues

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_BARE = re.compile(r"(\S+)")


class Tokens:
    """The tokens that are accepted; where there are none, any token is. ``schemes``: the ways to send one."""

    def __init__(self, tokens: tuple[str, ...], schemes: tuple[SecurityScheme, ...]) -> None:
        self._tokens = tuple(token.encode() for token in tokens)
        self.schemes = schemes

    @property
    def are_any(self) -> bool:
        """Whether any token is accepted."""
        return not self._tokens

    def authenticate(self, header: Callable[[bytes], str | None]) -> str | tuple[str, MessageValues]:
        """Who asks; or the id of the rule that the credential breaks, with words for its message.

        ``header`` gives the value of a header, ``None`` where the request has none of that name.
        """
        if not self.schemes:
            return self.owner("")
        for scheme in self.schemes:
            sent = header(scheme.header)
            if sent is not None:
                return self._of(scheme, sent)
        return "auth.required", {}

    def _of(self, scheme: SecurityScheme, sent: str) -> str | tuple[str, MessageValues]:
        found = (_BEARER if scheme.is_bearer else _BARE).fullmatch(sent)
        if found is None:
            return "auth.scheme", {}
        if self._tokens and not self._knows(found[1].encode("latin-1")):
            return "auth.key", {"value": masked(found[1])}
        return self.owner(found[1])

    @staticmethod
    def owner(token: str) -> str:
        """Whose requests a token makes: a name that the token cannot be told from."""
        return blake2b(token.encode("latin-1"), digest_size=16).hexdigest()

    def _knows(self, token: bytes) -> bool:
        # Every comparison is made, each in constant time: how long it takes tells nothing.
        return any([compare_digest(token, known) for known in self._tokens])  # noqa: C419


def masked(token: str) -> str:
    """A token as it may be repeated: a long one without its middle, as the official service shows it."""
    return token if len(token) <= 12 else f"{token[:8]}{'*' * (len(token) - 12)}{token[-4:]}"
