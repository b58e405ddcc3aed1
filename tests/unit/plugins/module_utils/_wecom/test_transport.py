# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP requests: connections, certificates, proxies, redirects, and their bounds in time and size."""

from __future__ import annotations

import contextlib
import gzip
import resource
import socket
import ssl
import threading
import time
import typing as t
from importlib import metadata
from pathlib import Path

import pytest
import requests

from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.raw_server import RawServer, raw_server, read_request, sends
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, KFID, LIST, client_of, users

TIMEOUT = 0.4
SLACK = 1.5
"""Seconds that a busy machine may add."""

GIGABYTE = 1024**3

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
    """A proxy that remembers what it was asked and responds to everything itself."""

    def __init__(self, response: bytes = EMPTY_LIST) -> None:
        self.heads: list[bytes] = []
        self._response = response

    def serve(self, connection: socket.socket) -> None:
        self.heads.append(read_request(connection))
        connection.sendall(self._response)


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
            f"gettoken failed: 127.0.0.1:{port} refused the connection;"
            " check api_url, and that no firewall is in the way"
        )
        assert (error.retryable, error.uncertain, error.fatal) == (True, False, True)
        assert client.api_calls > 10


class TestTls:
    def test_an_unknown_authority_is_refused_with_the_cure(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, verify=True) as client:
            error = failure_of(client)
        assert error.sentence().startswith(
            f"gettoken failed: the TLS certificate of 127.0.0.1:{tls_simulator.port} was not accepted: "
        )
        assert error.hint == "name the CA that signed it in ca_path"
        assert (error.retryable, error.uncertain) == (False, False)

    def test_a_certificate_for_another_host_is_refused(self, tls_simulator: RunningSimulator) -> None:
        with client_of(tls_simulator, api_url=f"https://0.0.0.0:{tls_simulator.port}") as client:
            error = failure_of(client)
        assert "was not accepted: " in error.sentence()
        assert error.hint == "check api_url"
        assert (error.retryable, error.uncertain) == (False, False)

    @pytest.mark.parametrize(
        ("code", "hint"),
        [
            *((code, "name the CA that signed it in ca_path") for code in (18, 19, 20, 21)),
            *((code, "check api_url") for code in (62, 64)),
            (10, ""),
        ],
    )
    def test_the_hint_depends_on_what_openssl_refuses(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, code: int, hint: str
    ) -> None:
        refusal = ssl.SSLCertVerificationError(1, "certificate verify failed")
        refusal.verify_code, refusal.verify_message = code, "expired."

        def refuse(*_arguments: t.Any, **_settings: t.Any) -> t.NoReturn:
            raise requests.exceptions.SSLError(refusal)

        with client_of(simulator) as client:
            monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refuse)
            error = failure_of(client)
        assert error.sentence().partition("; ")[0].endswith("was not accepted: expired")
        assert error.hint == hint

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
        assert error.sentence() == (
            "gettoken failed: ca_path holds no certificate that can be read;"
            " name a file with certificates in PEM format"
        )
        assert (error.retryable, error.uncertain) == (False, False)

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_bundle_of_the_environment_that_does_not_exist_is_told_and_not_taken_for_a_bug(
        self, tls_simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
    ) -> None:
        monkeypatch.setenv(name, str(tmp_path / "none.pem"))
        with client_of(tls_simulator, verify=True) as client:
            error = failure_of(client)
        assert error.sentence() == (
            "gettoken failed: the CA bundle does not exist;"
            " check the environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
        )
        assert (error.retryable, error.uncertain) == (False, False)

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
        assert not error.uncertain


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
        assert (error.uncertain, error.fatal) == (False, True)

    @pytest.mark.parametrize(
        "host", ["a\\b", "*", ".", "a..b", "xn--", "[v1.x]", "[::1%25lo]:1", "x" * 300, "host%00", "ex<am>ple"]
    )
    def test_a_host_that_no_library_takes(self, simulator: RunningSimulator, host: str) -> None:
        with client_of(simulator, api_url=f"http://{host}", retry_timeout=0.0) as client:
            error = failure_of(client)
        assert error.sentence().startswith("gettoken failed: ")
        assert simulator.corpsecret not in error.sentence()


