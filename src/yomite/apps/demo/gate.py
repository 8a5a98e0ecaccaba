"""The gate: with a name and a password asked for, nothing is shown to who has not signed in."""

import secrets
import time
from collections.abc import Mapping, MutableMapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from yomite.apps.demo.guard import App, Receive, Send
from yomite.apps.demo.labels import LANGUAGES, read_words

COOKIE = "yomite-signed-in"
MAX_WRONG = 5
LOCKED_S = 60.0
"""So many wrong tries of one address in so many seconds; then it waits."""

_PAGE = Template(Path(__file__).with_name("web").joinpath("sign-in.html").read_text(encoding="utf-8"))


class Gate:
    """ASGI middleware that asks for a name and a password.

    Who has signed in carries a cookie that is valid until the server ends. Gradio's client signs in by the
    same route: Client(url, auth=(user, password)).
    """

    def __init__(self, app: App, user: str, password: str) -> None:
        """Stand before an application.

        Args:
            app: The application.
            user: The name to be given.
            password: The password to be given.
        """
        self._app = app
        self._wanted = (user.encode(), password.encode())
        self._token = secrets.token_urlsafe(32)
        self._moments_by_address: dict[str, list[float]] = {}  # of wrong tries

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        if path == "/login" and request.method == "POST":
            answer: Any = await self._sign_in(request)
        elif secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), self._token.encode()):
            answer = self._app
        elif request.method in ("GET", "HEAD") and path in ("", "/login"):
            answer = _show_form(request)
        else:
            answer = PlainTextResponse("sign in first: POST username and password to login", 401)
        await answer(scope, receive, send)

    async def _sign_in(self, request: Request) -> Response:
        form = {
            key: values[0]
            for key, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
        }
        address, now = _name_network(request), time.monotonic()
        moments = [moment for moment in self._moments_by_address.get(address, ()) if moment > now - LOCKED_S]
        if len(moments) >= MAX_WRONG:
            return _refuse(request, 429, "sign_in_locked", {"retry-after": f"{LOCKED_S:.0f}"})
        given = [form.get(name, "").strip().encode() for name in ("username", "password")]
        are_right = [secrets.compare_digest(*pair) for pair in zip(given, self._wanted, strict=True)]
        if not all(are_right):
            stale = [one for one, times in self._moments_by_address.items() if times[-1] <= now - LOCKED_S]
            for one in stale:
                del self._moments_by_address[one]
            self._moments_by_address[address] = [*moments, now]
            return _refuse(request, 400, "sign_in_wrong")
        answer = RedirectResponse("./", 303) if _is_browser(request) else JSONResponse({"success": True})
        is_secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, self._token, httponly=True, samesite="lax", secure=is_secure)
        return answer


def _name_network(request: Request) -> str:
    """Return the address that tries are counted for; of IPv6 the half that names a household."""
    address = request.client.host if request.client else ""
    return ":".join(address.split(":")[:4])


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _refuse(request: Request, status: int, key: str, headers: Mapping[str, str] | None = None) -> Response:
    if _is_browser(request):
        return _show_form(request, key, status, headers)
    return PlainTextResponse(read_words("en")[key], status, headers)


def _show_form(
    request: Request, key: str | None = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    wanted = request.headers.get("accept-language", "")[:2]
    language = wanted if wanted in LANGUAGES else LANGUAGES[0]
    words = {name: escape(text) for name, text in read_words(language).items() if name.startswith("sign_in")}
    page = _PAGE.substitute(words, language=language, problem=words[key] if key else "")
    return HTMLResponse(page, status, headers)
