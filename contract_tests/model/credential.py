"""What stands in the Authorization header: named, so that nothing written down holds the token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Credential:
    """A way to fill the Authorization header. `shell` is the same for a command line that has $VIDEOS_TOKEN."""

    name: str
    says: str
    render: Callable[[str], str | None]
    shell: str | None
    python: str


#: The way of the second token, which is good too: it stands for another account.
SECOND = "second"
_FOREIGN = "w\u00fcrfel-\u9375"
_SWAPPED = "$(printf %s \"$VIDEOS_TOKEN\" | tr 'a-zA-Z' 'A-Za-z')"

#: One row each: name, what it is, the header for a token, the same in a shell and in Python.
_ROWS: tuple[tuple[str, str, Callable[[str], str | None], str | None, str], ...] = (
    ("right", "the token", lambda t: f"Bearer {t}", "Bearer $VIDEOS_TOKEN", "f'Bearer {token}'"),
    (
        SECOND,
        "the second token",
        lambda t: f"Bearer {t}",
        "Bearer $VIDEOS_SECOND_TOKEN",
        "f'Bearer {os.environ[\"VIDEOS_SECOND_TOKEN\"]}'",
    ),
    ("none", "no Authorization header", lambda _: None, None, "None"),
    ("empty", "an empty Authorization header", lambda _: "", "", "''"),
    ("word", "the word Bearer alone", lambda _: "Bearer", "Bearer", "'Bearer'"),
    ("bare", "the token without a scheme", lambda t: t, "$VIDEOS_TOKEN", "token"),
    ("basic", "the scheme Basic", lambda t: f"Basic {t}", "Basic $VIDEOS_TOKEN", "f'Basic {token}'"),
    ("token", "the scheme Token", lambda t: f"Token {t}", "Token $VIDEOS_TOKEN", "f'Token {token}'"),
    ("glued", "no space after Bearer", lambda t: f"Bearer{t}", "Bearer$VIDEOS_TOKEN", "f'Bearer{token}'"),
    ("unknown", "another token", lambda _: "Bearer wrong-token", "Bearer wrong-token", "'Bearer wrong-token'"),
    ("foreign", "a token beyond ASCII", lambda _: f"Bearer {_FOREIGN}", f"Bearer {_FOREIGN}", f"'Bearer {_FOREIGN}'"),
    ("longer", "one character more", lambda t: f"Bearer {t}x", "Bearer ${VIDEOS_TOKEN}x", "f'Bearer {token}x'"),
    (
        "followed",
        "another word behind the token",
        lambda t: f"Bearer {t} more",
        "Bearer $VIDEOS_TOKEN more",
        "f'Bearer {token} more'",
    ),
    (
        "shorter",
        "the last character less",
        lambda t: f"Bearer {t[:-1]}",
        "Bearer ${VIDEOS_TOKEN%?}",
        "f'Bearer {token[:-1]}'",
    ),
    (
        "tail",
        "the first character less",
        lambda t: f"Bearer {t[1:]}",
        "Bearer ${VIDEOS_TOKEN#?}",
        "f'Bearer {token[1:]}'",
    ),
    (
        "swapped",
        "upper and lower case swapped",
        lambda t: f"Bearer {t.swapcase()}",
        f"Bearer {_SWAPPED}",
        "f'Bearer {token.swapcase()}'",
    ),
)
CREDENTIALS = {row[0]: Credential(*row) for row in _ROWS}
#: Ways that are wrong only where the server knows its tokens.
WRONG_TOKENS = ("unknown", "foreign", "longer", "followed", "shorter", "tail", "swapped")


def made_of(name: str, token: str) -> str:
    """What a way makes of the token, without the scheme."""
    return (CREDENTIALS[name].render(token) or "").removeprefix("Bearer ")


def usable(name: str, token: str) -> bool:
    """Whether this way really differs from the right one, for a token like this."""
    value = CREDENTIALS[name].render(token)
    right = CREDENTIALS["right"].render(token)
    return name == "right" or (value != right and value not in {"Bearer ", f"Bearer {token.strip()}"})
