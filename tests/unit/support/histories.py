# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random histories of a few accounts: what is wanted, what goes wrong on the way, and what others change meanwhile."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

MEMBERS = ("ann", "Bob", "CY", "D.e_f@x-1", "e5", "Ff", "张三", "left", "nolicense")
UNKNOWN = ("stranger", "Ghost")
DEPARTMENTS = (2, 4, 2147483650)
UNKNOWN_DEPARTMENT = 999
BULK = 240
COVERED = ("ann", "Bob")
"""The members of department 2."""

REFUSED = {"nolicense", "stranger", "ghost", "left", UNKNOWN_DEPARTMENT}
"""Servicers that the service never adds, by normalized id."""

KFIDS = ("wkOne", "wkTwo", "wkThree")
BYSTANDER = "wkBystander"
NAMES = dict(zip(KFIDS, ("咨询客服", "售后客服", "第三家")))

DELAY, TIMEOUT_OF_DELAYS = 0.5, 0.25
"""Seconds of real time: the only ones that a history takes."""

Fault = t.Dict[str, t.Any]


class InitialState(t.NamedTuple):
    """How the service is at the beginning."""

    servicers: list[list[t.Any]]
    """For each account."""
    settings: dict[str, t.Any]

    def is_overfull(self, serving: t.Iterable[str | int]) -> bool:
        """Return whether more serve than the service lets in, so that nobody who leaves can come back."""
        users = [isinstance(servicer_id, str) for servicer_id in serving]
        limits: dict[str, int] = self.settings["limits"]
        departments = len(users) - sum(users)
        return sum(users) > limits["userids_per_account"] or departments > limits["departments_per_account"]

    def config(self) -> dict[str, t.Any]:
        """Return the simulator's configuration."""
        kept = [member for member in MEMBERS if member not in ("left", "nolicense")]
        accounts = [
            {"open_kfid": kfid, "name": NAMES[kfid], "servicers": servicers}
            for kfid, servicers in zip(KFIDS, self.servicers)
        ]
        return {
            "members": [
                *kept,
                {"userid": "left", "left": True},
                {"userid": "nolicense", "refuse": 701008},
                {"prefix": "u", "count": BULK},
            ],
            "departments": [{"id": 2, "members": list(COVERED)}, 4, 2147483650],
            "accounts": [*accounts, {"open_kfid": BYSTANDER, "servicers": ["ann", {"department_id": 2}]}],
            **self.settings,
        }


class DesiredServicers(t.NamedTuple):
    """What a task wants of one account."""

    state: str
    userids: list[str] | None
    department_ids: list[int] | None
    by_name: bool


class Step(t.NamedTuple):
    """One run of a task, and what happens to it."""

    desired: list[DesiredServicers]
    as_many: bool
    """Whether a single account goes through the module for many, too."""
    allow_empty: bool
    max_removals: str | None
    max_total_removals: str | None
    check_mode: bool
    retry_timeout: float
    concurrency: int
    credentials: str
    """``pair``, ``token``, ``token and pair`` or ``stale token and pair``."""
    faults: list[Fault]
    admin_change: tuple[list[t.Any], list[t.Any]]
    """Servicers that an administrator adds to and removes from the first account before the run."""

    @property
    def timeout(self) -> float:
        """Seconds for one request."""
        return TIMEOUT_OF_DELAYS if self.is_late else 10.0

    @property
    def is_late(self) -> bool:
        """Whether the service may respond, or carry out a call, when the client has given up."""
        return any(fault["name"].startswith("late") for fault in self.faults)


def _cased(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({name, name.lower(), name.upper()}))


