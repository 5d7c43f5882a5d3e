"""The values of options: what the text of a flag or a variable becomes, or ``ValueError`` that says what is allowed."""

from mockserver.logs import FORMATS
from mockserver.spelling import did_you_mean

WORKERS = "1 to 64"
LEVELS = ("debug", "info", "warning", "error")


def read_port(text: str) -> int:
    """A TCP port; 0 stands for any free one."""
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"'{text}' is no port; allowed: 0 (any free one) to 65535")
    return int(text)


def read_token(text: str) -> str:
    """A bearer token."""
    if not text or text.split() != [text]:
        raise ValueError("a token is not empty and has no white space")
    return text


def read_seed(text: str) -> int:
    """A seed, any whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"'{text}' is no seed; allowed: a whole number") from None


def read_bound(text: str) -> int:
    """How many are kept, at least 1."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"'{text}' is no bound; allowed: a whole number from 1")
    return int(text)


def read_count(text: str) -> int:
    """How many requests the journal holds."""
    if not text.isdecimal() or int(text) > 100_000:
        raise ValueError(f"'{text}' is no number of requests; allowed: 0 to 100000")
    return int(text)


def read_workers(text: str) -> int:
    """How many processes serve."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ValueError(f"'{text}' is no number of processes; allowed: {WORKERS}")
    return int(text)


def read_seconds(text: str) -> float:
    """A time of up to a day; 0 stands for no limit."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86400:
        raise ValueError(f"'{text}' is no time; allowed: 0 to 86400 seconds")
    return seconds


def read_switch(text: str) -> bool:
    """On or off."""
    if text not in ("true", "false", "1", "0"):
        raise ValueError(f"'{text}' is neither true nor false; allowed: true, 1, false, 0")
    return text in ("true", "1")


def read_format(text: str) -> str:
    """How log lines are written."""
    if text not in FORMATS:
        raise ValueError(f"'{text}' is no format{did_you_mean(text, FORMATS)}; allowed: {', '.join(FORMATS)}")
    return text


def read_level(text: str) -> str:
    """What is logged."""
    if text not in LEVELS:
        raise ValueError(f"'{text}' is no level{did_you_mean(text, LEVELS)}; allowed: {', '.join(LEVELS)}")
    return text
