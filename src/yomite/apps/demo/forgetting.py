"""What Gradio notes of its visitors, and how it is forgotten.

Gradio notes what each session last sent and was last answered. This page holds one session at a time
(`state_session_capacity`), so each takes the place of the one before; and a moment after every answer comes
a call of nobody's, so that the last one is gone as well.
"""

import asyncio
from typing import Any

import httpx

DELAY_S = 1.0
"""From an answer to the call that makes it forgotten: many answers share one call."""


class Forgetter:
    """Makes Gradio forget what it was sent. Belongs to one event loop.

    Attributes:
        app: The application with Gradio's endpoint `forget`, to be set before the first answer.
    """

    app: Any = None

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def soon(self) -> None:
        """Forget in a moment."""
        if self._task is None:
            self._task = asyncio.create_task(self._forget())

    async def _forget(self) -> None:
        await asyncio.sleep(DELAY_S)
        self._task = None  # what is answered from here on is forgotten by the next call
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://localhost"
        ) as client:
            await client.post("/gradio_api/run/forget", json={"data": [], "session_hash": "nobody"})