_people = st.sampled_from(MEMBERS + UNKNOWN).flatmap(_cased)
_bulk = st.sampled_from([0] * 14 + [99, 101, 205]).map(lambda number: [f"u{n:03d}" for n in range(1, number + 1)])
_refused_only = st.lists(st.sampled_from(UNKNOWN + MEMBERS[-2:]).flatmap(_cased), min_size=1, max_size=3)
_userids = st.one_of(
    *[st.builds(lambda names, bulk: names + bulk, st.lists(_people, max_size=6), _bulk)] * 5, _refused_only
)
_department_ids = st.lists(st.sampled_from((*DEPARTMENTS, UNKNOWN_DEPARTMENT)), max_size=3)
_serving = st.lists(st.sampled_from(MEMBERS[:-1] + DEPARTMENTS), max_size=7, unique=True)
_touched = st.lists(st.sampled_from((*MEMBERS[:-2], *DEPARTMENTS, "u001", "u101")), max_size=2, unique=True)


@st.composite
def _servicers(draw: st.DrawFn) -> list[t.Any]:
    servicers: list[t.Any] = [
        {"department_id": name} if isinstance(name, int) else {"userid": name, "status": draw(st.integers(0, 1))}
        for name in draw(_serving)
    ]
    if draw(st.integers(0, 9)) == 0:
        servicers.extend(f"u{number:03d}" for number in range(1, draw(st.sampled_from([30, 130])) + 1))
    return servicers


@st.composite
def _settings(draw: st.DrawFn) -> dict[str, t.Any]:
    limits = {
        "userids_per_account": draw(st.sampled_from([2000, 2000, 7, 9, 150])),
        "departments_per_account": draw(st.sampled_from([20, 20, 3])),
        "account_limit_errcode": draw(st.sampled_from([81017, 40058, 4711])),
        "account_limit_fails_call": draw(st.booleans()),
    }
    return {
        "limits": limits,
        "strict_removal": draw(st.sampled_from([False, True, 95014, 60111, 40003])),
        "covered_by_department": draw(st.sampled_from(["added", "added", "ignored"])),
        "numbers_as_text": draw(st.booleans()),
        "odd_bytes": draw(st.booleans()),
        "token_calls": draw(st.sampled_from([None, None, None, 20, 50])),
    }


# --- what goes wrong ---

_WRITES = ("kf/servicer/add", "kf/servicer/del")
_LIST = "kf/servicer/list"
_APPLIED = st.sampled_from([{}, {"applied": True}])
_JUNK_BODIES = ["<html><body>Sign in</body></html>", "[]", "null", '"ok"', "7", "OK", "{}", "", '{"errcode":', "[[[["]
_JUNK_ITEMS: list[t.Any] = [None, 7, "all", {}, [None], [7], [{}], [{"userid": [7], "errcode": 0}]]
_LOST_STATUSES = [429, 500, 502, 503, 504]
_OTHER_STATUSES = [301, 400, 403, 404, 407]
_ERRCODES = [-1, -1, 6000, 45009, 45033, 42001, 40014, 48002, 60020, 95004, 40063, 60011, 48007, 4712]


def _merged(*parts: Fault) -> Fault:
    return {key: value for part in parts for key, value in part.items()}


_when = st.sampled_from(["before", "after"])
_meanwhile = st.builds(
    lambda add, remove, when: {"meanwhile": {"add": add, "remove": remove, "when": when}}, _touched, _touched, _when
)
_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "errcode": st.builds(_merged, st.builds(lambda code: {"errcode": code}, st.sampled_from(_ERRCODES)), _APPLIED).map(
        # Whoever has no valid token changes nothing.
        lambda fault: {"errcode": fault["errcode"]} if fault["errcode"] in (40014, 42001) else fault
    ),
    "status": st.builds(
        _merged,
        st.sampled_from([{"http_status": status} for status in _LOST_STATUSES + _OTHER_STATUSES]),
        st.sampled_from([{}, {}, {"headers": {"Retry-After": "3600"}}]),
        _APPLIED,
    ),
    "body": st.builds(_merged, st.sampled_from([{"body": body} for body in _JUNK_BODIES]), _APPLIED),
    "types": st.sampled_from([{"patch": {"errcode": junk}} for junk in ("x", None, True, 0.5)]),
    "cut": st.builds(lambda at, what: {what: at}, st.integers(0, 20), st.sampled_from(["cut", "truncate"])),
    "drop": st.builds(lambda drop, reset: {"drop": drop, "reset": reset}, _when, st.booleans()),
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
        st.sampled_from([{"applied": False}, {}]),
    ),
    "items": st.dictionaries(
        st.sampled_from([*(name.lower() for name in MEMBERS), "u001", "department:2", "department:4"]),
        st.sampled_from([60111, 701008, 81017, 95014, -1, 4711]),
        min_size=1,
        max_size=3,
    ).map(lambda items: {"items": items}),
    "junk items": st.sampled_from([{"patch": {"result_list": junk}} for junk in _JUNK_ITEMS]),
}
_LIST_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "no list": st.just({"omit": "servicer_list"}),
    "junk list": st.sampled_from([{"patch": {"servicer_list": junk}} for junk in _JUNK_ITEMS]),
}
_LATE_KINDS: dict[str, st.SearchStrategy[Fault]] = {
    "late": st.just({"delay": DELAY}),
    "late response": st.just({"delay_after": DELAY}),
}


