# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Calls to the WeCom API: the token, the service's way to report errors, retries. Knows nothing of customer service."""

from __future__ import annotations

import itertools
import json
import threading
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils import _error_codes
from ansible_collections.wecom.kf.plugins.module_utils._http import HttpAnswer, HttpSession
from ansible_collections.wecom.kf.plugins.module_utils._pace import (
    CALLS_PER_MINUTE,
    SYSTEM_CLOCK,
    Clock,
    Gate,
    Pacer,
    RetryBudget,
)
from ansible_collections.wecom.kf.plugins.module_utils._redact import Redactor
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError

USER_AGENT = "ansible-collection-wecom.kf"

_GETTOKEN = "gettoken"
_LONGEST_ERRMSG = 400


class Connection(t.NamedTuple):
    """How to reach the service and as whom."""

    api_url: str
    corpid: str | None = None
    corpsecret: str | None = None
    access_token: str | None = None
    verify: bool | str = True
    """Whether to check certificates, or the CA bundle to check them with."""
    timeout: float = 10.0
    """Seconds, once for connecting and once for the answer."""
    retry_timeout: float = 120.0
    """Seconds that retries and the waiting for them may take in all."""


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
        """C(on_secret) is told every token before it can reach any output."""
        self.redactor = Redactor()
        self.budget = RetryBudget(connection.retry_timeout, clock)
        self.gate = Gate(concurrency)
        self._pacer = Pacer(calls_per_minute, clock)
        self._http = HttpSession(
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
        self._renewed = False
        self._token_failures = 0
        self._token_error: WecomError | None = None
        self.has_written = False
        """Whether a call that changes something was begun."""
        self._answers = itertools.count(1)
        self.last_sign_of_life = 0
        """Grows with every answer that the service itself gave, whatever it said."""
        for secret in (connection.corpsecret, connection.access_token):
            self.redactor.add(secret or "")

    @property
    def api_calls(self) -> int:
        """HTTP requests made so far, gettoken and retries included."""
        return self._http.exchanges

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(
        self, call: str, query: dict[str, str] | None = None, body: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Make a call that changes nothing, retrying whatever may pass, and return the answer's JSON object.

        call: the API path below cgi-bin. With a body it is a POST, without one a GET.
        Raises WecomError.
        """
        return self._retrying(lambda: self._with_token(call, query, body))

    def write(self, call: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """Make a call that changes something, once, and return the answer's JSON object.

        Raises WecomError. Whether to repeat it is the caller's decision: where C(answer_lost) is true, after reading
        what became true.
        """
        self.has_written = True
        return self._with_token(call, None, body)

    def pause(self, attempt: int, error: WecomError) -> bool:
        """Back off after a failure, within the budget; false when the budget is spent."""
        if error.errcode == _error_codes.FREQUENCY_LIMIT:
            return self.budget.pause(attempt, first=1.0, longest=15.0)
        return self.budget.pause(attempt, first=0.25, longest=8.0, at_least=error.retry_after)

    def _retrying(self, attempt: t.Callable[[], dict[str, t.Any]]) -> dict[str, t.Any]:
        try:
            return attempt()
        except WecomError as error:
            last = error
        failures = 0
        while last.retryable and self.pause(failures, last):
            failures += 1
            try:
                with self.budget.spending():
                    return attempt()
            except WecomError as error:
                last = error
        raise last

    def _with_token(self, call: str, query: dict[str, str] | None, body: dict[str, t.Any] | None) -> dict[str, t.Any]:
        token = self._current_token()
        try:
            return self._once(call, {"access_token": token, **(query or {})}, body)
        except WecomError as error:
            if error.errcode not in _error_codes.TOKEN_REJECTED or not self._renew(token):
                raise
        return self._once(call, {"access_token": self._current_token(), **(query or {})}, body)

    def _current_token(self) -> str:
        failures = self._token_failures
        with self._token_lock:
            if self._token is None:
                self._token = self._fetch_token(failures)
            return self._token

    def _renew(self, rejected: str) -> bool:
        """Make sure that another token than the rejected one is used; false where that cannot be."""
        failures = self._token_failures
        with self._token_lock:
            if self._token == rejected:
                if self._renewed or not self._connection.corpid:
                    return False
                self._renewed = True
                self._token = None
            if self._token is None:
                self._token = self._fetch_token(failures)
            return True

    def _fetch_token(self, failures_before: int) -> str:
        """Fetch a token.

        failures_before: how many attempts had failed when the caller began to wait for the lock.
        """
        error = self._token_error
        # A failure is that of all who waited for it, and refused credentials are not tried again: a repeated wrong
        # secret bans the caller's IP for an hour.
        if error and (not error.retryable or self._token_failures != failures_before):
            raise error
        query = {"corpid": self._connection.corpid or "", "corpsecret": self._connection.corpsecret or ""}
        try:
            answer = self._retrying(lambda: self._once(_GETTOKEN, query, None))
            token = answer.get("access_token")
            if not isinstance(token, str) or not token:
                raise WecomError("the answer holds no access_token", call=_GETTOKEN, http_status=200)
        except WecomError as failure:
            failure.every_account = True
            failure.answer_lost = False  # it changes nothing that anybody would have to read back
            self._token_error = failure
            self._token_failures += 1
            raise
        self.redactor.add(token)
        self._on_secret(token)
        return token

    def _once(self, call: str, query: dict[str, str], body: dict[str, t.Any] | None) -> dict[str, t.Any]:
        self._pacer.wait(call)
        # Raw characters: the service does not take \uXXXX escapes (40033).
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        with self.gate.passage() as ticket:
            try:
                answer = self._http.exchange("GET" if body is None else "POST", call, query, data)
                return self._understand(answer)
            except WecomError as error:
                error.call = call
                if error.errcode == _error_codes.CONCURRENCY_LIMIT:
                    self.gate.lower(ticket)
                raise

    def _understand(self, answer: HttpAnswer) -> dict[str, t.Any]:
        """The JSON object of a successful answer; everything else raises."""
        if answer.status != 200:
            raise _http_failure(answer, self._http.peer)
        content = _json_object(answer, self._http.peer)
        errcode = content.get("errcode", 0)
        if isinstance(errcode, bool) or not isinstance(errcode, int):
            raise WecomError("the answer's errcode is no number", http_status=200, answer_lost=True)
        self.last_sign_of_life = next(self._answers)
        if errcode:
            errmsg = self.errmsg_of(content)
            raise WecomError(
                _error_codes.meaning(errcode, errmsg),
                errcode=errcode,
                errmsg=errmsg,
                hint=_error_codes.cure(errcode, errmsg),
                http_status=200,
                retryable=_error_codes.known(errcode).retryable,
                every_account=_error_codes.known(errcode).every_account,
            )
        return content

    def errmsg_of(self, item: dict[str, t.Any]) -> str:
        """The errmsg of an answer or of one of its items, fit to be shown: no secrets, one line, not endless."""
        errmsg = item.get("errmsg")
        if not isinstance(errmsg, str):
            return ""
        clean = self.redactor.clean(errmsg)
        line = "".join(character if character.isprintable() else " " for character in clean)
        return line if len(line) <= _LONGEST_ERRMSG else line[:_LONGEST_ERRMSG] + "…"


def _http_failure(answer: HttpAnswer, peer: str) -> WecomError:
    status = answer.status
    if 300 <= status < 400:
        cause, hint = f"HTTP {status}, a redirect, which is not followed", "check api_url"
    elif status == 407:
        cause, hint = "HTTP 407, the proxy wants to know who asks", "check the proxy's environment variables"
    elif status == 429:
        cause, hint = "HTTP 429, too many requests", "try again later"
    elif status >= 500:
        cause, hint = f"HTTP {status}, an error at the service or at a proxy", "try again later"
    else:
        cause, hint = f"HTTP {status}", "check api_url, and that no proxy answers in the service's place"
    return WecomError(
        f"{peer} answered with {cause}",
        hint=hint,
        http_status=status,
        retryable=status == 429 or status >= 500,
        answer_lost=status >= 500,
        retry_after=answer.retry_after,
    )


def _json_object(answer: HttpAnswer, peer: str) -> dict[str, t.Any]:
    try:
        content = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        if not answer.body.strip() or answer.body.lstrip()[:1] == b"{":
            raise WecomError(
                f"the answer of {peer} was cut short", http_status=200, retryable=True, answer_lost=True
            ) from None
        kind = (
            "an HTML page"
            if b"<html" in answer.body[:1024].lower() or "html" in answer.content_type
            else "something that is no JSON"
        )
        raise WecomError(
            f"{peer} answered with {kind}",
            hint="check api_url, and that no proxy answers in the service's place",
            http_status=200,
            answer_lost=True,
        ) from None
    if not isinstance(content, dict):
        raise WecomError(f"{peer} answered with JSON that is no object", http_status=200, answer_lost=True)
    return content
