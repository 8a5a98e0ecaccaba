"""The gate: who sees what before signing in, and how often one may be wrong."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

pytest.importorskip("gradio", reason='the page needs Gradio: pip install ".[demo]"')

from yomite.apps.demo import gate
from yomite.apps.demo.gate import Gate

RIGHT = {"username": "friend", "password": "sesame"}
WRONG = {"username": "friend", "password": "open"}
BROWSER = {"accept": "text/html,application/xhtml+xml"}


async def secret(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the secret"})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [1000.0]
    monkeypatch.setattr(gate.time, "monotonic", lambda: now[0])
    yield now


@pytest.fixture
def visit() -> Callable[..., httpx.Response]:
    """One request to one and the same gate: visit(method, path, address, ...)."""
    application = Gate(secret, "friend", "sesame")

    def visit(method: str, path: str, address: str = "10.0.0.1", **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(application, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    return visit


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/gradio_api/info", "/config", "/web/pad.js", "/login/x", "//", "/ja"]
)
def test_nothing_is_shown_before_signing_in(visit: Callable[..., Any], path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        answer = visit(method, path)
        assert "secret" not in answer.text
        assert answer.status_code == (200 if path == "//" and method == "GET" else 401)


@pytest.mark.parametrize(
    ("accepted", "word"), [("ja,en;q=0.5", "パスワード"), ("de", "Password"), ("", "Password")]
)
def test_the_form_speaks_the_readers_language(visit: Callable[..., Any], accepted: str, word: str) -> None:
    answer = visit("GET", "/", headers={"accept-language": accepted})
    assert answer.status_code == 200
    assert word in answer.text
    assert 'type="password"' in answer.text


def test_who_signs_in_gets_a_cookie_that_opens_everything(visit: Callable[..., Any]) -> None:
    answer = visit("POST", "/login", data=RIGHT)
    assert answer.json() == {"success": True}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    named = {"cookie": cookie.partition(";")[0]}
    assert visit("GET", "/openapi.json", headers=named).text == "the secret"
    assert visit("GET", "/", headers={"cookie": named["cookie"][:-1]}).text != "the secret"
    back = visit("POST", "/login", data=RIGHT, headers=BROWSER)  # a form sends the browser to the page
    assert (back.status_code, back.headers["location"]) == (303, "./")


@pytest.mark.parametrize(
    "form", [WRONG, {}, {"username": "friend"}, {"password": "sesame"}, {"username": "é"}]
)
def test_a_wrong_password_is_told(visit: Callable[..., Any], form: dict[str, str]) -> None:
    answer = visit("POST", "/login", data=form, headers=BROWSER)
    assert answer.status_code == 400
    assert "Wrong name or password" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_form_that_is_none_is_a_wrong_password(visit: Callable[..., Any]) -> None:
    assert visit("POST", "/login", content=b"\xff\x00{}").status_code == 400


def test_after_five_wrong_tries_an_address_waits(visit: Callable[..., Any], clock: list[float]) -> None:
    statuses = [visit("POST", "/login", data=WRONG).status_code for _ in range(8)]
    assert statuses == [400] * 5 + [429] * 3
    locked = visit("POST", "/login", data=RIGHT)  # guessed right at last, and not told so
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) <= 60
    assert visit("POST", "/login", "10.0.0.2", data=RIGHT).status_code == 200  # others are not locked out
    clock[0] += 61
    assert visit("POST", "/login", data=RIGHT).status_code == 200


def test_a_household_cannot_change_its_address_to_go_on(
    visit: Callable[..., Any], clock: list[float]
) -> None:
    statuses = [visit("POST", "/login", f"2001:db8:1:2::{n}", data=WRONG).status_code for n in range(1, 8)]
    assert statuses == [400] * 5 + [429] * 2
    assert visit("POST", "/login", "2001:db8:1:3::1", data=RIGHT).status_code == 200
