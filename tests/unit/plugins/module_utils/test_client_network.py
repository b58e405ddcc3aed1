# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client does with connections, certificates, proxies, redirects, and what lies about on the machine."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import typing as t
from importlib import metadata
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.raw_server import RawServer, raw_server, says
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, KFID, LIST, client_of, users

NO_CONTENT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
EMPTY_LIST = NO_CONTENT + b'{"servicer_list":[]}'


def listed(client: WecomClient) -> dict[str, t.Any]:
    return client.read(LIST, {"open_kfid": KFID})


def failure_of(client: WecomClient) -> WecomError:
    with pytest.raises(WecomError) as raised:
        listed(client)
    return raised.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Proxy:
    """A proxy that remembers what it was asked and answers everything itself."""

    def __init__(self, answer: bytes = EMPTY_LIST) -> None:
        self.heads: list[bytes] = []
        self._answer = answer

    def serve(self, connection: socket.socket) -> None:
        self.heads.append(connection.recv(65536))
        connection.sendall(self._answer)


class TestConnections:
    def test_one_connection_serves_all_calls(self, simulator: RunningSimulator) -> None:
        with client_of(simulator) as client:
            for _call in range(20):
                listed(client)
            client.write(ADD, {"open_kfid": KFID, "userid_list": users(1, 100)})
        assert simulator.connections() == 1

    def test_over_tls_too(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator) as client:
            for _call in range(5):
                listed(client)
        assert tls_simulator.connections() == 1

    def test_errors_of_the_service_keep_it_open(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, errcode=-1, times=3)
        with client_of(simulator) as client:
            listed(client)
        assert simulator.connections() == 1

    def test_a_connection_that_the_service_closed_is_replaced(self, simulator: RunningSimulator) -> None:
        with client_of(simulator) as client:
            listed(client)
            simulator.stop()
            simulator.start_again()
            listed(client)
        assert simulator.connections() == 2

    def test_a_service_that_comes_back_within_the_budget_is_waited_for(self, simulator: RunningSimulator) -> None:
        port = simulator.port
        simulator.stop()
        try:
            with client_of(simulator) as client:
                error = failure_of(client)
        finally:
            simulator.start_again()
        assert error.sentence() == (
            f"gettoken failed: 127.0.0.1:{port} refused the connection; check api_url, and that nothing is in the way"
        )
        assert (error.retryable, error.answer_lost, error.every_account) == (True, False, True)
        assert client.api_calls > 10


