# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Ends HTTP exchanges that dawdle.

The timeouts of C(requests) start anew with every byte that arrives, so that a peer that sends one byte a second
holds a caller for ever. Here a thread shuts the socket down when the whole answer took too long.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import typing as t


class _Handle:
    """A descriptor of our own for a connection's socket, closed with the last reference to this.

    It stays valid while C(ssl) wraps the socket and after C(http.client) let go of it: a number that meanwhile
    belongs to another connection is never shut down.
    """

    def __init__(self, sock: t.Any) -> None:
        self._number = os.dup(sock.fileno())

    def shut_down(self) -> None:
        sock = socket.socket(fileno=self._number)
        with contextlib.suppress(OSError):  # the peer may have been faster
            sock.shutdown(socket.SHUT_RDWR)
        sock.detach()

    def __del__(self) -> None:
        os.close(self._number)


class _Lease:
    """One thread's exchange: the connection that it uses and the deadline."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._handle: _Handle | None = None
        self.deadline: float | None = None
        self.overdue = False
        self.sent = False

    def begin(self) -> None:
        self.overdue = self.sent = False

    def watch(self, handle: _Handle) -> None:
        """From now on this connection has the timeout to come to an end."""
        with self._lock:
            self._handle = handle
            self.deadline = time.monotonic() + self._timeout

    def end(self) -> None:
        with self._lock:
            self._handle = self.deadline = None

    def end_if_overdue(self, now: float) -> None:
        """Called by the watchdog's own thread."""
        with self._lock:
            if self.deadline is None or self._handle is None or now < self.deadline:
                return
            self.overdue = True
            self._handle.shut_down()
            self._handle = self.deadline = None


_current = threading.local()


class Watchdog:
    """Gives each thread's exchange C(timeout) seconds to set a connection up and as many for the whole answer."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._leases: list[_Lease] = []
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> _Lease:
        """Begin the current thread's exchange; the lease says afterwards whether it was ended for being overdue."""
        lease: _Lease | None = getattr(_current, "lease", None)
        if lease is None or getattr(_current, "watchdog", None) is not self:
            lease = _current.lease = _Lease(self._timeout)
            _current.watchdog = self
            with self._lock:
                self._leases.append(lease)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="wecom-watchdog", daemon=True)
                    self._thread.start()
        lease.begin()
        return lease

    def __exit__(self, *_exception: t.Any) -> None:
        _current.lease.end()

    def close(self) -> None:
        """Stop looking; exchanges that go on are no longer watched."""
        self._stopped.set()

    def _run(self) -> None:
        # No one needs to wake this thread: a deadline set while it sleeps is at least one timeout away.
        pause = self._timeout
        while not self._stopped.wait(pause):
            now = time.monotonic()
            deadlines = []
            for lease in list(self._leases):
                lease.end_if_overdue(now)
                deadline = lease.deadline
                if deadline is not None:
                    deadlines.append(deadline)
            pause = min([self._timeout] + [max(deadline - now, 0.001) for deadline in deadlines])


class WatchedConnection:
    """A mixin for urllib3's connection classes: tells the current thread's lease about the socket in use."""

    sock: t.Any
    _handle: _Handle | None = None

    def _new_conn(self) -> t.Any:
        sock = super()._new_conn()  # type: ignore[misc]
        self._handle = _Handle(sock)
        # Here and not only below, so that a proxy's or a TLS handshake's dawdling counts too.
        _current.lease.watch(self._handle)
        return sock

    def request(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self.sock is not None and self._handle is not None:
            _current.lease.watch(self._handle)
        _current.lease.sent = True
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        self._handle = None
