# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service says about one servicer, response by response, and what that means."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.api import ADD_SERVICERS, DELETE_SERVICERS
from ansible_collections.wecom.kf.plugins.module_utils._kf.models import ItemResponse
from ansible_collections.wecom.kf.plugins.module_utils._kf.outcome import Status
from ansible_collections.wecom.kf.plugins.module_utils._kf.plan import ADD, NONE, REMOVE, Step
from ansible_collections.wecom.kf.plugins.module_utils._kf.record import Record

CALL = {ADD: ADD_SERVICERS, REMOVE: DELETE_SERVICERS}

Event = t.Callable[[Record], None]
"""Something that the service says, or fails to say."""


def says(errcode: int, errmsg: str = "") -> Event:
    return lambda record: record.note(CALL[record.action], ItemResponse(errcode, errmsg))


def listed(record: Record) -> None:
    record.note_list("LiSi")


def not_listed(record: Record) -> None:
    record.note_list(None)


def says_nothing(record: Record) -> None:
    record.note(CALL[record.action], None)


def lost(record: Record) -> None:
    record.note_failure(reached_service=True, may_be_done=True, is_unanswered=True)


def busy_with_the_whole_call(record: Record) -> None:
    record.note_failure(reached_service=True, may_be_done=True, is_unanswered=False)


def rejected(record: Record) -> None:
    record.note_failure(reached_service=True, may_be_done=False, is_unanswered=False)


def never_sent(record: Record) -> None:
    record.note_failure(reached_service=False, may_be_done=False, is_unanswered=False)


ok, ignored = says(0, "ok"), says(0, "ignored")
not_found, no_servicer, busy = says(60111, "userid not found"), says(60253, "no such servicer"), says(-1, "busy")


def record_of(action: str, *, serves: bool) -> Record:
    return Record(Step("lisi", action), {"lisi": "LiSi"} if serves else {})


def status_after(events: list[Event], record: Record) -> Status:
    for event in events:
        event(record)
    return record.status()


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], Status.SKIPPED),
        ([ok], Status.ADDED),
        ([not_found], Status.REFUSED),
        ([ignored, listed], Status.CHANGED_CONCURRENTLY),
        ([ignored, not_listed], Status.COVERED),
        ([ignored], Status.CHANGED_CONCURRENTLY),
        ([lost], Status.UNKNOWN),
        ([lost, listed], Status.ADDED),
        ([lost, not_listed], Status.NOT_APPLIED),
        ([lost, not_listed, ok], Status.ADDED),
        ([lost, ignored], Status.UNKNOWN),
        ([lost, ignored, listed], Status.ADDED),
        ([lost, ignored, not_listed], Status.COVERED),
        ([lost, not_found], Status.UNKNOWN),
        ([lost, not_found, listed], Status.ADDED),
        ([lost, not_found, not_listed], Status.REFUSED),
        ([says_nothing, listed], Status.ADDED),
        ([lost, not_listed, ignored, listed], Status.ADDED),
        ([busy_with_the_whole_call, listed], Status.ADDED),
        ([busy_with_the_whole_call, not_listed, ignored, listed], Status.CHANGED_CONCURRENTLY),
        ([ignored, not_listed, rejected, not_listed], Status.NOT_APPLIED),
        ([ignored, not_listed, lost, not_listed], Status.NOT_APPLIED),
        ([ignored, not_listed, lost, listed], Status.ADDED),
        ([ignored, not_listed, rejected, listed], Status.CHANGED_CONCURRENTLY),
        ([ignored, not_listed, not_found], Status.REFUSED),
        ([rejected, listed], Status.CHANGED_CONCURRENTLY),
        ([rejected, not_listed, ignored, listed], Status.CHANGED_CONCURRENTLY),
        ([rejected, not_listed], Status.NOT_APPLIED),
        ([never_sent], Status.NOT_APPLIED),
        ([never_sent, not_listed], Status.SKIPPED),
        ([never_sent, listed], Status.CHANGED_CONCURRENTLY),
        ([ok, not_listed], Status.REVERTED),
    ],
)
def test_an_addition(events: list[Event], status: Status) -> None:
    assert status_after(events, record_of(ADD, serves=False)) is status


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], Status.SKIPPED),
        ([ok], Status.REMOVED),
        ([busy], Status.REFUSED),
        ([no_servicer], Status.UNKNOWN),
        ([no_servicer, not_listed], Status.CHANGED_CONCURRENTLY),
        ([no_servicer, listed], Status.REFUSED),
        ([not_found, not_listed], Status.CHANGED_CONCURRENTLY),
        ([lost, not_listed], Status.REMOVED),
        ([lost, listed, no_servicer, not_listed], Status.REMOVED),
        ([lost, no_servicer, not_listed], Status.REMOVED),
        ([lost, no_servicer, listed], Status.REFUSED),
        ([rejected, no_servicer, not_listed], Status.CHANGED_CONCURRENTLY),
        ([ignored, not_listed], Status.CHANGED_CONCURRENTLY),
        ([ok, listed], Status.REVERTED),
    ],
)
def test_a_removal(events: list[Event], status: Status) -> None:
    assert status_after(events, record_of(REMOVE, serves=True)) is status


@pytest.mark.parametrize(
    ("serves", "event", "status"),
    [
        (True, listed, Status.ALREADY_PRESENT),
        (True, not_listed, Status.REVERTED),
        (False, not_listed, Status.ALREADY_ABSENT),
        (False, listed, Status.REVERTED),
    ],
)
def test_nothing_to_do(serves: bool, event: Event, status: Status) -> None:
    assert status_after([event], record_of(NONE, serves=serves)) is status


@pytest.mark.parametrize("kept", [Status.KEPT, Status.ALL_KEPT])
def test_a_removal_that_is_held_back_is_kept_unless_somebody_else_made_it(kept: Status) -> None:
    record = record_of(REMOVE, serves=True)
    record.kept = kept
    assert record.status() is kept
    not_listed(record)
    assert record.status() is Status.CHANGED_CONCURRENTLY


@pytest.mark.parametrize(("event", "needs_room"), [(not_found, False), (says(40058, "too many"), True), (ok, False)])
def test_only_a_refusal_that_may_mean_a_limit_needs_room(event: Event, needs_room: bool) -> None:
    record = record_of(ADD, serves=False)
    event(record)
    assert record.needs_room is needs_room


def test_the_spelling_of_the_service_is_the_one_that_serves() -> None:
    record = record_of(ADD, serves=False)
    ok(record)
    assert record.serving == "lisi"
    listed(record)
    assert record.serving == "LiSi"


events_of_a_call = st.sampled_from(
    [ok, ignored, not_found, no_servicer, busy, says_nothing, lost, rejected, never_sent]
)


@given(events=st.lists(events_of_a_call), action=st.sampled_from([ADD, REMOVE]), is_listed=st.booleans())
def test_a_list_leaves_no_doubt_and_decides_who_serves(events: list[Event], action: str, is_listed: bool) -> None:
    record = record_of(action, serves=action == REMOVE)
    status = status_after([*events, listed if is_listed else not_listed], record)
    assert status is not Status.UNKNOWN
    assert (record.serving is not None) == is_listed
    assert not status.changed or is_listed == (action == ADD)
    assert status.failed == (is_listed != (action == ADD)) or status is Status.COVERED
