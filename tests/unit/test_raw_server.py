# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The raw server reads a request to its end, so that no test depends on how many pieces a client sends."""

from __future__ import annotations

import socket
import time

import pytest

from ansible_collections.wecom.kf.tests.unit.support.raw_server import raw_server, sends


@pytest.mark.parametrize(
    "pieces",
    [
        (b"CONNECT wecom.invalid:443 HTTP/1.0\r\n", b"Proxy-Authorization: Basic eDp5\r\n", b"\r\n"),
        (b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n", b"{}", b"  "),
    ],
    ids=["a head", "a body"],
)
def test_a_client_that_sends_its_request_in_pieces_sees_the_response(pieces: tuple[bytes, ...]) -> None:
    response = b"HTTP/1.1 401 No\r\n\r\n"
    with raw_server(sends(response)) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.05)
        assert client.recv(100) == response
