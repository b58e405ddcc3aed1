# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outcomes that need no call: what is predicted, what is skipped, and what could not be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Desired, Servicer, normalize
from ansible_collections.wecom.kf.plugins.module_utils._kf.outcome import Outcome, Status, predict, skip, unreadable
from ansible_collections.wecom.kf.plugins.module_utils._kf.plan import ADD, NONE, REMOVE, Plan, make_plan
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import ApiError

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
FORBIDDEN = ApiError(48002, "api forbidden", call="kf/servicer/list")

userids = st.sampled_from(["ann", "Bob", "bob", "cy"])
plans = st.builds(
    make_plan,
    st.builds(
        Desired,
        st.just(KFID),
        st.sampled_from(["present", "absent", "exact"]),
        st.lists(userids, max_size=4),
        st.none() | st.lists(st.integers(1, 3), max_size=3),
    ),
    st.lists(st.builds(Servicer, userids | st.integers(1, 3)), max_size=6),
)


def statuses(outcome: Outcome) -> dict[object, Status]:
    return {entry.id: entry.status for entry in outcome.entries}


def test_a_status_is_changed_failed_or_neither() -> None:
    changed = {status for status in Status if status.changed}
    failed = {status for status in Status if status.failed}
    assert changed == {Status.ADDED, Status.REMOVED, Status.REMOVED_IN_VAIN}
    assert {status.name for status in Status} - {status.name for status in failed} == {
        "ADDED",
        "REMOVED",
        "REMOVED_IN_VAIN",
        "ALREADY_PRESENT",
        "ALREADY_ABSENT",
        "CHANGED_CONCURRENTLY",
        "COVERED",
    }


@given(plan=plans)
def test_predicted_everyone_is_as_wanted(plan: Plan) -> None:
    outcome = predict(plan)
    after = {normalize(servicer_id) for servicer_id in outcome.after}
    for entry in outcome.entries:
        assert not entry.status.failed
        assert entry.status.changed == (entry.action != NONE)
        assert (normalize(entry.id) in after) == (entry.status in (Status.ADDED, Status.ALREADY_PRESENT))
    assert outcome.before == list(plan.before.values())
    assert not outcome.failures


@given(plan=plans)
def test_skipped_only_those_fail_for_which_there_was_something_to_do(plan: Plan) -> None:
    outcome = skip(plan, refusal="max_removals", failures=(FORBIDDEN,))
    for entry in outcome.entries:
        assert (entry.status is Status.SKIPPED) == (entry.action in (ADD, REMOVE)) == entry.status.failed
    assert outcome.after == outcome.before == list(plan.before.values())
    assert (outcome.refusal, outcome.failures) == ("max_removals", (FORBIDDEN,))


def test_of_an_account_that_could_not_be_read_everyone_named_fails_once() -> None:
    outcome = unreadable(Desired(KFID, "exact", ["ann", "ANN"], [2], name="咨询"), failures=(FORBIDDEN,))
    assert statuses(outcome) == {"ann": Status.SKIPPED, 2: Status.SKIPPED}
    assert outcome[:1] + outcome[2:] == (KFID, [], [], (FORBIDDEN,), "", "咨询")
