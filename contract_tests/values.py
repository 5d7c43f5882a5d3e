"""Reads the values of options from text: each function gives the value, or raises ValueError with what is allowed."""

from __future__ import annotations

import ipaddress
import re
from datetime import date

import httpx

from contract_tests.oracle.verdict import FAIL_ON
from contract_tests.settings import PROFILES
from contract_tests.spelling import did_you_mean

#: More requests at once than this no endpoint needs.
MOST_WORKERS = 100
#: Seconds; longer than an hour nobody waits for one answer.
LONGEST = 3600.0
#: Bytes of a head that the HTTP library holds at most.
LARGEST_HEAD = 100 * 2**10
MOST_HEADERS = 10_000
#: Below what the reader of JSON in Python bears.
DEEPEST = 500
#: What each request has of its own.
_OWN_HEADERS = frozenset({"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"})


def read_count(text: str) -> int | None:
    """A number of creations; None for any number."""
    if text == "unlimited":
        return None
    if not text.isdecimal():
        raise ValueError(f"{text!r} is neither a whole number from 0 on nor 'unlimited'")
    return int(text)


def read_positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise ValueError(f"{text!r} is no whole number from 1 to {MOST_WORKERS}")
    return int(text)


def read_whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no whole number from 0 on")
    return int(text)


def read_token(text: str) -> str:
    # The text itself is not told: it may be the token with a line break behind it.
    if not text or not text.isprintable() or " " in text:
        raise ValueError("a token is not empty and holds neither spaces nor line breaks")
    return text


def read_seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST:
        raise ValueError(f"{text!r} is no number of seconds above 0, at most {LONGEST:g}")
    return value


def read_rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1e6:
        raise ValueError(f"{text!r} is no number of requests a second from 0.001 to 1000000")
    return value


def read_price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is no number from 0 on")
    return value


def read_switch(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text in ("true", "1")


def read_profile(text: str) -> str:
    if text not in PROFILES:
        raise ValueError(f"{text!r} is no profile{did_you_mean(text, PROFILES)}; allowed: {', '.join(PROFILES)}")
    return text


def read_fail_on(text: str) -> str:
    if text not in FAIL_ON:
        raise ValueError(f"{text!r} is not known{did_you_mean(text, FAIL_ON)}; allowed: {', '.join(FAIL_ON)}")
    return text


def read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; allowed: YYYY-MM-DD") from None


def read_bytes(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{text!r} is no number of bytes from 1 on")
    return int(text)


def read_head_bytes(text: str) -> int:
    return _from_one(text, LARGEST_HEAD, "bytes")


def read_headers(text: str) -> int:
    return _from_one(text, MOST_HEADERS, "headers")


def read_depth(text: str) -> int:
    return _from_one(text, DEEPEST, "levels")


def _from_one(text: str, most: int, what: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:10]) <= most:
        raise ValueError(f"{text!r} is no number of {what} from 1 to {most}")
    return int(text)


def read_proxy(text: str) -> str:
    # The text itself is not told: it may hold a password.
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"it is no address of a proxy: {error}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("it is no address of a proxy; allowed: http://HOST:PORT or https://HOST:PORT")
    return text


def read_header(text: str) -> tuple[str, str]:
    # The value is not told: it may be a secret.
    name, colon, value = (one.strip() for one in text.partition(":"))
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise ValueError("it is no header; allowed: 'Name: value'")
    if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", value):
        raise ValueError(f"the value of '{name}' holds a character that no header can")
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"'{name}' is set by the kit, for each request")
    return name, value


def read_resolve(text: str) -> tuple[str, int, str]:
    found = re.fullmatch(r"([^:]+|\[[^]]+\]):(\d{1,5}):(.+)", text)
    try:
        address = ipaddress.ip_address((found[3] if found else "").strip("[]"))
    except ValueError:
        raise ValueError(f"{text!r} is not HOST:PORT:ADDRESS") from None
    assert found is not None
    return found[1].strip("[]").lower(), int(found[2]), str(address)
