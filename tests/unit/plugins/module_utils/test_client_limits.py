# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No answer holds a task longer than its options allow, in wall time, nor fills its memory."""

from __future__ import annotations

import resource
import socket
import time
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._client import Connection, WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.raw_server import raw_server
from ansible_collections.wecom.kf.tests.unit.support.service import KFID, LIST, client_of

TIMEOUT = 0.4
SLACK = 1.5
"""Seconds that a busy machine may add."""

GIGABYTE = 1024**3


class Stopwatch:
    """How long listing takes, and how it ends."""

    def __init__(self, client: WecomClient) -> None:
        began = time.monotonic()
        with pytest.raises(WecomError) as raised:
            client.read(LIST, {"open_kfid": KFID})
        self.seconds = time.monotonic() - began
        self.error = raised.value
        self.sentence = raised.value.sentence()


def unhurried(simulator: RunningSimulator, **options: t.Any) -> t.Any:
    """A client with a token, little patience and real time."""
    options = {"timeout": TIMEOUT, "retry_timeout": 0.0, **options}
    return client_of(simulator, real_time=True, corpid=None, corpsecret=None, access_token=simulator.token(), **options)


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest) -> RunningSimulator:
    """Without and with TLS."""
    name = "simulator" if request.param == "http" else "tls_simulator"
    found: RunningSimulator = request.getfixturevalue(name)
    return found


@pytest.mark.parametrize(
    "fault",
    [
        {"delay": 30},
        {"trickle": 0.05},
        {"trickle": 1},
        {"trickle": 0.05, "headers": {"Set-Cookie": "x" * 2000}},
        {"trickle": 0.02, "http_status": 302, "headers": {"Location": "/elsewhere"}},
        {"trickle": 0.02, "http_status": 500, "body": "x" * 2000},
    ],
    ids=str,
)
def test_one_answer_has_the_timeout_to_come_to_an_end(either: RunningSimulator, fault: dict[str, t.Any]) -> None:
    """Even where every single byte comes in time: headers and body together have one timeout."""
    either.fault(on=LIST, **fault)
    with unhurried(either) as client:
        taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert taken.sentence == (
        f"kf/servicer/list failed: 127.0.0.1:{either.port} did not answer completely within 0.4 s;"
        " raise timeout if the network is slow"
    )
    assert (taken.error.retryable, taken.error.answer_lost) == (True, True)


def test_a_body_that_trickles_behind_quick_headers(simulator: RunningSimulator) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    with raw_server(serve) as server, unhurried(simulator, api_url=server.url) as client:
        taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert "did not answer completely within 0.4 s" in taken.sentence


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_peer_that_accepts_and_says_nothing(simulator: RunningSimulator, scheme: str) -> None:
    """With TLS that is a handshake that never comes to its end."""
    with raw_server(lambda connection: time.sleep(10)) as server:
        url = f"{scheme}://127.0.0.1:{server.port}"
        with unhurried(simulator, api_url=url) as client:
            taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert "within 0.4 s" in taken.sentence
    assert taken.error.answer_lost == (scheme == "http")


def test_a_handshake_that_trickles(simulator: RunningSimulator) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    with raw_server(serve) as server, unhurried(simulator, api_url=f"https://127.0.0.1:{server.port}") as client:
        taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert "no connection with" in taken.sentence
    assert not taken.error.answer_lost


