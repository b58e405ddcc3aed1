# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What really happened in a run, and what a client could know of it, told from the simulator's own log.

Made without the collection's code for carrying plans out, so that the two can be held against each other.
"""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.tests.unit.support.history import REFUSED, Fault, is_late
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, LIST

Name = t.Union[str, int]
Line = t.Dict[str, t.Any]

NOT_A_SERVICER = 60253


def key_of(name: Name) -> Name:
    return name.lower() if isinstance(name, str) else name


def keys(names: t.Iterable[Name]) -> set[Name]:
    return {key_of(name) for name in names}


class Witness:
    """Follows a run call by call."""

    def __init__(self, serving: t.Iterable[Name], faults: list[Fault], strict: bool) -> None:
        self._faults = {fault["name"]: fault for fault in faults}
        self._strict = strict
        self.really: set[Name] = keys(serving)
        """Who serves in truth, as far as the log has been followed."""
        self.first_list: set[Name] | None = None
        """Whom the first list that could be read showed."""
        self.known: set[Name] = set()
        """Who serves as far as the client can know."""
        self.doubted: set[Name] = set()
        """Whom a write was about that did not say, with no list since."""
        self.sent: set[Name] = set()
        self.refused: dict[Name, int] = {}
        self.done_before: set[Name] = set()
        """Whom the service said, when first asked to remove them, not to serve."""
        self.by_others: set[Name] = set()
        """Whom somebody else touched."""
        self.late: set[Name] = set()
        """Whom a call was about that may be carried out when the client has given up."""
        self.by_us: set[Name] = set()
        """Whom the calls of this run changed."""
        self.sent_again: set[Name] = set()
        """Whom a call was about after the service had answered for them."""
        self._answered: set[tuple[str, Name]] = set()
        self.unclear_writes = 0
        self.writes = 0

    def follow(self, log: t.Iterable[Line]) -> Witness:
        for line in log:
            fault = self._faults.get(line["fault"] or "", {})
            when = fault.get("meanwhile", {}).get("when")
            if when == "before":
                self._others(line)
            if line["endpoint"] == LIST:
                self._look(line, fault)
            elif line["endpoint"] in (ADD, DEL):
                self._write(line, fault)
            if when == "after":
                self._others(line)
        return self

    def _others(self, line: Line) -> None:
        for key in map(key_of, line["meanwhile"]):  # one who was added and removed again is named twice
            self.by_others.add(key)
            self.really ^= {key}

    def _look(self, line: Line, fault: Fault) -> None:
        if line["errcode"] != 0 or not _leaves_the_answer(fault):
            return
        self.known = set(self.really)
        for key in self.doubted & self.refused.keys():
            if self.first_list is not None and (key in self.known) != (key in self.first_list):
                del self.refused[key]  # an earlier call had done it, and only that
        self.doubted.clear()
        if self.first_list is None:
            self.first_list = set(self.really)

    def _write(self, line: Line, fault: Fault) -> None:
        adding = line["endpoint"] == ADD
        about = keys([*line["userids"], *line["departments"]])
        self.writes += 1
        for key in about:
            code = self._said(line, fault, key) if line["errcode"] == 0 else None
            was_in_doubt = key in self.doubted
            self.doubted.discard(key)
            if (line["endpoint"], key) in self._answered:
                self.sent_again.add(key)
            if code is not None:
                self._answered.add((line["endpoint"], key))
            if code is None:
                self.doubted.add(key)
            elif code == 0 or (code == NOT_A_SERVICER and not adding):
                if code and key not in self.sent:
                    self.done_before.add(key)
                self.known = self.known | {key} if adding else self.known - {key}
            else:
                self.refused[key] = code
                if was_in_doubt:
                    self.doubted.add(key)
        self.unclear_writes += bool(self.doubted & about)
        self.sent |= about
        if is_late(fault):
            self.late |= about
        self.by_us |= keys(line["changed"])
        self.really ^= keys(line["changed"])

    def _said(self, line: Line, fault: Fault, key: Name) -> int | None:
        """What the answer says of one, None for nothing."""
        omitted = fault.get("omit", [])
        if omitted in ("all", "result_list") or (isinstance(omitted, list) and key in keys(omitted)):
            return None
        if fault and not _leaves_the_answer(fault) and "items" not in fault and "omit" not in fault:
            return None
        as_written = f"department:{key}" if isinstance(key, int) else key
        if as_written in fault.get("items", {}):
            code: int = fault["items"][as_written]
            return code
        if line["endpoint"] == ADD:
            return 0 if key in self.really else REFUSED.get(key, 0)
        if key in self.really:
            return 0
        return REFUSED["gone"] if key == "gone" else (NOT_A_SERVICER if self._strict else 0)


def _leaves_the_answer(fault: Fault) -> bool:
    """Whether the client gets the whole true answer in time."""
    return not set(fault) - {"name", "on", "nth", "times", "meanwhile", "expire_token", "open_kfid"}
