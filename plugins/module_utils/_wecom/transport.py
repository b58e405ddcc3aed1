# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""One HTTP request over kept-alive connections: bounded in time and size, and clear about what a failure means.

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

from .errors import ResponseError, TransportError, WecomError

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None
    _EXPECTED = (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    )
    _NOT_CONNECTED = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
    )
    """After these the request cannot have been sent."""

MAX_BODY = 32 * 1024 * 1024
"""Bytes; a list of 100,000 servicers takes about 12 MB."""

_CHUNK = 16 * 1024
"""Bytes; a compressed chunk can expand to a thousand times its size in one step."""
_NOT_THE_SERVICE = "check api_url, and that no proxy responds in the service's place"


class HttpResponse(t.NamedTuple):
    """A complete response."""

    status: int
    body: bytes
    content_type: str
    retry_after: float
    """Seconds; 0 where the header is missing or unreadable."""


class _Body:
    """A request body that records whether it was sent, and that is not sent once the request was given up.

    requests sends an iterable with a length as it is, after it connected
    (https://requests.readthedocs.io/en/latest/user/advanced/#streaming-uploads).
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.given_up = threading.Event()
        self.sent = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> t.Iterator[bytes]:
        self.sent = True  # first, so that whoever gives up sees it
        if self.given_up.is_set():
            raise TimeoutError
        yield self._content


class Transport:
    """Sends requests to one base URL over at most ``connections`` kept-alive connections."""

    def __init__(self, base_url: str, *, verify: bool | str, timeout: float, connections: int, user_agent: str) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        # The adapter alone: a session would follow what a redirect says about its body, and keep cookies.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, pool_block=False)
        if verify is False:
            # It was asked for; a warning for each call would mix with the module's output.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        # Read once: the environment does not change. An explicit verify wins over REQUESTS_CA_BUNDLE.
        with requests.Session() as session:
            self._settings: dict[str, t.Any] = {**session.merge_environment_settings(base_url, {}, True, verify, None)}
        self._proxy = requests.utils.select_proxy(base_url, self._settings["proxies"])
        self.target = host_of(base_url) + (f" through the proxy {host_of(self._proxy)}" if self._proxy else "")
        """What requests are sent to, safe to show."""
        self._lock = threading.Lock()
        self.requests = 0
        """How many HTTP requests were made."""

    def send(
        self, method: str, path: str, query: dict[str, str], content: bytes | None = None, content_type: str = ""
    ) -> HttpResponse:
        """Send one request and return its whole response, whatever the status. Do not follow redirects.

        The timeout bounds all of it, name resolution included: the request runs on a thread of its own, which is
        given up when its time is over. Raises TransportError where no complete response arrives, and ResponseError
        where it is too large to read.
        """
        body = None if content is None else _Body(content)
        responses: list[HttpResponse] = []
        exceptions: list[BaseException] = []

        def run() -> None:
            try:
                responses.append(self._request(method, path, query, body, content_type))
            except BaseException as exception:  # the caller's thread raises it or explains it
                exceptions.append(exception)

        thread = threading.Thread(target=run, name="wecom", daemon=True)
        with self._lock:  # += is not atomic
            self.requests += 1
        thread.start()
        thread.join(self._timeout)
        if responses:
            return responses[0]
        if body is not None:
            body.given_up.set()
        if not exceptions:
            raise self._timed_out(path, sent=body is None or body.sent)
        if isinstance(exceptions[0], _EXPECTED):
            # Its own text holds the URL and so the token: nothing of it may get out, not even as context.
            raise self._explain(exceptions[0], path, None if body is None else body.sent) from None
        raise exceptions[0]

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def _request(
        self, method: str, path: str, query: dict[str, str], body: _Body | None, content_type: str
    ) -> HttpResponse:
        headers = {**self._headers, "Content-Type": content_type} if body is not None else self._headers
        # Prepared without a session, the request takes no password from ~/.netrc.
        request = requests.Request(method, self._base_url + path, headers=headers, params=query, data=body).prepare()
        # A third for each address of the host, so that a dead one leaves time for the next.
        timeout = (self._timeout / 3, self._timeout)
        with self._adapter.send(request, timeout=timeout, **self._settings) as response:
            return HttpResponse(
                response.status_code,
                self._read(response, path, body),
                response.headers.get("Content-Type", ""),
                _seconds(response.headers.get("Retry-After", "")),
            )

    def _read(self, response: t.Any, path: str, body: _Body | None) -> bytes:
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        chunks: list[bytes] = []
        if "," in response.headers.get("Content-Encoding", ""):
            # Compressed twice, a few kilobytes expand to gigabytes in one step, before anything can count them.
            size = MAX_BODY + 1
        if size <= MAX_BODY:
            size = 0
            for chunk in response.iter_content(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY or (body is not None and body.given_up.is_set()):
                    break
        if size > MAX_BODY:
            raise ResponseError(
                f"{self.target} sent a response of more than {MAX_BODY >> 20} MiB, which was not read",
                call=path,
                hint=_NOT_THE_SERVICE,
                http_status=response.status_code,
                uncertain=True,
                is_foreign=True,
            )
        return b"".join(chunks)

    def _timed_out(self, path: str, *, sent: bool) -> TransportError:
        return TransportError(
            f"{self.target} did not respond completely within {self._timeout:g} s",
            call=path,
            hint="raise timeout if the network is slow",
            sent=sent,
            retryable=True,
            timed_out=True,
        )

    def _explain(self, exception: BaseException, path: str, sent: bool | None) -> WecomError:
        """Return the error for an exception of the HTTP library, in words of our own.

        sent: whether the service may have got the request; None where only the exception tells.
        """
        chain = list(_chain(exception))
        found = next(filter(None, (self._diagnose(link) for link in chain)), None) or _Diagnosis(
            f"no usable response from {self.target} ({type(exception).__name__})", self._proxy_hint()
        )
        if found.timed_out and not any(isinstance(link, _NOT_CONNECTED) for link in chain):
            return self._timed_out(path, sent=sent is not False)
        if sent is None:
            sent = not (found.before_sending or any(isinstance(link, _NOT_CONNECTED) for link in chain))
        return TransportError(found.cause, call=path, hint=found.hint, sent=sent, retryable=found.retryable)

    def _proxy_hint(self) -> str:
        """Return where the proxy is set; empty where there is none."""
        if not self._proxy:
            return ""
        scheme = self._base_url.partition(":")[0]
        names = [name for base in (f"{scheme}_proxy", "all_proxy") for name in (base, base.upper())]
        found = [name for name in names if os.environ.get(name)] or [f"{scheme}_proxy"]
        return f"check the proxy {host_of(self._proxy)}, which comes from the environment variable {found[0]}"

    def explain_status(self, response: HttpResponse, path: str) -> ResponseError:
        """Return the error for a response with another status than 200."""
        status, hint = response.status, _NOT_THE_SERVICE
        if 300 <= status < 400:
            cause, hint = f"HTTP {status}, a redirect, which is not followed", "check api_url"
        elif status == 407 or (status == 401 and self._proxy):
            cause, hint = f"HTTP {status}, the proxy wants another user name or password", self._proxy_hint()
        elif status == 429:
            cause, hint = "HTTP 429, too many requests", "try again later"
        elif status >= 500:
            cause, hint = f"HTTP {status}, an error at the service or at a proxy", "try again later"
        else:
            cause = f"HTTP {status}"
        if self._proxy and status not in (401, 407):
            hint += f", and {self._proxy_hint()}"
        return ResponseError(
            f"{self.target} responded with {cause}",
            call=path,
            hint=hint,
            http_status=status,
            retryable=status == 429 or status >= 500,
            uncertain=status >= 500,
            is_foreign=status < 500 and status != 429,
            is_throttled=status == 429,
            retry_after=response.retry_after,
        )

    def _diagnose(self, link: BaseException) -> _Diagnosis | None:
        """Return what happened where this link of a chain of exceptions tells."""
        target = self.target
        hint = self._proxy_hint()
        # Where a proxy is set, it is the proxy that is connected to.
        nearest = f"the proxy {host_of(self._proxy)}" if self._proxy else target
        if isinstance(link, ssl.SSLCertVerificationError):
            # urllib3 1 compares host names itself, and its exception has neither of the two attributes.
            said = getattr(link, "verify_message", None) or str(link.args[0])
            cause = f"the TLS certificate of {target} was not accepted: {said.rstrip('.')}"
            known = _CERTIFICATE_HINTS.get(getattr(link, "verify_code", _WRONG_HOST), "")
            return _Diagnosis(cause, known, before_sending=True)
        if isinstance(link, socket.gaierror):
            hint = hint or "check api_url and the DNS"
            return _Diagnosis(f"the host name of {nearest} cannot be resolved", hint, before_sending=True)
        if isinstance(link, socket.timeout):
            cause = f"no connection to {target} within {self._timeout / 3:.3g} s, a third of timeout"
            return _Diagnosis(cause, hint, retryable=True, timed_out=True)
        if isinstance(link, urllib3.exceptions.ReadTimeoutError):
            return _Diagnosis("", timed_out=True)
        if isinstance(link, ConnectionRefusedError):
            hint = hint or "check api_url, and that no firewall is in the way"
            return _Diagnosis(f"{nearest} refused the connection", hint, retryable=True)
        if isinstance(link, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return _Diagnosis(f"{target} closed the connection", hint, retryable=True)
        if isinstance(link, ssl.SSLError) and re.match(_UNREADABLE_BUNDLE, str(link)):
            cause = "ca_path holds no certificate that can be read"
            return _Diagnosis(cause, "name a file with certificates in PEM format", before_sending=True)
        if isinstance(link, ssl.SSLError):
            reason = (link.reason or "handshake failed").replace("_", " ").lower()
            hint = hint or "check api_url: is this an https port?"
            return _Diagnosis(f"no TLS connection to {nearest}: {reason}", hint, before_sending=True)
        if isinstance(link, http.client.IncompleteRead):
            return _Diagnosis(f"the response of {target} was cut short", retryable=True)
        if isinstance(link, requests.exceptions.InvalidSchema):
            hint = "a SOCKS proxy needs the Python library PySocks"
            return _Diagnosis(f"no connection to {target}", hint, before_sending=True)
        if self._proxy and isinstance(link, (requests.exceptions.InvalidURL, urllib3.exceptions.LocationParseError)):
            return _Diagnosis("the URL of the proxy cannot be read", hint, before_sending=True)
        if isinstance(link, OSError) and str(link).startswith(_NO_BUNDLE):
            hint = "check the environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
            return _Diagnosis("the CA bundle does not exist", hint, before_sending=True)
        refused = re.match(_TUNNEL_REFUSED, str(link)) if isinstance(link, OSError) else None
        if refused:
            status = int(refused.group(1))
            why = ", it wants another user name or password" if status in (401, 407) else ""
            cause = f"the proxy refused a tunnel to {host_of(self._base_url)}: HTTP {status}{why}"
            return _Diagnosis(cause, hint, retryable=status == 429 or status >= 500, before_sending=True)
        if isinstance(link, OSError) and link.errno is not None and link.errno in errno.errorcode:
            hint = hint or "check api_url and the network"
            return _Diagnosis(f"no connection to {nearest}: {os.strerror(link.errno)}", hint)
        return None


class _Diagnosis(t.NamedTuple):
    """What an exception of the HTTP library means."""

    cause: str
    hint: str = ""
    retryable: bool = False
    timed_out: bool = False
    before_sending: bool = False
    """Whether it can only happen before the request is sent."""


_TUNNEL_REFUSED = r"Tunnel connection failed: ([0-9]{3})\b"
"""What http.client says of a proxy that refuses CONNECT."""
_UNREADABLE_BUNDLE = r"\[(?:X509|PEM|ASN1)\b"
"""How OpenSSL's errors begin that are about a file and not about a connection."""
_NO_BUNDLE = "Could not find a suitable TLS CA certificate bundle"
"""What requests says of a bundle that does not exist."""

_WRONG_HOST = 62
_CERTIFICATE_HINTS = {
    **dict.fromkeys((18, 19, 20, 21), "name the CA that signed it in ca_path"),  # signed by an unknown CA
    **dict.fromkeys((_WRONG_HOST, 64), "check api_url"),  # for another host
}
"""By the codes of OpenSSL."""


def _chain(exception: BaseException | None) -> t.Iterator[BaseException]:
    """Yield the exception and everything that caused it, outermost first."""
    seen: list[BaseException] = []
    waiting: list[t.Any] = [exception]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and not any(link is other for other in seen):
            seen.append(link)
            yield link
            waiting += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def host_of(url: str) -> str:
    """Return the host and port of a URL, without the user name and password that it may hold."""
    # Not urlsplit: it raises for what a password can hold, and takes a part of it for the host's name.
    return url.rpartition("@")[2].rpartition("//")[2].partition("/")[0]


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 10 else 0.0