def test_a_host_that_does_not_answer_at_all(simulator: RunningSimulator) -> None:
    """A listener whose queue is full drops what comes, as a firewall does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = []
        for _number in range(5):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
            waiting.append(sock)
        with unhurried(simulator, api_url=f"http://127.0.0.1:{port}") as client:
            taken = Stopwatch(client)
        for sock in waiting:
            sock.close()
    assert taken.seconds < TIMEOUT + SLACK
    assert f"no connection with 127.0.0.1:{port} within 0.4 s" in taken.sentence
    assert (taken.error.retryable, taken.error.answer_lost, taken.error.every_account) == (True, False, True)


@pytest.mark.parametrize(
    "fault",
    [{"errcode": 45009}, {"errcode": -1}, {"http_status": 503, "headers": {"Retry-After": "3600"}}, {"drop": "after"}],
    ids=str,
)
def test_retry_timeout_bounds_the_waiting_whatever_the_service_does(
    simulator: RunningSimulator, fault: dict[str, t.Any]
) -> None:
    simulator.fault(on=LIST, times=None, **fault)
    with unhurried(simulator, retry_timeout=1.0) as client:
        taken = Stopwatch(client)
    assert 0.9 < taken.seconds < 1.0 + SLACK


@pytest.mark.parametrize("fault", [{"delay": 30}, {"trickle": 0.05}], ids=str)
def test_attempts_that_take_their_time_are_charged_to_it_too(
    simulator: RunningSimulator, fault: dict[str, t.Any]
) -> None:
    """The first attempt is none of the retries, and the last one may begin just before the budget ends."""
    simulator.fault(on=LIST, times=None, **fault)
    with unhurried(simulator, retry_timeout=1.0) as client:
        taken = Stopwatch(client)
    assert taken.seconds < 1.0 + 2 * TIMEOUT + SLACK


def test_a_slow_service_is_no_fault_as_long_as_each_answer_comes_in_time(simulator: RunningSimulator) -> None:
    simulator.settings(latency=TIMEOUT / 2)
    with unhurried(simulator) as client:
        for _call in range(4):
            client.read(LIST, {"open_kfid": KFID})


class TestSize:
    @pytest.mark.parametrize(
        "fault",
        [
            {"body_size": GIGABYTE},
            {"body_size": GIGABYTE, "content_length": False},
            {"body_size": GIGABYTE, "http_status": 500},
            {"body_size": GIGABYTE, "http_status": 302, "headers": {"Location": "/elsewhere"}},
            {"body_size": GIGABYTE, "http_status": 302, "headers": {"Location": "/x"}, "content_length": False},
        ],
        ids=str,
    )
    def test_a_gigabyte_is_not_read(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=LIST, **fault)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with unhurried(simulator, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert f"127.0.0.1:{simulator.port} sent an answer of more than 32 MiB" in taken.sentence
        assert taken.error.retryable is False
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 200 * 1024, f"{grown} KiB"

    def test_a_gigabyte_of_zeros_in_a_small_compressed_body_is_not_unpacked(self, simulator: RunningSimulator) -> None:
        import zlib

        packer = zlib.compressobj(9, wbits=31)
        packed = b"".join([packer.compress(b" " * 1024**2) for _mebibyte in range(200)]) + packer.flush()
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

        def serve(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(head + packed)
            time.sleep(1)

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with raw_server(serve) as server, unhurried(simulator, api_url=server.url, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert "more than 32 MiB" in taken.sentence
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024

    def test_headers_without_end_are_refused(self, simulator: RunningSimulator) -> None:
        def serve(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")

        with raw_server(serve) as server, unhurried(simulator, api_url=server.url, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert "no usable answer" in taken.sentence
        assert taken.error.answer_lost

    def test_the_connection_with_a_rest_of_a_large_answer_is_not_used_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body_size=GIGABYTE)
        with unhurried(simulator, timeout=20.0) as client:
            Stopwatch(client)
            assert client.read(LIST, {"open_kfid": KFID})["servicer_list"] == []
        assert simulator.connections() == 2


def test_an_unreadable_retry_after_is_no_reason_to_give_up(simulator: RunningSimulator) -> None:
    answer = b"HTTP/1.1 429 Slow down\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with raw_server(serve) as server:
        client = WecomClient(Connection(server.url, access_token="t", retry_timeout=0.0))
        with pytest.raises(WecomError, match="HTTP 429"):
            client.read(LIST)
        client.close()
