"""Connections that keep the server waiting are closed: half-sent requests, answers that nobody takes.

Uvicorn waits for both without end. A few hundred of such connections use up the file handles of a process,
and nobody else gets in.
"""

import asyncio
import contextlib

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 10.0
"""From the opening of a connection, or the first byte of its next request, to the end of the headers."""

TAKE_S = 60.0
"""How long an answer may wait for a peer that takes nothing of it."""

END_S = 0.5
"""How long an answer that streams goes on when the server ends."""

BACKLOG = 32
"""Connections that are taken at one go, before any of the others can make room."""

_MAX_CONNECTIONS = 1000
_SPARE_HANDLES = 6 * BACKLOG
"""For files, and for connections on their way: one is made up to three turns of the event loop after it was
taken, and closed a turn after it was cut off; each turn takes BACKLOG more."""


def count_connections() -> int:
    """Return how many connections are held at most: fewer where a process may open few files."""
    with contextlib.suppress(ImportError):  # Windows has no such limit
        from resource import RLIMIT_NOFILE, getrlimit

        handles = getrlimit(RLIMIT_NOFILE)[0]
        if handles >= 0:
            return max(16, min(_MAX_CONNECTIONS, handles - _SPARE_HANDLES))
    return _MAX_CONNECTIONS


class Connection(H11Protocol):
    """One connection, with an end to every wait.

    Where all places are taken, who has kept the server waiting longest makes room.
    """

    max_connections = count_connections()

    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        if len(self.connections) >= self.max_connections:
            waiting = [one for one in self.connections if isinstance(one, Connection) and one._is_waiting()]
            # Told apart by their clocks: who waits longest is the first to be cut off.
            slowest = min(waiting, key=lambda one: one._clock.when() if one._clock else 0.0, default=None)
            if slowest is None:
                transport.abort()
                return
            slowest._hang_up()
        super().connection_made(transport)
        self._start_clock(REQUEST_S)

    def data_received(self, data: bytes) -> None:
        """Go on reading a request; bytes that trickle in do not prolong the wait."""
        super().data_received(data)
        if self._is_reading_headers():
            if self._clock is None:
                self._start_clock(REQUEST_S)
        else:
            self._stop_clock()

    def pause_writing(self) -> None:
        """Begin to wait for a peer that takes no more."""
        self.flow.pause_writing()
        self._start_clock(TAKE_S)

    def resume_writing(self) -> None:
        """Go on writing."""
        self.flow.resume_writing()
        self._stop_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_clock()
        if self.transport is not None:  # None where there was no place
            super().connection_lost(exc)

    def shutdown(self) -> None:
        """End soon: answers that stream have no end of their own."""
        super().shutdown()
        self.loop.call_later(END_S, self.transport.close)

    def _is_reading_headers(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_waiting(self) -> bool:
        is_reading = self._is_reading_headers() or self.cycle.more_body
        return is_reading and not self.transport.is_closing()

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(seconds, self._hang_up)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _hang_up(self) -> None:
        self._stop_clock()
        self.transport.abort()
