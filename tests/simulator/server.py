# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the simulator on a socket: an aiohttp server that can be stopped at any moment."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from aiohttp import web

from . import admin
from .call import Call
from .delivery import Done, deliver, response_of
from .endpoints import ENDPOINTS
from .faults import NO_FAULT, Fault
from .limits import Limiter
from .responses import altered, plain
from .simulator import Simulator

_API = "/cgi-bin/"
_SHUTDOWN_TIMEOUT = 0.01
_HELLO = f"This is the WeCom simulator. Its state: {admin.PREFIX}state\n"


class _HttpServer(web.Server):
    """Counts the connections, except for those that begin at ``/_sim/``."""

    def __init__(self, owner: SimulatorServer) -> None:
        super().__init__(owner.handle, access_log=None, keepalive_timeout=3600, handler_cancellation=False)
        self._counters = owner.simulator.counters
        self._unused: set[Any] = set()

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Count a connection."""
        super().connection_made(handler, transport)
        self._counters.connections += 1
        self._unused.add(handler)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        self._unused.discard(handler)
        super().connection_lost(handler, exc)

    def used(self, handler: Any, for_control: bool) -> None:
        """Learn from the first request of a connection what it is for."""
        if handler in self._unused:
            self._unused.remove(handler)
            if for_control and self._counters.connections:
                self._counters.connections -= 1


class SimulatorServer:
    """Serves one simulator; ``start`` and ``stop`` may be called again and again."""

    def __init__(self, simulator: Simulator, tls: ssl.SSLContext | None = None) -> None:
        self.simulator: Simulator = simulator
        self._tls = tls
        self._http: _HttpServer | None = None
        self._listener: asyncio.AbstractServer | None = None
        self._in_progress: set[asyncio.Task[web.StreamResponse]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, and return the port."""
        self._http = _HttpServer(self)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._http, host, port, ssl=self._tls, backlog=1024)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening, close every connection and cancel the calls in progress."""
        if self._listener is None or self._http is None:
            return
        self._listener.close()
        self.cancel_calls()
        for connection in list(self._http.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._http.shutdown(_SHUTDOWN_TIMEOUT)
        await asyncio.sleep(0)  # the loop closes their sockets only now
        self._listener = self._http = None

    def cancel_calls(self) -> None:
        """Cancel the calls that are being delayed, without applying them, and close their connections."""
        for task in self._in_progress:
            task.cancel()

    def reset(self, data: object | None = None) -> None:
        """Start from the configuration again, or from another one."""
        self.simulator.reset(data)
        self.cancel_calls()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to a request, whatever it is."""
        path = request.path
        for_control = not path.startswith(_API)
        if self._http is not None:
            self._http.used(request.protocol, for_control)
        if for_control:
            if path.startswith(admin.PREFIX):
                return await admin.handle(request, self)
            return web.Response(status=200 if path == "/" else 404, text=_HELLO)
        endpoint = path[len(_API) :]
        if endpoint not in ENDPOINTS:
            return web.Response(status=404, text=f"no such call: {path}\n")
        counters = self.simulator.counters
        counters.enter(endpoint)
        try:
            body = await request.content.read() if request.body_exists else b""
            call = Call.read(endpoint, request.method, request.query, body, request.headers.get("Content-Type", ""))
        except BaseException:
            counters.leave(endpoint)
            raise
        return await self._respond(request, call)

    async def _respond(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        simulator = self.simulator
        fault = simulator.script.match(call.endpoint, call.open_kfid)
        limiter = simulator.limiter
        admitted = limiter.admit(call.endpoint, simulator.settings.limits)
        line = simulator.counters.log_call(call.endpoint, call.log_fields(), None if fault is NO_FAULT else fault.name)
        if fault is NO_FAULT and not simulator.settings.latency:
            try:
                return response_of(plain(simulator.handle(call, NO_FAULT, admitted, line), simulator.settings))
            finally:
                self._leave(call, limiter, admitted)
        task = asyncio.ensure_future(self._respond_later(request, call, fault, limiter, admitted, line))
        self._in_progress.add(task)
        task.add_done_callback(self._in_progress.discard)
        try:
            # A client that hangs up must not keep the script from being followed.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            if request.transport is not None:
                request.transport.close()
            return Done()

    async def _respond_later(
        self,
        request: web.BaseRequest,
        call: Call,
        fault: Fault,
        limiter: Limiter,
        admitted: int,
        line: dict[str, Any],
    ) -> web.StreamResponse:
        """Respond to a call that is delayed or that a fault acts on."""
        simulator = self.simulator
        try:
            if fault.expire_token:
                simulator.tokens.expire()
            if fault.delay:
                await asyncio.sleep(fault.delay)
            response = simulator.handle(call, fault, admitted, line)
            pause = fault.delay_after + simulator.settings.latency
            if pause:
                await asyncio.sleep(pause)
            failure = None if fault.errcode is None else simulator.failure(fault.errcode, fault.errmsg)
            return await deliver(request, altered(response, fault, failure, simulator.settings), fault)
        finally:
            self._leave(call, limiter, admitted)

    def _leave(self, call: Call, limiter: Limiter, admitted: int) -> None:
        if not admitted:
            limiter.release(call.endpoint)
        self.simulator.counters.leave(call.endpoint)
