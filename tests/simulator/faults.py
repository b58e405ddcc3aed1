# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads scripted faults and finds the one for a call."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .corp import EVERYBODY, NOBODY, Corp, ServicerId
from .endpoints import ACCOUNT_WRITES, ENDPOINTS, SERVICER_WRITES
from .fields import ConfigError, Section

ANY = "any"
_GROUPS = {ANY: ENDPOINTS, "write": SERVICER_WRITES, "account_write": ACCOUNT_WRITES}
Omitted = Union[None, str, "frozenset[ServicerId]"]


@dataclass(frozen=True)
class Meanwhile:
    """What another writer changes just before or just after a call is applied."""

    add: tuple[ServicerId, ...]
    remove: tuple[ServicerId, ...]
    open_kfid: str | None = None
    create: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    when: str = "before"

    @classmethod
    def read(cls, data: object, where: str) -> Meanwhile:
        """Read a change from a mapping."""
        section = Section(data, where)
        change = cls(
            add=tuple(read_servicers(section, "add")),
            remove=tuple(read_servicers(section, "remove")),
            open_kfid=section.text("open_kfid", None),
            create=section.texts("create"),
            rename=_renames(section),
            delete=section.texts("delete"),
            when=section.choice("when", "before", ("before", "after")),
        )
        section.finish()
        return change


@dataclass(frozen=True)
class Fault:
    """One scripted fault. README.md describes each field."""

    on: tuple[str, ...] = ENDPOINTS
    open_kfid: str | None = None
    nth: int = 1
    times: int | None = 1
    name: str = ""
    applied: bool | None = None
    errcode: int | None = None
    errmsg: str | None = None
    http_status: int | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    content_type: str | None = None
    truncate: int | None = None
    cut: int | None = None
    omit: Omitted = None
    items: Mapping[ServicerId, int] | None = None
    patch: Mapping[str, Any] | None = None
    drop: str | None = None
    reset: bool = False
    delay: float = 0
    delay_after: float = 0
    trickle: float | None = None
    body_size: int | None = None
    content_length: bool = True
    expire_token: bool = False
    meanwhile: Meanwhile | None = None

    @classmethod
    def read(cls, data: object, where: str = "fault") -> Fault:
        """Read a fault from a mapping, or raise an error that names the key."""
        section = Section(data, where)
        summary = _summary(section)
        change: Any = section.mapping("meanwhile", None)
        fault = cls(
            on=_endpoints(section),
            open_kfid=section.text("open_kfid", None),
            nth=section.integer("nth", 1, least=1),
            times=section.nullable("times", section.integer, 1, least=1),
            name=section.text("name", summary),
            applied=section.boolean("applied", None),
            errcode=section.integer("errcode", None),
            errmsg=section.text("errmsg", None),
            http_status=section.integer("http_status", None, least=200),
            headers=_headers(section),
            body=_body(section),
            content_type=section.text("content_type", None),
            truncate=section.integer("truncate", None, least=0),
            cut=section.integer("cut", None, least=0),
            omit=_omitted(section),
            items=_items(section),
            patch=section.mapping("patch", None),
            drop=section.choice("drop", None, ("before", "after")),
            reset=section.boolean("reset", False),
            delay=section.number("delay", 0),
            delay_after=section.number("delay_after", 0),
            trickle=section.number("trickle", None),
            body_size=section.integer("body_size", None, least=0),
            content_length=section.boolean("content_length", True),
            expire_token=section.boolean("expire_token", False),
            meanwhile=None if change is None else Meanwhile.read(change, section.place("meanwhile")),
        )
        section.finish()
        if not summary:
            raise ConfigError(f"{where}: says when it acts, but not what it does")
        if fault.reset and fault.drop is None:
            raise section.error("reset", "goes with drop")
        if fault.drop == "before" and fault.applied:
            raise section.error("applied", "goes with drop: after")
        if fault.body is not None and fault.errcode is not None:
            raise ConfigError(f"{where}: errcode and body are two responses")
        return fault

    def check(self, corp: Corp) -> None:
        """Raise an error when the fault names an account, a member or a department that does not exist."""
        if self.meanwhile is not None:
            corp.check_admin_change(self.meanwhile.open_kfid, self.meanwhile.add + self.meanwhile.remove)

    @property
    def replaces(self) -> bool:
        """Whether the fault brings a response of its own."""
        return not (self.errcode is None and self.http_status is None and self.body is None and self.body_size is None)

    @property
    def prevents(self) -> bool:
        """Whether the call is not processed at all."""
        return not self.applied and self.drop != "after" and (self.replaces or self.drop == "before")

    def withheld(self) -> Container[ServicerId]:
        """Return the servicers for which the call is not applied although the response says so."""
        if self.applied or self.drop == "after":
            return NOBODY
        overridden: frozenset[ServicerId] = frozenset(self.items or ())
        if self.applied is None:
            return overridden
        if isinstance(self.omit, frozenset):
            return overridden | self.omit
        return overridden if self.items else EVERYBODY


