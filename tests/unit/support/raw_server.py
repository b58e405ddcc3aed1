# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that speaks no HTTP of its own: for what a well-made server library would never send."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import typing as t


class RawServer:
    """Hands every connection to a function; ``connections`` says how many there were."""

    def __init__(self, serve: t.Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._serve(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)


@contextlib.contextmanager
def raw_server(serve: t.Callable[[socket.socket], None]) -> t.Iterator[RawServer]:
    server = RawServer(serve)
    try:
        yield server
    finally:
        server.close()


def read_request(connection: socket.socket) -> bytes:
    """Return one request with its body, in however many pieces it comes; of a TLS handshake only what comes first.

    Whoever closes a connection with something unread resets it, and the client may never see the response.
    """
    request = b""
    while not _is_whole(request):
        piece = connection.recv(65536)
        if not piece:
            break
        request += piece
    return request


def _is_whole(request: bytes) -> bool:
    if request.startswith(_TLS_HANDSHAKE):
        return True
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    return bool(end) and len(body) >= int(length.group(1) if length else 0)


_TLS_HANDSHAKE = b"\x16"


def sends(response: bytes) -> t.Callable[[socket.socket], None]:
    """Serve by reading a request and sending this, whatever was asked."""

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(response)

    return serve
