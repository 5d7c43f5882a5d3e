"""Who may ask: the bearer token of a request."""

import re
from hashlib import blake2b
from hmac import compare_digest

from mockserver.validation.checks import MessageValues

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


class Tokens:
    """The tokens that are accepted; where there are none, any token is."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = tuple(token.encode() for token in tokens)

    @property
    def are_any(self) -> bool:
        """Whether any token is accepted."""
        return not self._tokens

    def broken(self, header: str | None) -> tuple[str, MessageValues] | None:
        """The id of the rule that an Authorization header breaks, with words for its message; ``None`` if none."""
        if header is None:
            return "auth.required", {}
        bearer = _BEARER.fullmatch(header)
        if bearer is None:
            return "auth.scheme", {}
        token = bearer[1]
        if self._tokens and not self._knows(token.encode("latin-1")):
            return "auth.key", {"value": masked(token)}
        return None

    @staticmethod
    def owner(header: str) -> str:
        """Whose requests a right header makes: a name that the token cannot be told from."""
        token = header.rpartition(" ")[2]
        return blake2b(token.encode("latin-1"), digest_size=16).hexdigest()

    def _knows(self, token: bytes) -> bool:
        # Every comparison is made, each in constant time: how long it takes tells nothing.
        return any([compare_digest(token, known) for known in self._tokens])  # noqa: C419


def masked(token: str) -> str:
    """A token as it may be repeated: a long one without its middle, as the official service shows it."""
    return token if len(token) <= 12 else f"{token[:8]}{'*' * (len(token) - 12)}{token[-4:]}"