NO_FAULT = Fault()


class Script:
    """The faults that are set. Each counts the calls that it waits for."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._set = [_SetFault(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Set one more fault; it counts calls from now on."""
        self._set.append(_SetFault(fault))

    def clear(self) -> None:
        """Remove all faults."""
        self._set.clear()

    def match(self, endpoint: str, open_kfid: object) -> Fault:
        """Return the fault for a call that just came in; of several, the one that was set first."""
        matched = NO_FAULT
        for entry in self._set:
            fault = entry.fault
            if endpoint not in fault.on or (fault.open_kfid is not None and fault.open_kfid != open_kfid):
                continue
            entry.seen += 1
            due = entry.seen >= fault.nth and (fault.times is None or entry.seen < fault.nth + fault.times)
            if due and matched is NO_FAULT:
                entry.hits += 1
                matched = fault
        return matched

    def report(self) -> list[dict[str, Any]]:
        """Return each fault with the number of calls that it waited for and that it acted on."""
        return [
            {
                "name": entry.fault.name,
                "on": list(entry.fault.on),
                "nth": entry.fault.nth,
                "times": entry.fault.times,
                "seen": entry.seen,
                "hits": entry.hits,
            }
            for entry in self._set
        ]


@dataclass
class _SetFault:
    fault: Fault
    seen: int = 0
    hits: int = 0


def _summary(section: Section) -> str:
    """Describe a fault in a few words, for the log."""
    words = []
    for key, value in sorted(section.left().items()):
        if key not in ("on", "open_kfid", "nth", "times", "name"):
            telling = key not in ("body", "body_base64", "errmsg") and isinstance(value, (str, int, float))
            words.append(f"{key}={value}" if telling else str(key))
    return " ".join(words)


def read_servicers(section: Section, key: str) -> list[ServicerId]:
    """Read a list of userids and department ids."""
    return [_servicer(entry, section.place(key)) for entry in section.listing(key, [])]


def _servicer(entry: object, where: str) -> ServicerId:
    if isinstance(entry, bool) or not isinstance(entry, (str, int)):
        raise ConfigError(f"{where}: userids and department ids are needed, not {entry!r}")
    return entry


def _endpoints(section: Section) -> tuple[str, ...]:
    value = section.take("on", ANY)
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not names:
        raise section.error("on", f"the name of a call is needed, not {value!r}")
    endpoints: list[str] = []
    for name in names:
        if name not in ENDPOINTS and name not in _GROUPS:
            known = ", ".join((*ENDPOINTS, *_GROUPS))
            raise section.error("on", f"{name!r} is none of {known}")
        endpoints.extend(_GROUPS.get(name, (name,)))
    return tuple(endpoints)


def _headers(section: Section) -> Mapping[str, str] | None:
    headers: Any = section.mapping("headers", None)
    return None if headers is None else {str(key): str(value) for key, value in headers.items()}


def _renames(section: Section) -> Mapping[str, str]:
    """Return the new names of accounts by their id or by the name that they have."""
    names: Any = section.mapping("rename", {})
    if not all(isinstance(text, str) for pair in names.items() for text in pair):
        raise section.error("rename", "texts are needed")
    return dict(names)


def _body(section: Section) -> bytes | None:
    encoded: Any = section.text("body_base64", None)
    text: Any = section.text("body", None)
    if encoded is None:
        return None if text is None else str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise section.error("body_base64", "not valid base64") from None


def _omitted(section: Section) -> Omitted:
    value = section.take("omit", None)
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)):
        expected = "a list of userids and department ids, a key or all of them (the word all) is needed"
        raise section.error("omit", f"{expected}, not {value!r}")
    return frozenset(normalize(_servicer(entry, section.place("omit"))) for entry in value)


def _items(section: Section) -> Mapping[ServicerId, int] | None:
    items: Any = section.mapping("items", None)
    if items is None:
        return None
    for code in items.values():
        if isinstance(code, bool) or not isinstance(code, int):
            raise section.error("items", f"error codes are needed, not {code!r}")
    return {normalize(_servicer(name, section.place("items"))): code for name, code in items.items()}


def normalize(name: ServicerId) -> ServicerId:
    """Return a servicer in the form for comparing. JSON has only texts as keys, so ``department:2`` stands for 2."""
    if isinstance(name, int):
        return name
    prefix, _colon, number = name.partition(":")
    return int(number) if prefix == "department" and number.isdigit() else name.lower()
