# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""One HTTP exchange over kept-alive connections: bounded in time and size, and honest about what a failure means.

Knows nothing of tokens, error codes or retries.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import socket
import ssl
import threading
import traceback
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils._watchdog import Watchdog, WatchedConnection
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes; a list of 100,000 servicers takes about 12 MB."""

_CHUNK = 64 * 1024

if REQUESTS_IMPORT_ERROR is None:

    class _HTTPConnection(WatchedConnection, HTTPConnection):
        pass

    class _HTTPSConnection(WatchedConnection, HTTPSConnection):
        pass

    class _HTTPPool(HTTPConnectionPool):
        ConnectionCls = _HTTPConnection

    class _HTTPSPool(HTTPSConnectionPool):
        ConnectionCls = _HTTPSConnection

    _NOT_CONNECTED = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    # Not ConnectTimeoutError: a refused connection is one too. Behind a real one is a socket.timeout.
    _TIMEOUTS = (urllib3.exceptions.ReadTimeoutError, socket.timeout)
    _POOLS = {"http": _HTTPPool, "https": _HTTPSPool}

    class _Session(requests.Session):
        def get_redirect_target(self, resp: t.Any) -> None:
            """None, even where there is one: for it requests would read the whole body first, however large."""

    class _Adapter(HTTPAdapter):
        """An adapter whose connections are watched, those through a proxy too."""

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = _POOLS

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = _POOLS
            return manager


class HttpAnswer(t.NamedTuple):
    """A complete answer."""

    status: int
    body: bytes
    content_type: str
    retry_after: float
    """Seconds; 0 where the header is missing or unreadable."""


class HttpSession:
    """Sends requests to one base URL over at most C(connections) kept-alive connections."""

    def __init__(self, base_url: str, *, verify: bool | str, timeout: float, connections: int, user_agent: str) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        self._watchdog = Watchdog(timeout)
        self._session = _Session()
        adapter = _Adapter(pool_connections=1, pool_maxsize=connections, pool_block=False)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        if verify is False:
            # It was asked for; the warning of each call would only mix with the module's output.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        # Worked out once: requests would read the environment anew for every call. The explicit verify matters:
        # with its default, REQUESTS_CA_BUNDLE would win over validate_certs=false.
        self._send_options = self._session.merge_environment_settings(base_url, {}, True, verify, None)
        self._send_options["verify"] = self._send_options["verify"] if verify is True else verify
        self.peer = self._describe_peer()
        """Whom this talks to, fit to be shown."""
        self._lock = threading.Lock()
        self.exchanges = 0
        """How many HTTP requests were made."""

    def _describe_peer(self) -> str:
        """The host, and the proxy on the way, without anything secret that their URLs may hold."""
        where = _host_of(self._base_url)
        proxy = requests.utils.select_proxy(self._base_url, self._send_options["proxies"])
        # What cannot be watched may have been sent.
        self._is_watched = not (proxy or "").lower().startswith("socks")
        return f"{where} through the proxy {_host_of(proxy)}" if proxy else where

    def exchange(self, method: str, path: str, query: dict[str, str], body: bytes | None = None) -> HttpAnswer:
        """One request and its whole answer, whatever the status. Redirects are not followed.

        Raises WecomError, with C(retryable) and C(answer_lost), where there was no complete answer.
        """
        # A request prepared without the session takes no password from ~/.netrc.
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        with self._lock:  # += is not atomic
            self.exchanges += 1
        with self._watchdog as lease:
            try:
                request = requests.Request(
                    method, self._base_url + path, headers=headers, params=query, data=body
                ).prepare()
                with self._session.send(
                    request,
                    timeout=(self._timeout, self._timeout),
                    allow_redirects=False,
                    **self._send_options,
                ) as response:
                    answer = HttpAnswer(
                        response.status_code,
                        self._read(response),
                        response.headers.get("Content-Type", ""),
                        _seconds(response.headers.get("Retry-After", "")),
                    )
            except WecomError:
                raise
            except (
                requests.exceptions.RequestException,
                urllib3.exceptions.HTTPError,
                OSError,
                ValueError,
            ) as exception:
                # The exception's own text holds the URL and so the token: none of it may get out, not even as context.
                error = self._explain(exception, lease.sent or not self._is_watched, lease.overdue)
            else:
                # Shut down in the middle of a body without a length, an answer looks complete.
                if not lease.overdue:
                    return answer
                error = self._too_slow()
        raise error from None

    def close(self) -> None:
        """Close the connections."""
        self._watchdog.close()
        self._session.close()

    def _read(self, response: t.Any) -> bytes:
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        chunks = []
        if "," in response.headers.get("Content-Encoding", ""):
            # Packed twice, a few kilobytes unpack to gigabytes at once, before anybody can count them.
            size = LARGEST_BODY + 1
        if size <= LARGEST_BODY:
            size = 0
            for chunk in response.iter_content(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST_BODY:
                    break
        if size > LARGEST_BODY:
            raise WecomError(
                f"{self.peer} sent an answer of more than {LARGEST_BODY >> 20} MiB, which was not read",
                hint="check api_url, and that no proxy answers in the service's place",
                http_status=response.status_code,
                answer_lost=True,
            )
        return b"".join(chunks)

    def _too_slow(self) -> WecomError:
        return WecomError(
            f"{self.peer} did not answer completely within {self._timeout:g} s",
            hint="raise timeout if the network is slow",
            retryable=True,
            answer_lost=True,
        )

    def _explain(self, exception: BaseException, sent: bool, overdue: bool) -> WecomError:
        """What happened, in words of our own. C(sent) says whether the service may have got the request."""
        chain = list(_chain(exception))
        if any(isinstance(link, _NOT_CONNECTED) for link in chain):
            sent = False  # http.client connects as a part of sending
        if overdue or any(isinstance(link, _TIMEOUTS) for link in chain):
            if sent:
                return self._too_slow()
            cause, hint, retryable = f"no connection with {self.peer} within {self._timeout:g} s", "", True
        else:
            cause, hint, retryable = next(filter(None, (_diagnosis(link, self.peer) for link in chain)), _UNKNOWN)
            cause = cause or f"no usable answer from {self.peer} ({type(exception).__name__})"
        return WecomError(cause, hint=hint, retryable=retryable, answer_lost=sent, every_account=not sent)


_UNKNOWN = ("", "", False)
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
"""What http.client says of a proxy that refuses CONNECT."""
_NO_BUNDLE = re.compile("Could not find a suitable TLS CA certificate bundle")
"""What requests says of a bundle that does not exist."""

_WRONG_HOST = 62

_CERTIFICATE_CURES = {
    **dict.fromkeys((18, 19, 20, 21), "name the CA that signed it in ca_path"),  # signed by nobody who is known
    **dict.fromkeys((_WRONG_HOST, 64), "check api_url"),  # for another host
}
"""By the codes of OpenSSL."""


def _diagnosis(link: BaseException, peer: str) -> tuple[str, str, bool] | None:
    """Cause, cure, and whether a retry may help, where this link of a chain of exceptions tells."""
    if isinstance(link, ssl.SSLCertVerificationError):
        # urllib3 1 compares host names by itself, and its exception has neither of the two attributes.
        said = getattr(link, "verify_message", None) or str(link.args[0])
        cause = f"the TLS certificate of {peer} was not accepted: {said.rstrip('.')}"
        return cause, _CERTIFICATE_CURES.get(getattr(link, "verify_code", _WRONG_HOST), ""), False
    if isinstance(link, socket.gaierror):
        return f"the host name of {peer} cannot be resolved", "check api_url and the DNS", False
    if isinstance(link, ConnectionRefusedError):
        return f"{peer} refused the connection", "check api_url, and that nothing is in the way", True
    if isinstance(link, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return f"{peer} closed the connection", "", True
    if isinstance(link, ssl.SSLError) and link.reason == "NO_CERTIFICATE_OR_CRL_FOUND":
        return "ca_path holds no certificate that can be read", "name a file with certificates in PEM format", False
    if isinstance(link, ssl.SSLError):
        reason = (link.reason or "handshake failed").replace("_", " ").lower()
        return f"no TLS connection with {peer}: {reason}", "check api_url: is this an https port?", False
    if isinstance(link, http.client.IncompleteRead):
        return f"the answer of {peer} was cut short", "", True
    if isinstance(link, requests.exceptions.InvalidSchema):
        return f"no connection with {peer}", "a SOCKS proxy needs the Python library PySocks", False
    if isinstance(link, OSError) and _NO_BUNDLE.match(str(link)):
        return (
            "the CA bundle does not exist",
            "check the environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE",
            False,
        )
    refused = _TUNNEL_REFUSED.match(str(link)) if isinstance(link, OSError) else None
    if refused:
        status = int(refused.group(1))
        cure = "check the proxy's environment variables" if status == 407 else "check that the proxy lets it through"
        return f"no tunnel to {peer}: HTTP {status}", cure, status == 429 or status >= 500
    if isinstance(link, OSError) and link.errno is not None and link.errno in errno.errorcode:
        return f"no connection with {peer}: {os.strerror(link.errno)}", "check api_url and the network", False
    return None


def _chain(exception: BaseException | None) -> t.Iterator[BaseException]:
    """The exception and all that caused it, outermost first, however they hang together."""
    seen: list[BaseException] = []
    waiting: list[t.Any] = [exception]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and not any(link is other for other in seen):
            seen.append(link)
            yield link
            waiting += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def _host_of(url: str) -> str:
    # Not urlsplit: it raises for what a password may hold, and takes a part of it for the host's name.
    return url.rpartition("@")[2].rpartition("//")[2].partition("/")[0]


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 10 else 0.0