class TestTls:
    def test_an_unknown_authority_is_refused_with_the_cure(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, verify=True) as client:
            error = failure_of(client)
        assert error.sentence().startswith(
            f"gettoken failed: the TLS certificate of 127.0.0.1:{tls_simulator.port} was not accepted: "
        )
        assert error.hint == "name the CA that signed it in ca_path"
        assert (error.retryable, error.answer_lost) == (False, False)

    def test_a_certificate_for_another_host_is_refused(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, api_url=f"https://0.0.0.0:{tls_simulator.port}") as client:
            error = failure_of(client)
        assert "was not accepted: " in error.sentence()
        assert error.hint == "check api_url"
        assert (error.retryable, error.answer_lost) == (False, False)

    def test_verification_can_be_switched_off(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, verify=False) as client:
            assert listed(client)["servicer_list"] == []

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_bundle_in_the_environment_does_not_switch_it_on_again(
        self, tls_simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        import certifi

        monkeypatch.setenv(name, certifi.where())
        with client_of(tls_simulator, verify=False) as client:
            assert listed(client)["servicer_list"] == []

    def test_a_bundle_in_the_environment_is_used_where_none_is_named(
        self, tls_simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls_simulator.ca_path or "")
        with client_of(tls_simulator, verify=True) as client:
            assert listed(client)["servicer_list"] == []

    def test_the_bundle_that_is_named_wins(
        self, tls_simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import certifi

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
        with client_of(tls_simulator) as client:
            assert listed(client)["servicer_list"] == []

    @pytest.mark.parametrize(
        "content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"]
    )
    def test_a_bundle_that_is_none_is_said_to_be(
        self, tls_simulator: RunningSimulator, tmp_path: Path, content: bytes
    ) -> None:
        bundle = tmp_path / "ca.pem"
        bundle.write_bytes(content)
        with client_of(tls_simulator, verify=str(bundle)) as client:
            error = failure_of(client)
        assert "\n" not in error.sentence()
        assert error.retryable is False

    def test_plain_http_where_tls_is_spoken(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, api_url=f"http://127.0.0.1:{tls_simulator.port}") as client:
            sentence = failure_of(client).sentence()
        assert sentence.startswith("gettoken failed: ")
        assert f"127.0.0.1:{tls_simulator.port}" in sentence

    def test_tls_where_plain_http_is_spoken(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, api_url=f"https://127.0.0.1:{simulator.port}") as client:
            error = failure_of(client)
        assert "TLS" in error.sentence()
        assert "is this an https port?" in error.sentence()
        assert not error.answer_lost


class TestNoConnection:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_refused_one_is_named_with_the_host(self, simulator: RunningSimulator, scheme: str) -> None:
        port = free_port()
        with client_of(simulator, api_url=f"{scheme}://127.0.0.1:{port}", retry_timeout=0.0) as client:
            sentence = failure_of(client).sentence()
        assert sentence.startswith(f"gettoken failed: 127.0.0.1:{port} refused the connection; ")

    def test_a_host_without_an_address(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, api_url="http://no-such-host.invalid") as client:
            error = failure_of(client)
        assert error.sentence() == (
            "gettoken failed: the host name of no-such-host.invalid cannot be resolved; check api_url and the DNS"
        )
        assert (error.answer_lost, error.every_account) == (False, True)

    @pytest.mark.parametrize(
        "host", ["a\\b", "*", ".", "a..b", "xn--", "[v1.x]", "[::1%25lo]:1", "x" * 300, "host%00", "ex<am>ple"]
    )
    def test_a_host_that_no_library_takes(self, simulator: RunningSimulator, host: str) -> None:
        with client_of(simulator, api_url=f"http://{host}", retry_timeout=0.0) as client:
            error = failure_of(client)
        assert error.sentence().startswith("gettoken failed: ")
        assert simulator.corpsecret not in error.sentence()


class TestStrangeAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"\x00" * 100,
        ],
        ids=lambda answer: repr(answer[:40]),
    )
    def test_they_end_in_one_sentence(self, simulator: RunningSimulator, answer: bytes) -> None:
        with raw_server(says(answer)) as server:
            with client_of(simulator, api_url=server.url, access_token="t+0/ken", retry_timeout=0.0) as client:
                error = failure_of(client)
            assert error.sentence().startswith("kf/servicer/list failed: ")
            assert "\n" not in error.sentence()
            assert "ken" not in error.sentence()


