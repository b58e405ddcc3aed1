# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What really happened to an account in a run, told from the simulator's own log, without the collection's code."""

from __future__ import annotations

import typing as t

from ansible_collections.wecom.kf.tests.unit.support.histories import DesiredServicers

ServicerId = t.Union[str, int]
Line = t.Dict[str, t.Any]

ADD, DELETE, LIST = "kf/servicer/add", "kf/servicer/del", "kf/servicer/list"


def normalize(servicer_id: ServicerId) -> ServicerId:
    """Return what all spellings of a servicer's id have in common."""
    return servicer_id.lower() if isinstance(servicer_id, str) else servicer_id


def keys(ids: t.Iterable[ServicerId]) -> set[ServicerId]:
    """Return normalized ids."""
    return {normalize(servicer_id) for servicer_id in ids}


class ReferenceModel:
    """Follows one account through a run, call by call."""

    def __init__(self, desired: DesiredServicers, serving: t.Iterable[ServicerId], log: t.Iterable[Line]) -> None:
        self.desired = desired
        self.before = keys(serving)
        self.really = set(self.before)
        """Who serves in truth, as far as the log has been followed."""
        self.by_us: set[ServicerId] = set()
        """Whose state the calls of this run changed, on balance."""
        self.by_others: set[ServicerId] = set()
        """Who was touched by somebody else."""
        self.first_list: set[ServicerId] | None = None
        self.lists = self.writes = 0
        self.lowest = len(self.before)
        """The fewest who served at a moment."""
        self.put_back: set[ServicerId] = set()
        """Those who were to be added again after they had been removed for an addition that then failed."""
        self.names = keys([*(desired.userids or ()), *(desired.department_ids or ())])
        for line in log:
            self._follow(line)

    def _follow(self, line: Line) -> None:
        others = keys(line["meanwhile"])
        self.by_others |= others
        if line["endpoint"] == LIST:
            self.lists += 1
            is_readable = line["errcode"] == 0 and line["fault"] in (None, "others")
            if is_readable and self.first_list is None:
                self.first_list = set(self.really)
        if line["endpoint"] in (ADD, DELETE):
            self.writes += 1
            assert len(line["userids"]) <= 100, "more userids than a call takes"
            assert len(line["departments"]) <= (20 if line["endpoint"] == ADD else 100), "more departments than allowed"
            assert line["userids"] or line["departments"], "a call for nobody"
            assert len(keys(line["userids"])) == len(line["userids"]), "a userid twice in one call"
            if line["endpoint"] == ADD:
                self.put_back |= keys([*line["userids"], *line["departments"]]) - self.names
            changed = keys(line["changed"])
            self.by_us ^= changed
            self.really ^= changed
        self.really ^= others
        self.lowest = min(self.lowest, len(self.really))

    @property
    def wanted(self) -> set[ServicerId]:
        """Who is to serve."""
        return set() if self.desired.state == "absent" else self.names

    def action(self, key: ServicerId) -> str:
        """Return what is to be done about this one, by what the account looked like at first."""
        serves = key in (self.first_list or ())
        if key in self.names:
            wants = self.desired.state != "absent"
            return "none" if serves == wants else ("add" if wants else "remove")
        group = self.desired.userids if isinstance(key, str) else self.desired.department_ids
        return "remove" if self.desired.state == "exact" and group is not None and serves else "none"
