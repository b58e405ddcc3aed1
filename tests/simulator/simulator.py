# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the service as a whole, without its HTTP, and handles calls."""

from __future__ import annotations

import dataclasses
from typing import Any

from . import errors
from .call import Call, CallResult, ok, require_method
from .calls import perform
from .config import Config, parse_config
from .corp import EVERYBODY, ServicerId
from .counters import Counters
from .endpoints import GETTOKEN
from .faults import Fault, Script
from .limits import Limiter
from .tokens import Tokens


class Simulator:
    """One corp with its app, and all that tests and control routes inspect or change."""

    def __init__(self, data: object | None = None) -> None:
        self._data: object = {} if data is None else data
        self.counters = Counters()
        self._hints = 0
        self._begin(parse_config(self._data))

    def reset(self, data: object | None = None) -> None:
        """Start from the configuration again, or from another one."""
        config = parse_config(self._data if data is None else data)
        if data is not None:
            self._data = data
        self.counters.reset()
        self._begin(config)

    def _begin(self, config: Config) -> None:
        self.corpid, self.corpsecret = config.corpid, config.corpsecret
        self.corp, self.settings = config.corp, config.settings
        self.tokens = Tokens(config.tokens)
        self.script = Script(config.faults)
        self.limiter = Limiter()

    def set_fault(self, data: object) -> None:
        """Set one more fault."""
        fault = Fault.read(data)
        fault.check(self.corp)
        self.script.add(fault)

    def update_settings(self, data: object) -> None:
        """Change some settings."""
        self.settings = self.settings.updated(data)

    def handle(self, call: Call, fault: Fault, admitted: int, line: dict[str, Any]) -> dict[str, Any]:
        """Apply a call as far as the fault allows, and return the response that it gets without the fault."""
        self._meanwhile("before", call, fault, line)
        response: dict[str, Any] = {}
        if not fault.prevents:
            try:
                if admitted != errors.OK:
                    raise errors.Refusal(admitted)
                result = self._perform(call, fault)
            except errors.Refusal as refusal:
                response = self.failure(refusal.errcode)
            else:
                response = result.response
                line.update(result.log, applied=fault.withheld() is not EVERYBODY, changed=result.changed)
        if fault.replaces:
            line["errcode"] = fault.errcode
        elif fault.drop is None:
            line["errcode"] = response["errcode"]
        self._meanwhile("after", call, fault, line)
        return response

    def _perform(self, call: Call, fault: Fault) -> CallResult:
        if call.endpoint == GETTOKEN:
            return self._gettoken(call)
        self.tokens.check(call.query.get("access_token"), self.settings.token_calls, self.settings.token_calls_errcode)
        return perform(call, self.corp, self.settings, fault.withheld())

    def _gettoken(self, call: Call) -> CallResult:
        require_method(call, "GET")
        if call.query.get("corpid") != self.corpid:
            raise errors.Refusal(errors.WRONG_CORPID)
        if call.query.get("corpsecret") != self.corpsecret:
            self.counters.wrong_secrets += 1
            raise errors.Refusal(errors.WRONG_SECRET)
        token, expires_in = self.fetch_token()
        return CallResult(ok(access_token=token, expires_in=expires_in))

    def fetch_token(self) -> tuple[str, int]:
        """Return a valid token and the seconds that it has left."""
        issued = self.tokens.issued
        fetched = self.tokens.fetch(self.settings.token_ttl)
        self.counters.tokens_issued += self.tokens.issued - issued
        return fetched

    def failure(self, errcode: int, errmsg: str | None = None) -> dict[str, Any]:
        """Return the response of a call that failed as a whole."""
        if errmsg is None:
            self._hints += 1
            errmsg = errors.full_errmsg(errcode, self.settings.client_ip, self._hints) if errcode else "ok"
        return {"errcode": errcode, "errmsg": errmsg}

    def _meanwhile(self, when: str, call: Call, fault: Fault, line: dict[str, Any]) -> None:
        change = fault.meanwhile
        if change is None or change.when != when:
            return
        open_kfid = call.open_kfid if change.open_kfid is None else change.open_kfid
        if open_kfid in self.corp.accounts:
            line["meanwhile"] = self.corp.admin_change(open_kfid, change.add, change.remove)
        line["meanwhile_accounts"] = self.corp.admin_change_accounts(change.create, change.rename, change.delete)

    def report(self, accounts: list[str] | None = None) -> dict[str, Any]:
        """Return everything there is to see, or of the accounts only those named."""
        corp = self.corp
        names = list(corp.accounts) if accounts is None else [name for name in accounts if name in corp.accounts]
        return {
            "accounts": {name: self._account_report(name) for name in names},
            "counters": self.counters.report(),
            "settings": dataclasses.asdict(self.settings),
            "faults": self.script.report(),
            "log": [dict(line) for line in self.counters.log],
        }

    def _account_report(self, open_kfid: str) -> dict[str, Any]:
        account = self.corp.accounts[open_kfid]
        return {
            "name": account.name,
            "avatar": account.avatar,
            "manage_privilege": account.manage_privilege,
            "authorized": account.authorized,
            "servicers": self.corp.servicers(account, with_status=True),
        }

    def serving(self, open_kfid: str) -> list[ServicerId]:
        """Return the servicers of an account: userids in the service's spelling, and department ids."""
        return self.corp.serving(open_kfid)