def test_what_is_packed_twice_is_refused_unread(simulator: RunningSimulator) -> None:
    body = gzip.compress(gzip.compress(b" " * 1_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(says(head + body)) as server, client_of(simulator, api_url=server.url) as client:
        assert "MiB" in failure_of(client).sentence()


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_they_are_not_followed(self, simulator: RunningSimulator, status: int) -> None:
        asked = Proxy()
        with raw_server(asked.serve) as elsewhere:
            simulator.fault(on=LIST, http_status=status, headers={"Location": elsewhere.url})
            with client_of(simulator) as client:
                error = failure_of(client)
        assert asked.heads == []
        assert f"HTTP {status}, a redirect, which is not followed; check api_url" in error.sentence()
        assert error.retryable is False


class TestEnvironment:
    def test_netrc_is_left_alone(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password something\n", encoding="utf-8")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        asked = Proxy()
        with raw_server(asked.serve) as server, client_of(simulator, api_url=server.url, access_token="t") as client:
            listed(client)
        assert b"authorization" not in asked.heads[0].lower()

    def test_cookies_are_not_sent_back(self, simulator: RunningSimulator) -> None:
        heads = []

        def serve(connection: socket.socket) -> None:
            for _request in range(2):
                heads.append(connection.recv(65536))
                connection.sendall(EMPTY_LIST.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))

        with raw_server(serve) as server, client_of(simulator, api_url=server.url, access_token="t") as client:
            listed(client)
            listed(client)
        assert b"cookie" not in heads[1].lower()

    def test_a_proxy_from_the_environment_is_used(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = Proxy()
        with raw_server(asked.serve) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with client_of(simulator, api_url="http://wecom.invalid", access_token="t") as client:
                assert listed(client) == {"servicer_list": []}
        assert asked.heads[0].startswith(b"GET http://wecom.invalid/cgi-bin/kf/servicer/list?")

    def test_no_proxy_is_heeded(self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with client_of(simulator) as client:
            listed(client)

    def test_a_proxy_that_cannot_be_reached_is_named_without_its_password(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        monkeypatch.setenv("http_proxy", f"http://somebody:pa55word@127.0.0.1:{port}")
        with client_of(simulator, api_url="http://wecom.invalid", retry_timeout=0.0) as client:
            sentence = failure_of(client).sentence()
        assert f"wecom.invalid through the proxy 127.0.0.1:{port}" in sentence
        assert "pa55word" not in sentence
        assert "somebody" not in sentence

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_proxy_that_wants_a_password(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with raw_server(says(answer)) as proxy:
            monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
            with client_of(simulator, api_url=f"{scheme}://wecom.invalid", retry_timeout=0.0) as client:
                error = failure_of(client)
        assert f"wecom.invalid through the proxy 127.0.0.1:{proxy.port}" in error.sentence()
        assert "\n" not in error.sentence()

    @pytest.mark.parametrize("password", ["pa55/word", "ab\u2100pa55word", "pa[55word", "pa55@word"])
    def test_no_part_of_a_proxys_password_gets_out_however_odd(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, password: str
    ) -> None:
        monkeypatch.setenv("https_proxy", f"http://somebody:{password}@127.0.0.1:{free_port()}")
        with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=0.0) as client:
            sentence = failure_of(client).sentence()
        assert "pa" not in sentence.partition("through the proxy ")[2]
        assert "55word" not in sentence
        assert "somebody" not in sentence

    @pytest.mark.parametrize(("status", "tries"), [(503, 5), (407, 1), (403, 1)])
    def test_a_proxy_that_refuses_a_tunnel_is_named_with_its_status(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, status: int, tries: int
    ) -> None:
        answer = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
        with raw_server(says(answer)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=3.0) as client:
                sentence = failure_of(client).sentence()
                assert (client.api_calls >= tries) if tries > 1 else (client.api_calls == 1)
        assert f"HTTP {status}" in sentence
        assert "wecom.invalid through the proxy" in sentence

    def test_a_proxy_that_answers_in_the_services_place(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = b"<html>Access denied</html>"
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        with raw_server(says(answer)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with client_of(simulator, api_url="http://wecom.invalid", access_token="t") as client:
                sentence = failure_of(client).sentence()
        assert "answered with an HTML page; check api_url, and that no proxy answers in the service's place" in sentence

    def test_a_tls_tunnel_through_a_proxy(
        self, tls_simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with tunnel_to(tls_simulator.port) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            with client_of(tls_simulator) as client:
                listed(client)
                listed(client)
            # urllib3 1 takes a connection on which a TLS session ticket has just come in for one that was dropped.
            assert proxy.connections == 1 or metadata.version("urllib3").startswith("1.")


def tunnel_to(port: int) -> t.ContextManager[RawServer]:
    """A proxy that knows CONNECT and nothing else."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)

    def serve(connection: socket.socket) -> None:
        assert connection.recv(65536).startswith(b"CONNECT ")
        with socket.create_connection(("127.0.0.1", port)) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(target, connection), daemon=True)
            back.start()
            pump(connection, target)
            back.join(10)

    return raw_server(serve)
