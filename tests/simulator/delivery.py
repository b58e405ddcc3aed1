# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing an answer to the client, or most of it, or very slowly, or not at all."""

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
    """Tells aiohttp that everything was said, and that the connection is over."""

    def __init__(self) -> None:
        super().__init__()
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing to announce."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing to add."""


def response_of(answer: RawResponse) -> web.Response:
    """An answer that comes as it should."""
    response = web.Response(status=answer.status, body=answer.body)
    response.headers["Content-Type"] = answer.content_type
    if answer.headers:
        response.headers.update(answer.headers)
    return response


async def deliver(request: web.BaseRequest, answer: RawResponse, fault: Fault) -> web.StreamResponse:
    """Hand over an answer as the fault will have it."""
    if fault.drop is not None:
        hang_up(request.transport, fault.reset)
        return Done()
    if fault.body_size is not None:
        return await _fill(request, answer, fault.body_size, fault.content_length)
    if fault.cut is None and fault.trickle is None:
        return response_of(answer)
    head = _head(answer)
    raw = head + (answer.body if fault.cut is None else answer.body[: fault.cut])
    if fault.trickle is None:
        await _send(request.transport, raw)
    else:
        await _trickle(request.transport, raw, fault.trickle)
    hang_up(request.transport)
    return Done()


def hang_up(transport: asyncio.BaseTransport | None, reset: bool = False) -> None:
    """Close a connection, politely or with a reset."""
    if transport is None:
        return
    if reset and isinstance(transport, asyncio.WriteTransport):
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE)
        transport.abort()
    else:
        transport.close()


def _head(answer: RawResponse) -> bytes:
    try:
        reason = http.HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Status"
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
        **(answer.headers or {}),
    }
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
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


async def _fill(request: web.BaseRequest, answer: RawResponse, size: int, announced: bool) -> web.StreamResponse:
    """A body of any size, never held in memory."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.headers["Content-Type"] = answer.content_type
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
