# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of an account: what is asked for, what goes wrong on the way, and who else changes something."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._error_codes import ERROR_CODES
from ansible_collections.wecom.kf.tests.unit.support.service import ADD, DEL, GETTOKEN, KFID, LIST, OTHER_KFID

MEMBERS = ("ann", "Bob", "CY", "D.e_f@x-1", "e5", "Ff", "gone", "nolicence")
UNKNOWN = ("stranger", "Ghost")
DEPARTMENTS = (2, 4, 2147483650)
UNKNOWN_DEPARTMENT = 999
BULK = 240

REFUSED = {"nolicence": 701008, "stranger": 60111, "ghost": 60111, "gone": 60111, UNKNOWN_DEPARTMENT: 60003}
"""Whom the service never adds, by key, and what it says of them."""

TIMEOUT_OF_DELAYS = 0.3
DELAY = 0.6
"""Seconds of real time: the only ones that a history takes."""

Fault = t.Dict[str, t.Any]


class World(t.NamedTuple):
    """How the service is at the beginning."""

    servicers: list[t.Any]
    strict_removal: bool
    manage_privilege: bool | None

    def config(self) -> dict[str, t.Any]:
        return {
            "members": [
                *(name for name in MEMBERS if name not in ("gone", "nolicence")),
                {"userid": "gone", "left": True},
                {"userid": "nolicence", "refuse": REFUSED["nolicence"]},
                {"prefix": "u", "count": BULK},
            ],
            "departments": list(DEPARTMENTS),
            "accounts": [
                {"open_kfid": KFID, "servicers": self.servicers, "manage_privilege": self.manage_privilege},
                {"open_kfid": OTHER_KFID, "servicers": ["ann", {"department_id": 2}]},
            ],
            "strict_removal": self.strict_removal,
        }


class Step(t.NamedTuple):
    """One run of the task, and what happens to it."""

    state: str
    userids: list[str] | None
    department_ids: list[int] | None
    allow_empty: bool
    max_removals: str | None
    check_mode: bool
    retry_timeout: float
    credentials: str
    """C(pair), C(token), C(token and pair) or C(stale token and pair)."""
    faults: list[Fault]
    click: tuple[list[t.Any], list[t.Any]]
    """Whom somebody else adds and removes before."""

    def options(self) -> dict[str, t.Any]:
        """What is asked for, as the module gets it."""
        return {
            "open_kfid": KFID,
            "userids": self.userids,
            "department_ids": self.department_ids,
            "state": self.state,
            "allow_empty": self.allow_empty,
            "max_removals": self.max_removals,
        }

    @property
    def timeout(self) -> float:
        return TIMEOUT_OF_DELAYS if any(is_late(fault) or "delay_after" in fault for fault in self.faults) else 10.0


def is_late(fault: Fault) -> bool:
    """Whether the service carries the call out when its client has given up already."""
    return "delay" in fault


def passes(fault: Fault) -> bool:
    """Whether a run with a budget gets over it."""
    if fault["times"] is None or "headers" in fault:
        return False
    if fault["name"] == "expire":
        return bool(fault["times"] == 1)
    if fault["name"] == "errcode":
        return fault["errcode"] in (-1, 6000, 45009, 45033)
    if fault["name"] == "status":
        return fault["http_status"] in _LOST_STATUSES
    return fault["name"] in ("drop", "drop and others", "cut", "truncate", "omit", "omit and others", "others")


def _cased(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({name, name.lower(), name.upper()}))


people = st.sampled_from(MEMBERS + UNKNOWN).flatmap(_cased)
department_ids = st.sampled_from((*DEPARTMENTS, UNKNOWN_DEPARTMENT))
_bulk = st.sampled_from([0] * 12 + [99, 101, 205]).map(lambda number: [f"u{n:03d}" for n in range(1, number + 1)])
_nobody = st.lists(st.sampled_from(UNKNOWN + MEMBERS[-2:]).flatmap(_cased), min_size=1, max_size=2)
userids = st.one_of(
    *[st.builds(lambda names, bulk: names + bulk, st.lists(people, max_size=6), _bulk)] * 5,
    _nobody,  # all of whom the service refuses
)
_serving = st.lists(st.sampled_from(MEMBERS[:-1] + DEPARTMENTS), max_size=7, unique=True)
names_of_others = st.lists(st.sampled_from((*MEMBERS[:-2], *DEPARTMENTS, "u001", "u101")), max_size=2, unique=True)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    servicers: list[t.Any] = []
    for name in draw(_serving):
        if isinstance(name, int):
            servicers.append({"department_id": name})
        else:
            servicers.append({"userid": name, "status": draw(st.integers(0, 1))})
    if draw(st.integers(0, 9)) == 0:
        servicers.extend(f"u{number:03d}" for number in range(1, draw(st.sampled_from([30, 130])) + 1))
    return World(servicers, draw(st.booleans()), draw(st.sampled_from([True, True, False, None])))


# --- what goes wrong ---

_WRITES = (ADD, DEL)
_ANY = (GETTOKEN, LIST, ADD, DEL)
_APPLIED = st.sampled_from([{}, {"applied": True}])
_JUNK_BODIES = ["<html><body>Sign in</body></html>", "[]", "null", '"ok"', "7", "OK", "{}", "", '{"errcode":', "[[[["]
_JUNK_LISTS: list[t.Any] = [
    None,
    7,
    "all",
    {},
    [None],
    [7],
    [{}],
    [{"userid": 7, "errcode": 0}],
    [{"department_id": "2"}],
]
_OTHER_STATUSES = [301, 302, 400, 403, 404, 407]
_LOST_STATUSES = [429, 500, 502, 503, 504]
_PATCHES = [{"errcode": "0"}, {"errcode": None}, {"errcode": True}, {"errcode": 0.5}]


