# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted faults: which call they wait for, and what they do to it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .corp import EVERYBODY, NOBODY, Corp, Key
from .endpoints import ACCOUNT_WRITES, ENDPOINTS, SERVICER_WRITES
from .fields import ConfigError, Section

ANY = "any"
_GROUPS = {ANY: ENDPOINTS, "write": SERVICER_WRITES, "account_write": ACCOUNT_WRITES}
Omitted = Union[None, str, "frozenset[Key]"]


@dataclass(frozen=True)
class Meanwhile:
    """What another writer does just before or just after a call is carried out."""

    add: tuple[Key, ...]
    remove: tuple[Key, ...]
    open_kfid: str | None = None
    create: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    when: str = "before"

    @classmethod
    def read(cls, data: object, where: str) -> Meanwhile:
        """A change by somebody else, from a mapping."""
        section = Section(data, where)
        change = cls(
            add=tuple(read_names(section, "add")),
            remove=tuple(read_names(section, "remove")),
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
    """One scripted fault. What each field does is told in README.md."""

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
    items: Mapping[Key, int] | None = None
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
        """A fault from a mapping, or a complaint that names the key."""
        section = Section(data, where)
        what = _what_happens(section)
        change: Any = section.mapping("meanwhile", None)
        fault = cls(
            on=_endpoints(section),
            open_kfid=section.text("open_kfid", None),
            nth=section.integer("nth", 1, least=1),
            times=section.nullable("times", section.integer, 1, least=1),
            name=section.text("name", what),
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
        if not what:
            raise ConfigError(f"{where}: says when, but not what happens")
        if fault.reset and fault.drop is None:
            raise section.error("reset", "goes with drop")
        if fault.drop == "before" and fault.applied:
            raise section.error("applied", "goes with drop: after")
        if fault.body is not None and fault.errcode is not None:
            raise ConfigError(f"{where}: errcode and body are two responses")
        return fault

    def check(self, corp: Corp) -> None:
        """Complain when the script names an account, a member or a department that is not there."""
        if self.meanwhile is not None:
            corp.check_admin_change(self.meanwhile.open_kfid, self.meanwhile.add + self.meanwhile.remove)

    @property
    def replaces(self) -> bool:
        """Whether something else is answered than what the call yields."""
        return not (self.errcode is None and self.http_status is None and self.body is None and self.body_size is None)

    @property
    def prevents(self) -> bool:
        """Whether the call is not even looked at."""
        return not self.applied and self.drop != "after" and (self.replaces or self.drop == "before")

    def withheld(self) -> Container[Key]:
        """The servicers for whom the call is not carried out, although it is answered as if."""
        if self.applied or self.drop == "after":
            return NOBODY
        overridden: frozenset[Key] = frozenset(self.items or ())
        if self.applied is None:
            return overridden
        if isinstance(self.omit, frozenset):
            return overridden | self.omit
        return overridden if self.items else EVERYBODY


NO_FAULT = Fault()


class Script:
    """The faults that are set, each counting the calls that it could meet."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._set = [_Armed(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        """One more; it counts calls from now on."""
        self._set.append(_Armed(fault))

    def clear(self) -> None:
        """No faults any more."""
        self._set.clear()

    def meet(self, endpoint: str, open_kfid: object) -> Fault:
        """What happens to the call that has just come; with several, the one that was set first."""
        met = NO_FAULT
        for armed in self._set:
            fault = armed.fault
            if endpoint not in fault.on or (fault.open_kfid is not None and fault.open_kfid != open_kfid):
                continue
            armed.seen += 1
            due = armed.seen >= fault.nth and (fault.times is None or armed.seen < fault.nth + fault.times)
            if due and met is NO_FAULT:
                armed.hits += 1
                met = fault
        return met

    def report(self) -> list[dict[str, Any]]:
        """Each fault with the calls it has seen and those it has met."""
        return [
            {
                "name": armed.fault.name,
                "on": list(armed.fault.on),
                "nth": armed.fault.nth,
                "times": armed.fault.times,
                "seen": armed.seen,
                "hits": armed.hits,
            }
            for armed in self._set
        ]


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    hits: int = 0


def _what_happens(section: Section) -> str:
    """A fault in a few words, for the log."""
    words = []
    for key, value in sorted(section.left().items()):
        if key not in ("on", "open_kfid", "nth", "times", "name"):
            telling = key not in ("body", "body_base64", "errmsg") and isinstance(value, (str, int, float))
            words.append(f"{key}={value}" if telling else str(key))
    return " ".join(words)


def read_names(section: Section, key: str) -> list[Key]:
    """A list of userids and department ids."""
    return [_name(entry, section.place(key)) for entry in section.listing(key, [])]


def _name(entry: object, where: str) -> Key:
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
        raise section.error("body_base64", "no base64") from None


def _omitted(section: Section) -> Omitted:
    value = section.take("omit", None)
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)):
        wanted = "a list of userids and department ids, a key or all of them (the word all) is needed"
        raise section.error("omit", f"{wanted}, not {value!r}")
    return frozenset(key_of(_name(entry, section.place("omit"))) for entry in value)


def _items(section: Section) -> Mapping[Key, int] | None:
    items: Any = section.mapping("items", None)
    if items is None:
        return None
    for code in items.values():
        if isinstance(code, bool) or not isinstance(code, int):
            raise section.error("items", f"error codes are needed, not {code!r}")
    return {key_of(_name(name, section.place("items"))): code for name, code in items.items()}


def key_of(name: Key) -> Key:
    """How a name in a script is compared; JSON has only texts as keys, so "department:2" stands for 2."""
    if isinstance(name, int):
        return name
    prefix, _colon, number = name.partition(":")
    return int(number) if prefix == "department" and number.isdigit() else name.lower()
