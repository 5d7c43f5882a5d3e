"""The login of the page."""

import pytest

from tests.mock.test_page import CONTROL
from tests.mock.vocabulary import Mock


def login(mock: Mock) -> str:
    """The cookie for the control token, as a browser sends it back."""
    answer = mock.tell("POST", "login", json={"token": CONTROL})
    assert answer.status_code == 200, answer.text
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(attributes)
    return str(cookie)


def test_cookie_opens_the_control_interface_to_its_own_page() -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "requests").status_code == 401
    cookie = login(mock)
    assert CONTROL not in cookie
    assert (
        mock.tell("GET", "requests", {"cookie": f"other=1; {cookie}", "sec-fetch-site": "same-origin"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "http://127.0.0.1:9"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}],
)  # fmt: skip
def test_cookie_is_no_use_to_a_page_of_another_origin(headers: dict[str, str]) -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "requests", {"cookie": login(mock), **headers}).status_code == 403
    assert Mock().tell("GET", "requests", headers).status_code == 403


@pytest.mark.parametrize("token", ["wrong", "control-secreT", CONTROL[:-1]])
def test_wrong_control_token_gets_no_cookie(token: str) -> None:
    answer = Mock(control_token=CONTROL).tell("POST", "login", json={"token": token})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


def test_cookie_of_another_token_is_refused() -> None:
    cookie = login(Mock(control_token=CONTROL))
    assert Mock(control_token=CONTROL + "!").tell("GET", "requests", {"cookie": cookie}).status_code == 401


def test_page_asks_for_the_token_by_itself() -> None:
    mock = Mock(control_token=CONTROL)
    assert mock.tell("GET", "ui/", {"host": "mock.example"}).status_code == 200
    assert mock.tell("GET", "events").status_code == 401
