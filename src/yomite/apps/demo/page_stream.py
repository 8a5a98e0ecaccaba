"""Reading a page over the network: one request, and an answer that tells how far it is, a line of JSON each.

Not one of Gradio's endpoints: a page takes seconds, whoever waits wants to see how far it is, and whoever
goes away stops the work by closing the connection.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Event
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from yomite.apps.demo.inputs import decode_picture
from yomite.apps.demo.readings import FAILED, check_top, describe_candidates
from yomite.errors import ModelFileError, YomiteError
from yomite.reading.characters import Recognizer

PAGES_AT_ONCE = 2
MAX_PAGES = 8
"""Pages that are read or wait; each holds its request, which the guard counts (guard.py)."""

BEAT_S = 10.0
"""After so long without news the last is told again: a proxy cuts off connections that are silent."""

NO_PAGE_MODEL = "there is no page model in this installation, so pages are not read here"


class _Left(Exception):
    """Nobody waits for the page any more."""


def can_read_pages(reader: Recognizer) -> bool:
    """Tell whether a reader has the models that pages are read with."""
    return reader.has_page_model and reader.has_line_model


class _Stream(StreamingResponse):
    """Lines as they come; tells when it is over, also if nobody waited for the first of them."""

    def __init__(self, lines: AsyncIterator[str], end: Callable[[], None]) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(lines, media_type="application/x-ndjson", headers=headers)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


async def _listen(news: asyncio.Queue[str]) -> AsyncIterator[str]:
    line = _to_progress(0, 0)
    while True:
        yield f"{line}\n"
        if not line.startswith('{"done"'):
            return
        with suppress(asyncio.TimeoutError):  # then the last is told again
            line = await asyncio.wait_for(news.get(), BEAT_S)


class PageStream:
    """The route that reads pages. Belongs to one event loop."""

    def __init__(self, reader: Recognizer) -> None:
        """Answer with a reader."""
        self._reader = reader
        self._turns = asyncio.Semaphore(PAGES_AT_ONCE)
        self._jobs: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Response:
        """Read the page of a request {"picture": base64 text, "top": 5}.

        Returns:
            Lines of JSON: {"done", "total"} any number of times, `total` 0 until the lines are found, then
            {"page"} or {"error"}. What is wrong with the request itself has a status and one line.
        """
        # A page elsewhere can send such a body only after asking, which is answered with no.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return PlainTextResponse("send JSON: Content-Type: application/json", 415)
        try:
            picture, top = _check(json.loads(await request.body()))
            if not can_read_pages(self._reader):
                raise ModelFileError(NO_PAGE_MODEL)
        except ClientDisconnect:
            return Response(status_code=400)  # for nobody
        except YomiteError as error:
            return PlainTextResponse(str(error), 422)
        except (ValueError, RecursionError):
            return PlainTextResponse('the request is not JSON; send {"picture": "..."}', 422)
        if len(self._jobs) >= MAX_PAGES:
            return PlainTextResponse("too many pages are being read just now; try again in a moment", 503)
        is_left, news = Event(), asyncio.Queue[str]()
        loop = asyncio.get_running_loop()

        def tell(line: str) -> None:
            if is_left.is_set():
                raise _Left
            loop.call_soon_threadsafe(news.put_nowait, line)

        # The place is taken here: several that come at once would all find the last one free.
        job = asyncio.create_task(self._take_turn(picture, top, tell))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return _Stream(_listen(news), is_left.set)

    async def _take_turn(self, picture: bytes, top: int, tell: Callable[[str], None]) -> None:
        async with self._turns:
            await asyncio.to_thread(self._read, picture, top, tell)

    def _read(self, picture: bytes, top: int, tell: Callable[[str], None]) -> None:
        def note(done: int, total: int) -> None:
            tell(_to_progress(done, total))

        try:
            note(0, 0)  # who has gone while waiting is not read
            tell(self._read_page(picture, top, note))
        except _Left:
            return

    def _read_page(self, picture: bytes, top: int, note: Callable[[int, int], None]) -> str:
        try:
            page = self._reader.read(picture, top=top, progress=note).to_dict()
            for line in page["lines"]:
                for character in line["characters"]:
                    describe_candidates(character["candidates"], self._reader.lookalike_groups)
            answer: dict[str, Any] = {"page": page}
        except _Left:
            raise
        except YomiteError as error:
            answer = {"error": str(error)}
        except Exception:
            logging.getLogger("yomite").exception("a page was not read")
            answer = {"error": FAILED}
        return json.dumps(answer, ensure_ascii=False)


def _check(asked: object) -> tuple[bytes, int]:
    if not isinstance(asked, dict) or "picture" not in asked:
        raise YomiteError('the request has no picture; send {"picture": "the file as base64 text"}')
    if unknown := ", ".join(repr(name)[:40] for name in asked if name not in ("picture", "top")):
        raise YomiteError(f"there is no parameter {unknown}; send picture, and top if you like")
    return decode_picture(asked["picture"]), check_top(asked.get("top", 5))


def _to_progress(done: int, total: int) -> str:
    return json.dumps({"done": done, "total": total})
