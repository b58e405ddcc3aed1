# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Calls to the WeCom API: the token, the service's way to report errors, retries. Knows nothing of customer service."""

from __future__ import annotations

import itertools
import json
import re
import threading
import typing as t

from .connection import Connection
from .errors import (
    CONCURRENCY_LIMIT,
    FREQUENCY_LIMIT,
    GETTOKEN,
    TOKEN_REJECTED,
    ApiError,
    ResponseError,
    WecomError,
)
from .limits import CALLS_PER_MINUTE, SYSTEM_CLOCK, Clock, ConcurrencyLimiter, RateLimiter, RetryBudget
from .redaction import Redactor
from .transport import HttpResponse, Transport

USER_AGENT = "ansible-collection-wecom.kf"

_JSON = "application/json; charset=utf-8"
_MAX_ERRMSG = 400

Json = t.Dict[str, t.Any]


class WecomClient:
    """One app of one corp: one token, one pool of connections, one retry budget, for all threads of a task."""

    def __init__(
        self,
        connection: Connection,
        *,
        concurrency: int = 1,
        on_secret: t.Callable[[str], None] = lambda secret: None,
        clock: Clock = SYSTEM_CLOCK,
        calls_per_minute: int = CALLS_PER_MINUTE,
    ) -> None:
        """Make a client; ``on_secret`` is told every token before it can reach any output."""
        self.redactor = Redactor()
        self.budget = RetryBudget(connection.retry_timeout, clock)
        self.limiter = ConcurrencyLimiter(concurrency)
        self.timeout = connection.timeout
        self._rate = RateLimiter(calls_per_minute, clock)
        self._transport = Transport(
            connection.api_url.rstrip("/") + "/cgi-bin/",
            verify=connection.verify,
            timeout=connection.timeout,
            connections=concurrency,
            user_agent=USER_AGENT,
        )
        self._connection = connection
        self._on_secret = on_secret
        self._token = connection.access_token
        self._token_lock = threading.Lock()
        self._is_unproven = False
        """Whether the token was renewed and no call has succeeded with it since."""
        self._token_failures = 0
        self._token_error: WecomError | None = None
        self.has_written = False
        """Whether a call that changes something was begun."""
        self._responses = itertools.count(1)
        self.responses_understood = 0
        """Grows with every response of the service itself, whatever it says."""
        for secret in (connection.corpsecret, connection.access_token):
            self.redactor.add(secret or "")

    @property
    def api_calls(self) -> int:
        """HTTP requests made so far, gettoken and retries included."""
        return self._transport.requests

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def read(
        self,
        call: str,
        query: dict[str, str] | None = None,
        body: Json | None = None,
        *,
        budget: RetryBudget | None = None,
    ) -> Json:
        """Make a call that can be repeated without harm, retry it within the budget, and return the JSON object.

        call: the API path below cgi-bin. With a body it is a POST, without one a GET.
        budget: a part of the task's budget, where not all of it may be spent.
        Raises WecomError.
        """
        content = None if body is None else _encode(body)
        return self._retry(lambda: self._call(call, query, content, _JSON), budget or self.budget)

    def write(self, call: str, body: Json) -> Json:
        """Make a call that changes something, once, and return the JSON object.

        Raises WecomError. Whether to repeat the call is the caller's decision: where the error is ``uncertain``, after
        reading what became true.
        """
        self.has_written = True
        return self._call(call, None, _encode(body), _JSON)

    def upload(self, call: str, query: dict[str, str], content: bytes, content_type: str) -> Json:
        """Upload something that nothing refers to yet, so that it can be repeated without harm. Raises WecomError."""
        return self._retry(lambda: self._call(call, query, content, content_type), self.budget)

    def pause(self, attempt: int, error: WecomError | None, budget: RetryBudget, at_least: float = 0.0) -> bool:
        """Back off after a failure; return False when the budget is spent.

        What concerns the service as a whole may use the whole budget of the task.
        """
        if error is None:
            return budget.pause(attempt, first=0.25, longest=8.0, at_least=at_least)
        if error.fatal or error.is_throttled:
            budget = self.budget
        if error.errcode == FREQUENCY_LIMIT:
            return budget.pause(attempt, first=1.0, longest=15.0)
        return budget.pause(attempt, first=0.25, longest=8.0, at_least=max(error.retry_after, at_least))

    def _retry(self, attempt: t.Callable[[], Json], budget: RetryBudget) -> Json:
        try:
            return attempt()
        except WecomError as error:
            last = error
        for failures in itertools.count():
            if not last.retryable:
                break
            has_time_left = self.pause(failures, last, budget)
            if not has_time_left:
                break
            try:
                with budget.charging():
                    return attempt()
            except WecomError as error:
                last = error
        raise last

    def _call(self, call: str, query: dict[str, str] | None, content: bytes | None, content_type: str) -> Json:
        while True:
            token = self._current_token()
            try:
                response = self._send_once(call, {"access_token": token, **(query or {})}, content, content_type)
            except ApiError as error:
                if error.errcode in TOKEN_REJECTED and self._renew(token):
                    continue
                if not error.fatal:
                    self._prove(token)
                raise
            self._prove(token)
            return response

    def _prove(self, token: str) -> None:
        """Note that the service accepted this token, so that it may be renewed when it expires."""
        if self._is_unproven:
            with self._token_lock:
                self._is_unproven = self._is_unproven and token != self._token

    def _current_token(self) -> str:
        failures = self._token_failures
        with self._token_lock:
            if self._token is None:
                self._token = self._fetch_token(failures)
            return self._token

    def _renew(self, rejected: str) -> bool:
        """Make sure that another token than the rejected one is used; return False where that is impossible.

        A token that was renewed and is refused at once is not renewed again. One that has worked can expire any time:
        the service may have handed out the token that another program fetched two hours ago.
        """
        failures = self._token_failures
        with self._token_lock:
            if self._token == rejected:
                if self._is_unproven or not self._connection.corpid:
                    return False
                self._is_unproven = True
                self._token = None
            if self._token is None:
                self._token = self._fetch_token(failures)
            return True

    def _fetch_token(self, failures_before: int) -> str:
        """Fetch a token (https://developer.work.weixin.qq.com/document/path/91039).

        failures_before: how many attempts had failed when the caller began to wait for the lock.
        """
        error = self._token_error
        # A failure is that of everyone who waited for it, and refused credentials are not tried again: a repeated
        # wrong secret bans the caller's IP for an hour.
        if error and (not error.retryable or self._token_failures != failures_before):
            raise error
        query = {"corpid": self._connection.corpid or "", "corpsecret": self._connection.corpsecret or ""}
        try:
            response = self._retry(lambda: self._send_once(GETTOKEN, query, None, ""), self.budget)
            token = response.get("access_token")
            if not isinstance(token, str) or not token:
                raise ResponseError("the response holds no access_token", call=GETTOKEN)
        except WecomError as failure:
            self._token_error = failure
            self._token_failures += 1
            raise
        self.redactor.add(token)
        self._on_secret(token)
        return token

    def _send_once(self, call: str, query: dict[str, str], content: bytes | None, content_type: str) -> Json:
        self._rate.wait(call)
        with self.limiter.slot() as generation:
            try:
                method = "GET" if content is None else "POST"
                return self._read_response(self._transport.send(method, call, query, content, content_type), call)
            except ApiError as error:
                if error.errcode == CONCURRENCY_LIMIT:
                    self.limiter.lower(generation)
                raise

    def _read_response(self, response: HttpResponse, call: str) -> Json:
        """Return the JSON object of a successful response; raise WecomError for everything else."""
        if response.status != 200:
            raise self._transport.explain_status(response, call)
        content = _json_object(response, self._transport.target, call)
        errcode = read_number(content.get("errcode", 0))
        if errcode is None:
            raise ResponseError("the response's errcode is not a number", call=call, uncertain=True)
        self.responses_understood = next(self._responses)
        if errcode:
            raise ApiError(errcode, self.errmsg_of(content), call=call)
        return content

    def errmsg_of(self, item: Json) -> str:
        """Return the errmsg of a response or of one of its items, fit to be shown: one short line without secrets."""
        errmsg = item.get("errmsg")
        if not isinstance(errmsg, str):
            return ""
        clean = self.redactor.clean(read_text(errmsg) or "")
        line = "".join(character if character.isprintable() else " " for character in clean)
        return line if len(line) <= _MAX_ERRMSG else line[:_MAX_ERRMSG] + "…"


