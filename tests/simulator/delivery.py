# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a response to the client: whole, in part, slowly, or not at all."""

from __future__ import annotations

import asyncio
import http
import socket
import struct
from typing import Any

from aiohttp import web

from .faults import Fault
from .responses import RawResponse

_CHUNK = b"x" * 65536
_ABORTIVE = struct.pack("ii", 1, 0)


class Done(web.StreamResponse):
    """Tells aiohttp that the response is sent and the connection is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send nothing."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send nothing."""


def response_of(raw: RawResponse) -> web.Response:
    """Return the response for aiohttp, unaltered."""
    response = web.Response(status=raw.status, body=raw.body)
    response.headers["Content-Type"] = raw.content_type
    if raw.headers:
        response.headers.update(raw.headers)
    return response


async def deliver(request: web.BaseRequest, raw: RawResponse, fault: Fault) -> web.StreamResponse:
    """Send a response as the fault says."""
    if fault.drop is not None:
        close_connection(request.transport, fault.reset)
        return Done()
    if fault.body_size is not None:
        return await _fill(request, raw, fault.body_size, fault.content_length)
    if fault.cut is None and fault.trickle is None:
        return response_of(raw)
    head = _head(raw)
    data = head + (raw.body if fault.cut is None else raw.body[: fault.cut])
    if fault.trickle is None:
        await _send(request.transport, data)
    else:
        await _trickle(request.transport, data, fault.trickle)
    close_connection(request.transport)
    return Done()


def close_connection(transport: asyncio.BaseTransport | None, reset: bool = False) -> None:
    """Close a connection, in the usual way or with a reset."""
    if transport is None:
        return
    if reset and isinstance(transport, asyncio.WriteTransport):
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE)
        transport.abort()
    else:
        transport.close()


def _head(raw: RawResponse) -> bytes:
    try:
        reason = http.HTTPStatus(raw.status).phrase
    except ValueError:
        reason = "Status"
    headers = {
        "Content-Type": raw.content_type,
        "Content-Length": str(len(raw.body)),
        "Connection": "close",
        **(raw.headers or {}),
    }
    lines = [f"HTTP/1.1 {raw.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8")


async def _send(transport: Any, data: bytes) -> None:
    if transport is not None and not transport.is_closing():
        transport.write(data)


async def _trickle(transport: Any, data: bytes, pause: float) -> None:
    for at in range(len(data)):
        if transport is None or transport.is_closing():
            return
        transport.write(data[at : at + 1])
        await asyncio.sleep(pause)


async def _fill(request: web.BaseRequest, raw: RawResponse, size: int, announced: bool) -> web.StreamResponse:
    """Send a body of any size without holding it in memory."""
    response = web.StreamResponse(status=raw.status, headers=raw.headers)
    response.headers["Content-Type"] = raw.content_type
    response.force_close()
    if announced:
        response.content_length = size
    try:
        await response.prepare(request)
        while size > 0:
            await response.write(_CHUNK[:size])
            size -= len(_CHUNK)
        await response.write_eof()
    except ConnectionError:
        return Done()
    return response