class TestStrangeResponses:
    @pytest.mark.parametrize(
        "response",
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
        ids=lambda response: repr(response[:40]),
    )
    def test_they_end_in_one_sentence(self, simulator: RunningSimulator, response: bytes) -> None:
        with raw_server(sends(response)) as server:
            with client_of(simulator, api_url=server.url, access_token="t+0/ken", retry_timeout=0.0) as client:
                error = failure_of(client)
            assert error.sentence().startswith("kf/servicer/list failed: ")
            assert "\n" not in error.sentence()
            assert "ken" not in error.sentence()


def test_what_is_packed_twice_is_refused_unread(simulator: RunningSimulator) -> None:
    body = gzip.compress(gzip.compress(b" " * 1_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(sends(head + body)) as server, client_of(simulator, api_url=server.url) as client:
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
                heads.append(read_request(connection))
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

    def test_a_proxy_that_is_down_is_named_with_its_variable_and_without_its_password(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        monkeypatch.setenv("http_proxy", f"http://somebody:pa55word@127.0.0.1:{port}")
        with client_of(simulator, api_url="http://wecom.invalid", retry_timeout=0.0) as client:
            error = failure_of(client)
        assert error.sentence() == (
            f"gettoken failed: the proxy 127.0.0.1:{port} refused the connection;"
            f" check the proxy 127.0.0.1:{port}, which comes from the environment variable http_proxy"
        )
        assert error.retryable

    @pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
    def test_an_unknown_proxy_is_named_with_the_variable_that_it_comes_from(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        monkeypatch.setenv(variable, "http://no-such-proxy.invalid:3128")
        with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=0.0) as client:
            error = failure_of(client)
        assert error.cause == "the host name of the proxy no-such-proxy.invalid:3128 cannot be resolved"
        assert error.hint.endswith(f"which comes from the environment variable {variable}")
        assert not error.retryable

    @pytest.mark.parametrize("status", [302, 403, 429, 502])
    def test_a_proxy_that_may_have_responded_in_the_place_of_the_service_is_named_with_its_variable(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        response = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
        with raw_server(sends(response)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with client_of(simulator, api_url="http://wecom.invalid", retry_timeout=0.0) as client:
                error = failure_of(client)
        assert f"HTTP {status}" in error.cause
        assert error.hint.endswith(
            f"and check the proxy {proxy.url[7:]}, which comes from the environment variable http_proxy"
        )

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("status", [401, 407])
    def test_a_proxy_that_wants_another_password_is_named_with_its_variable(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int
    ) -> None:
        response = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
        with raw_server(sends(response)) as proxy:
            monkeypatch.setenv(f"{scheme}_proxy", proxy.url.replace("//", "//somebody:pa55word@"))
            with client_of(simulator, api_url=f"{scheme}://wecom.invalid", retry_timeout=0.0) as client:
                error = failure_of(client)
        assert f"HTTP {status}" in error.cause
        assert "wants another user name or password" in error.cause
        assert error.hint == (
            f"check the proxy 127.0.0.1:{proxy.port}, which comes from the environment variable {scheme}_proxy"
        )
        assert "pa55word" not in error.sentence()
        assert not error.retryable

    def test_a_401_without_a_proxy_is_not_blamed_on_one(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, http_status=401)
        with client_of(simulator) as client:
            assert failure_of(client).hint == "check api_url, and that no proxy responds in the service's place"

    def test_an_https_proxy_that_speaks_http_is_named_with_its_variable(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with raw_server(sends(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as proxy:
            monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{proxy.port}")
            with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=0.0) as client:
                error = failure_of(client)
        assert error.cause.startswith(
            (
                f"no TLS connection to the proxy 127.0.0.1:{proxy.port}: ",
                "the proxy refused a tunnel to wecom.invalid: HTTP 400",  # older versions of requests speak http to it
            )
        )
        assert f"127.0.0.1:{proxy.port}" in error.sentence()
        assert error.hint.endswith("which comes from the environment variable https_proxy")
        assert not error.uncertain

    @pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:port", "http://pro xy:1", "http://:3128", "://"])
    def test_a_proxy_url_that_cannot_be_read_is_named_with_its_variable(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("https_proxy", url)
        with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=0.0) as client:
            error = failure_of(client)
        assert "environment variable https_proxy" in error.hint
        assert "\n" not in error.sentence()
        assert not error.uncertain

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
        response = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
        with raw_server(sends(response)) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            with client_of(simulator, api_url="https://wecom.invalid", retry_timeout=3.0) as client:
                sentence = failure_of(client).sentence()
                assert (client.api_calls >= tries) if tries > 1 else (client.api_calls == 1)
        assert f"HTTP {status}" in sentence
        assert "the proxy refused a tunnel to wecom.invalid" in sentence
        assert "environment variable https_proxy" in sentence

    def test_a_proxy_that_responds_in_the_services_place_is_suspected(
        self, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = b"<html>Access denied</html>"
        response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        with raw_server(sends(response)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with client_of(simulator, api_url="http://wecom.invalid", access_token="t") as client:
                sentence = failure_of(client).sentence()
        assert (
            "responded with an HTML page; check api_url, and that no proxy responds in the service's place" in sentence
        )

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
        assert read_request(connection).startswith(b"CONNECT ")
        with socket.create_connection(("127.0.0.1", port)) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(target, connection), daemon=True)
            back.start()
            pump(connection, target)
            back.join(10)

    return raw_server(serve)


# --- bounds in time and size ---


def write(client: WecomClient) -> dict[str, t.Any]:
    return client.write(ADD, {"open_kfid": KFID, "userid_list": ["ann"]})


class Stopwatch:
    """How long a call takes, and how it ends."""

    def __init__(self, client: WecomClient, call: t.Callable[[WecomClient], object] = listed) -> None:
        began = time.monotonic()
        with pytest.raises(WecomError) as raised:
            call(client)
        self.seconds = time.monotonic() - began
        self.error = raised.value
        self.sentence = raised.value.sentence()


def impatient(simulator: RunningSimulator, **options: t.Any) -> t.Any:
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
        *(
            pytest.param(fault, marks=pytest.mark.slow)
            for fault in (
                {"trickle": 1},
                {"trickle": 0.05, "headers": {"Set-Cookie": "x" * 2000}},
                {"trickle": 0.02, "http_status": 302, "headers": {"Location": "/elsewhere"}},
                {"trickle": 0.02, "http_status": 500, "body": "x" * 2000},
            )
        ),
    ],
    ids=str,
)
def test_one_response_has_the_timeout_to_come_to_an_end(either: RunningSimulator, fault: dict[str, t.Any]) -> None:
    """Even where every single byte comes in time: headers and body together have one timeout."""
    either.fault(on=LIST, **fault)
    with impatient(either) as client:
        taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert taken.sentence == (
        f"kf/servicer/list failed: 127.0.0.1:{either.port} did not respond completely within 0.4 s;"
        " raise timeout if the network is slow"
    )
    assert (taken.error.retryable, taken.error.uncertain) == (True, True)


def test_a_body_that_trickles_behind_quick_headers(simulator: RunningSimulator) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)

    with raw_server(serve) as server, impatient(simulator, api_url=server.url) as client:
        taken = Stopwatch(client)
    assert taken.seconds < TIMEOUT + SLACK
    assert "did not respond completely within 0.4 s" in taken.sentence


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_target_that_accepts_and_says_nothing_costs_one_timeout(simulator: RunningSimulator, scheme: str) -> None:
    """With TLS that is a handshake that never ends: the write cannot have been sent."""
    with raw_server(lambda connection: time.sleep(10)) as server:
        url = f"{scheme}://127.0.0.1:{server.port}"
        with impatient(simulator, api_url=url) as client:
            taken = Stopwatch(client, write)
    assert taken.seconds < TIMEOUT + SLACK
    assert "within 0.4 s" in taken.sentence
    assert taken.error.retryable
    assert taken.error.uncertain == (scheme == "http")


def test_a_handshake_that_trickles_costs_one_timeout_and_sends_nothing(simulator: RunningSimulator) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    with raw_server(serve) as server, impatient(simulator, api_url=f"https://127.0.0.1:{server.port}") as client:
        taken = Stopwatch(client, write)
    assert taken.seconds < TIMEOUT + SLACK
    assert "did not respond completely within 0.4 s" in taken.sentence
    assert not taken.error.uncertain


@contextlib.contextmanager
def dead_address() -> t.Iterator[tuple[str, int]]:
    """Yield an address that drops what comes, as a firewall does: a listener whose queue is full."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address: tuple[str, int] = listener.getsockname()
        for _number in range(5):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address


def test_a_host_that_drops_what_comes_costs_a_third_of_the_timeout(simulator: RunningSimulator) -> None:
    with dead_address() as (_host, port):  # noqa: SIM117 -- pylint takes the port for unassigned in one statement
        with impatient(simulator, api_url=f"http://127.0.0.1:{port}") as client:
            taken = Stopwatch(client, write)
    assert taken.seconds < TIMEOUT + SLACK
    assert f"no connection to 127.0.0.1:{port} within 0.133 s, a third of timeout" in taken.sentence
    assert (taken.error.retryable, taken.error.uncertain, taken.error.fatal) == (True, False, True)


def test_a_dead_first_address_of_a_host_leaves_time_for_the_second(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dead_address() as dead:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (dead, ("127.0.0.1", simulator.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)
        with client_of(
            simulator, api_url="http://two.example", timeout=1.5, real_time=True, retry_timeout=0.0
        ) as client:
            assert listed(client)["servicer_list"] == []


def test_a_name_that_is_not_resolved_in_time_costs_one_timeout_and_sends_nothing(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: time.sleep(2))
    with impatient(simulator, api_url="http://slow.example") as client:
        taken = Stopwatch(client, write)
    assert taken.seconds < TIMEOUT + SLACK
    assert (taken.error.retryable, taken.error.uncertain) == (True, False)


def test_a_write_that_was_given_up_before_it_was_sent_is_never_sent(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread is still resolving the name when the time is over, and then connects: no body follows the headers."""
    resolve = socket.getaddrinfo
    resolved = threading.Event()

    def slowly(*arguments: t.Any, **options: t.Any) -> t.Any:
        time.sleep(0.6)
        resolved.set()
        return resolve("127.0.0.1", simulator.port, type=socket.SOCK_STREAM)

    with impatient(simulator, api_url="http://slow.example") as client:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        taken = Stopwatch(client, write)
        monkeypatch.undo()
        assert not taken.error.uncertain
        assert resolved.wait(10)
        time.sleep(0.2)
    assert not any(line["applied"] for line in simulator.log() if line["endpoint"] == ADD)
    assert simulator.serving(KFID) == []


@pytest.mark.parametrize(
    "fault",
    [{"errcode": 45009}, {"errcode": -1}, {"http_status": 503, "headers": {"Retry-After": "3600"}}, {"drop": "after"}],
    ids=str,
)
def test_retry_timeout_bounds_the_waiting_whatever_the_service_does(
    simulator: RunningSimulator, fault: dict[str, t.Any]
) -> None:
    simulator.fault(on=LIST, times=None, **fault)
    with impatient(simulator, retry_timeout=0.5) as client:
        taken = Stopwatch(client)
    assert 0.45 < taken.seconds < 0.5 + SLACK


@pytest.mark.slow
@pytest.mark.parametrize("fault", [{"delay": 30}, {"trickle": 0.05}], ids=str)
def test_attempts_that_take_their_time_are_charged_to_it_too(
    simulator: RunningSimulator, fault: dict[str, t.Any]
) -> None:
    """The first attempt is none of the retries, and the last one may begin just before the budget ends."""
    simulator.fault(on=LIST, times=None, **fault)
    with impatient(simulator, retry_timeout=0.5) as client:
        taken = Stopwatch(client)
    assert taken.seconds < 0.5 + 2 * TIMEOUT + SLACK


def test_a_slow_service_is_no_fault_as_long_as_each_response_comes_in_time(simulator: RunningSimulator) -> None:
    simulator.settings(latency=TIMEOUT / 2)
    with impatient(simulator) as client:
        for _call in range(4):
            client.read(LIST, {"open_kfid": KFID})


def test_an_upload_that_gets_stuck_may_have_arrived(simulator: RunningSimulator) -> None:
    """The peer takes what fits into the buffers, and no more."""
    silence = raw_server(lambda connection: time.sleep(10))
    with silence as server, impatient(simulator, api_url=server.url) as client, pytest.raises(WecomError) as raised:
        client.upload("media/upload", {}, bytes(30 << 20), "application/octet-stream")
    error = raised.value
    assert "did not respond completely within" in error.sentence()
    assert (error.timed_out, error.uncertain, error.retryable) == (True, True, True)


def test_without_a_proxy_a_closed_connection_has_no_hint(simulator: RunningSimulator) -> None:
    simulator.fault(on=LIST, drop="before")
    with impatient(simulator) as client:
        assert failure_of(client).as_result()["hint"] == ""


class TestSize:
    def test_a_size_of_nineteen_digits_is_too_large_too(self, simulator: RunningSimulator) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n\r\n"
        with raw_server(sends(head)) as server, impatient(simulator, api_url=server.url) as client:
            assert "sent a response of more than 32 MiB" in failure_of(client).sentence()

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
        with impatient(simulator, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert f"127.0.0.1:{simulator.port} sent a response of more than 32 MiB" in taken.sentence
        assert taken.error.retryable is False
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 200 * 1024, f"{grown} KiB"

    @pytest.mark.slow
    def test_a_hundred_mebibytes_in_a_small_compressed_body_is_not_unpacked(self, simulator: RunningSimulator) -> None:
        import zlib

        packer = zlib.compressobj(9, wbits=31)
        packed = b"".join([packer.compress(b" " * 1024**2) for _mebibyte in range(100)]) + packer.flush()
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        serve = sends(head + packed)
        with raw_server(serve) as server, impatient(simulator, api_url=server.url, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert "more than 32 MiB" in taken.sentence
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 90 * 1024

    def test_headers_without_end_are_refused(self, simulator: RunningSimulator) -> None:
        def serve(connection: socket.socket) -> None:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")

        with raw_server(serve) as server, impatient(simulator, api_url=server.url, timeout=20.0) as client:
            taken = Stopwatch(client)
        assert "no usable response" in taken.sentence
        assert taken.error.uncertain

    def test_the_connection_with_the_rest_of_a_response_is_not_used_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body_size=GIGABYTE)
        with impatient(simulator, timeout=20.0) as client:
            Stopwatch(client)
            assert client.read(LIST, {"open_kfid": KFID})["servicer_list"] == []
        assert simulator.connections() == 2


def test_a_retry_after_that_cannot_be_read_does_not_hide_the_status(simulator: RunningSimulator) -> None:
    response = b"HTTP/1.1 429 Slow down\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n"
    with raw_server(sends(response)) as server:
        client = WecomClient(Connection(server.url, access_token="t", retry_timeout=0.0))
        with pytest.raises(WecomError, match="HTTP 429"):
            client.read(LIST)
        client.close()