def read_number(value: t.Any) -> int | None:
    """Return a whole number, also one that comes as a text of digits or as 7.0; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch("-?[0-9]{1,18}", value) else None


def read_text(value: t.Any) -> str | None:
    """Return a text for readers, with a replacement character for each byte or half of a character in it."""
    if not isinstance(value, str):
        return None
    if value.isprintable():  # nearly always, and there may be hundreds of thousands
        return value
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in value)


def _encode(body: Json) -> bytes:
    # Raw characters: the service does not take \uXXXX escapes (40033).
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _json_object(response: HttpResponse, target: str, call: str) -> Json:
    """Read a body leniently: a byte order mark, control characters in texts, bytes that are not UTF-8."""
    body = response.body[3:] if response.body[:3] == b"\xef\xbb\xbf" else response.body
    try:
        content = json.loads(body.decode("utf-8", "surrogateescape"), strict=False)
    except (ValueError, RecursionError):
        start = body.lstrip()
        if not start or start[:1] == b"{":
            raise ResponseError(
                f"the response of {target} was cut short", call=call, retryable=True, uncertain=True
            ) from None
        is_page = b"<html" in body[:1024].lower() or "html" in response.content_type
        kind = "an HTML page" if is_page else "something that is not JSON"
        raise _foreign(f"{target} responded with {kind}", call) from None
    if not isinstance(content, dict):
        raise _foreign(f"{target} responded with JSON that is not an object", call)
    return content


def _foreign(cause: str, call: str) -> ResponseError:
    return ResponseError(
        cause,
        call=call,
        hint="check api_url, and that no proxy responds in the service's place",
        uncertain=True,
        is_foreign=True,
    )