@st.composite
def _faults(draw: st.DrawFn) -> Fault:
    """Return one fault; its name tells the kind."""
    which = draw(st.integers(0, 199))
    is_late = which == 57
    if is_late:
        kinds, on = _LATE_KINDS, draw(st.sampled_from((*_WRITES, _LIST)))
    elif which < 70:
        kinds, on = _WRITE_KINDS, draw(st.sampled_from(_WRITES))
    elif which > 191:
        kinds, on = _LIST_KINDS, _LIST
    else:
        kinds, on = _KINDS, draw(st.sampled_from((*_WRITES, *_WRITES, "write", "write", _LIST, "any", "gettoken")))
    kind = draw(st.sampled_from(sorted(kinds)))
    # What goes wrong with the first call of a run leaves little to see.
    nth = draw(st.sampled_from([2, 2, 3, 4] if on in (_LIST, "any") else [1, 1, 1, 2, 3]))
    times = 1 if is_late else draw(st.sampled_from([1, 1, 1, 1, 2, 3, None]))
    return {**draw(kinds[kind]), "name": kind, "on": on, "nth": nth, "times": times}


@st.composite
def _desired_servicers(draw: st.DrawFn) -> DesiredServicers:
    userids, department_ids = draw(st.none() | _userids), draw(st.none() | _department_ids)
    if userids is None and department_ids is None:
        userids = draw(_userids)
    state = draw(st.sampled_from(["present", "absent", "exact", "exact"]))
    return DesiredServicers(state, userids, department_ids, draw(st.integers(0, 4)) == 0)


@st.composite
def _steps(draw: st.DrawFn, accounts: int) -> Step:
    return Step(
        desired=[draw(_desired_servicers()) for _account in range(accounts)],
        as_many=draw(st.booleans()),
        allow_empty=draw(st.integers(0, 3)) > 0,
        max_removals=draw(st.sampled_from([None] * 6 + ["1", "50%"])),
        max_total_removals=draw(st.sampled_from([None] * 6 + ["2", "40%"])),
        check_mode=draw(st.integers(0, 5)) == 0,
        retry_timeout=draw(st.sampled_from([120.0, 120.0, 120.0, 0.0, 2.0])),
        concurrency=draw(st.sampled_from([1, 2, 4])),
        credentials=draw(st.sampled_from(["pair", "pair", "token", "token and pair", "stale token and pair"])),
        faults=draw(st.lists(_faults(), max_size=4, unique_by=lambda fault: fault["name"])),
        admin_change=(draw(_touched), draw(_touched)),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[InitialState, list[Step]]:
    """Return an initial state and one to three steps."""
    accounts = draw(st.sampled_from([1, 1, 2, 3]))
    state = InitialState([draw(_servicers()) for _account in range(accounts)], draw(_settings()))
    return state, draw(st.lists(_steps(accounts), min_size=1, max_size=3))
