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


class _Lease:
    """One thread's exchange: its deadline and a duplicate of its socket's descriptor.

    A duplicate, because it stays valid while C(ssl) wraps the socket and after C(http.client) let go of it.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self.deadline: float | None = None
        self.overdue = False
        self.sent = False

    def begin(self) -> None:
        self.overdue = self.sent = False

    def watch(self, sock: t.Any) -> None:
        """From now on this socket has the timeout to come to an end."""
        with self._lock:
            self._release()
            self._descriptor = os.dup(sock.fileno())
            self.deadline = time.monotonic() + self._timeout

    def end(self) -> None:
        with self._lock:
            self._release()

    def end_if_overdue(self, now: float) -> None:
        """Called by the watchdog's own thread."""
        with self._lock:
            if self.deadline is None or self._descriptor is None or now < self.deadline:
                return
            self.overdue = True
            descriptor, self._descriptor, self.deadline = self._descriptor, None, None
        # The peer may have been faster.
        with socket.socket(fileno=descriptor) as sock, contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        self.deadline = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


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

    def _new_conn(self) -> t.Any:
        sock = super()._new_conn()  # type: ignore[misc]
        # Here and not only below, so that a proxy's or a TLS handshake's dawdling counts too.
        _current.lease.watch(sock)
        return sock

    def request(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self.sock is not None:
            _current.lease.watch(self.sock)
        _current.lease.sent = True
        return super().request(*args, **kwargs)  # type: ignore[misc]