def _merged(*parts: Fault) -> Fault:
    whole: Fault = {}
    for part in parts:
        whole.update(part)
    return whole


_errcodes = st.sampled_from([*ERROR_CODES, -1, 6000, 45009, 45033, 42001, 40014, 4711])
_short = st.integers(0, 20)
_silent = st.sampled_from([{"applied": False}, {}])
_when = st.sampled_from(["before", "after"])
_meanwhile = st.builds(
    lambda add, remove, when: {"meanwhile": {"add": add, "remove": remove, "when": when}},
    names_of_others,
    names_of_others,
    _when,
)

_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "errcode": st.builds(_merged, st.builds(lambda code: {"errcode": code}, _errcodes), _APPLIED),
    "status": st.builds(
        _merged,
        st.sampled_from([{"http_status": status} for status in _LOST_STATUSES + _OTHER_STATUSES]),
        st.sampled_from(
            [{}, {}, {"headers": {"Retry-After": "3600"}}, {"headers": {"Location": "http://127.0.0.1:1/"}}]
        ),
        _APPLIED,
    ),
    "body": st.builds(_merged, st.sampled_from([{"body": body} for body in _JUNK_BODIES]), _APPLIED),
    "types": st.builds(lambda patch: {"patch": patch}, st.sampled_from(_PATCHES)),
    "truncate": st.builds(_merged, st.builds(lambda at: {"truncate": at}, _short), _silent),
    "cut": st.builds(_merged, st.builds(lambda at: {"cut": at}, _short), _silent),
    "drop": st.builds(
        lambda drop, reset: {"drop": drop, "reset": reset}, st.sampled_from(["before", "after"]), st.booleans()
    ),
    "drop and others": st.builds(_merged, st.builds(lambda drop: {"drop": drop}, _when), _meanwhile),
    "expire": st.just({"expire_token": True}),
    "others": _meanwhile,
}

_WRITE_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "omit": st.builds(
        _merged,
        st.one_of(
            st.lists(st.sampled_from([*MEMBERS, *DEPARTMENTS, "u001"]), min_size=1, max_size=3).map(
                lambda names: {"omit": names}
            ),
            st.sampled_from([{"omit": "all"}, {"omit": "result_list"}]),
        ),
        _silent,
    ),
    "omit and others": st.builds(_merged, st.just({"omit": "all"}), _meanwhile),
    "items": st.dictionaries(
        st.sampled_from([*(name.lower() for name in MEMBERS), "u001", "department:2", "department:4"]),
        st.sampled_from([60111, 701008, 81017, 95014, -1, 4711]),
        min_size=1,
        max_size=3,
    ).map(lambda items: {"items": items}),
    "junk items": st.sampled_from([{"patch": {"result_list": junk}} for junk in _JUNK_LISTS]),
}

_LIST_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "no list": st.just({"omit": "servicer_list"}),
    "junk list": st.sampled_from([{"patch": {"servicer_list": junk}} for junk in _JUNK_LISTS if junk != []]),
}

_DELAYS: dict[str, st.SearchStrategy[Fault]] = {
    "delay": st.just({"delay": DELAY}),
    "delay after": st.just({"delay_after": DELAY}),
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """One fault; its name tells the kind."""
    which = draw(st.integers(0, 99))
    late = which == 57
    if late:
        kinds, on = _DELAYS, draw(st.sampled_from(_ANY))
    elif which < 35:
        kinds, on = _WRITE_KINDS, draw(st.sampled_from(_WRITES))
    elif which > 95:
        kinds, on = _LIST_KINDS, LIST
    else:
        kinds, on = _KINDS, draw(st.sampled_from((ADD, DEL, ADD, DEL, "write", "write", LIST, "any", GETTOKEN)))
    kind = draw(st.sampled_from(sorted(kinds)))
    # What goes wrong with the first call of a run leaves little to see.
    nth = draw(st.sampled_from([2, 2, 3, 4] if on in (LIST, "any") else [1, 1, 1, 2, 3, 1]))
    return {
        **draw(kinds[kind]),
        "name": kind,
        "on": on,
        "nth": nth,
        "times": 1 if late else draw(st.sampled_from([1, 1, 1, 1, 2, 3, None])),
    }


@st.composite
def steps(draw: st.DrawFn) -> Step:
    named = draw(st.none() | userids)
    departments = draw(st.none() | st.lists(department_ids, max_size=3))
    if named is None and departments is None:
        named = draw(userids)
    return Step(
        state=draw(st.sampled_from(["present", "absent", "exact", "exact"])),
        userids=named,
        department_ids=departments,
        allow_empty=draw(st.integers(0, 3)) > 0,
        max_removals=draw(st.sampled_from([None] * 6 + ["1", "50%"])),
        check_mode=draw(st.integers(0, 5)) == 0,
        retry_timeout=draw(st.sampled_from([120.0, 120.0, 120.0, 0.0, 2.0])),
        credentials=draw(st.sampled_from(["pair", "pair", "token", "token and pair", "stale token and pair"])),
        faults=draw(st.lists(faults(), max_size=4, unique_by=lambda fault: fault["name"])),
        click=(draw(names_of_others), draw(names_of_others)),
    )


histories = st.tuples(worlds(), st.lists(steps(), min_size=1, max_size=3))
