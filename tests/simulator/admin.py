# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serves the control routes below ``/_sim/``: what the simulator shows, and what happens next."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .config import read_account, read_member, read_status
from .corp import ServicerId
from .faults import read_servicers
from .fields import ConfigError, Section

if TYPE_CHECKING:
    from .server import SimulatorServer
    from .simulator import Simulator

PREFIX = "/_sim/"


async def handle(request: web.BaseRequest, server: SimulatorServer) -> web.Response:
    """Respond to a control request; one that cannot be done gets 400 and a sentence that says why."""
    name = request.path[len(PREFIX) :].strip("/")
    try:
        data = _body(await request.content.read() if request.body_exists else b"")
        if request.method == "GET" and name == "state":
            return _respond(server.simulator.report(_open_kfids(request)))
        if name == "accounts" and request.method == "POST":
            return _respond({"ok": True, "open_kfid": create_account(server.simulator, data)})
        if name.startswith("accounts/") and request.method in ("POST", "DELETE"):
            open_kfid = name[len("accounts/") :]
            if request.method == "DELETE":
                delete_account(server.simulator, open_kfid)
                return _respond({"ok": True})
            return _respond({"ok": True, "changed": change_account(server.simulator, open_kfid, data)})
        route = _ROUTES.get((request.method, name))
        if route is None:
            known = sorted(f"{method} {PREFIX}{route}" for method, route in _ROUTES)
            return _respond({"error": "no such control route", "routes": known}, 404)
        route(server, data)
    except ConfigError as error:
        return _respond({"error": str(error)}, 400)
    return _respond({"ok": True})


def set_faults(server: SimulatorServer, data: Any) -> None:
    """Set one fault, or a list of them."""
    for fault in data if isinstance(data, list) else [data]:
        server.simulator.set_fault(fault)


def create_account(simulator: Simulator, data: Any) -> str:
    """Create an account, with the keys that it has in a configuration, and return its id."""
    corp = simulator.corp
    given = Section({} if data is None else data, "accounts").left()
    section = Section({"open_kfid": corp.random_id("wk", 32), **given}, "accounts")
    account = read_account(section, corp.members, corp.departments)
    section.finish()
    if account.open_kfid in corp.accounts:
        raise section.error("open_kfid", f"{account.open_kfid!r} exists already")
    corp.accounts[account.open_kfid] = account
    return account.open_kfid


def delete_account(simulator: Simulator, open_kfid: str) -> None:
    """Delete an account, also the last one."""
    simulator.corp.any_account(open_kfid)
    del simulator.corp.accounts[open_kfid]


def change_account(simulator: Simulator, open_kfid: str, data: Any) -> list[ServicerId]:
    """Change an account as an administrator in the console; return the servicers who were added or removed."""
    section = Section({} if data is None else data, f"accounts/{open_kfid}")
    corp = simulator.corp
    account = corp.any_account(open_kfid)
    add, remove = read_servicers(section, "add"), read_servicers(section, "remove")
    name = section.text("name", account.name)
    authorized = section.boolean("authorized", account.authorized)
    privilege = section.nullable("manage_privilege", section.boolean, account.manage_privilege)
    place = section.place("status")
    statuses = {
        userid: Section(status, f"{place}.{userid}") for userid, status in section.mapping("status", {}).items()
    }
    section.finish()
    changed = corp.admin_change(open_kfid, add, remove)
    account.name, account.authorized, account.manage_privilege = name, authorized, privilege
    for userid, inner in statuses.items():
        corp.set_status(open_kfid, userid, read_status(inner))
        inner.finish()
    return changed


def change_members(simulator: Simulator, data: Any) -> None:
    """Let people join the corp or leave it."""
    section = Section(data, "members")
    joining = [read_member(entry, section.place("add")) for entry in section.listing("add", [])]
    leaving = [read_member(entry, section.place("remove")) for entry in section.listing("remove", [])]
    section.finish()
    for member in joining:
        simulator.corp.add_member(member)
    for member in leaving:
        simulator.corp.mark_left(member.userid)


def expire_tokens(simulator: Simulator, data: Any) -> None:
    """Expire the token, or forget it."""
    section = Section({} if data is None else data, "tokens/expire")
    as_what = section.choice("as", "expired", ("expired", "invalid"))
    section.finish()
    if as_what == "expired":
        simulator.tokens.expire()
    else:
        simulator.tokens.forget()


_ROUTES: dict[tuple[str, str], Callable[[SimulatorServer, Any], None]] = {
    ("POST", "faults"): set_faults,
    ("DELETE", "faults"): lambda server, _data: server.simulator.script.clear(),
    ("POST", "reset"): lambda server, data: server.reset(data),
    ("POST", "counters/reset"): lambda server, _data: server.simulator.counters.reset(),
    ("POST", "settings"): lambda server, data: server.simulator.update_settings(data),
    ("POST", "members"): lambda server, data: change_members(server.simulator, data),
    ("POST", "tokens/expire"): lambda server, data: expire_tokens(server.simulator, data),
}


def _open_kfids(request: web.BaseRequest) -> list[str] | None:
    """Read ``?open_kfid=wkOne&open_kfid=wkTwo``; an empty one stands for no account at all."""
    return request.query.getall("open_kfid", None)


def _body(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"the body is not valid JSON: {error}") from error


def _respond(data: object, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False, indent=1))
