# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pure comparison of desired with current promises, over random accounts and random parameters."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import (
    Desired,
    RemovalLimit,
    Servicer,
    ServicerId,
    normalize,
)
from ansible_collections.wecom.kf.plugins.module_utils._kf.plan import ADD, NONE, REMOVE, Plan, make_plan

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
STATES = ("present", "absent", "exact")

# Few names and many spellings, so that both have some in common, in different case too.
userids = st.sampled_from(["ann", "Ann", "ANN", "bob", "Bob", "cy.d@x", "CY.D@X", "d-e_f", "E5", "e5"])
department_ids = st.sampled_from([1, 2, 3, 2**31 + 5])
statuses = st.sampled_from([(None, None), (0, None), (1, 0), (1, 1)])
servicers = st.lists(
    st.builds(lambda servicer_id, status: Servicer(servicer_id, *status), st.one_of(userids, department_ids), statuses),
    max_size=8,
    unique_by=lambda servicer: normalize(servicer.id),
)
desired_servicers = st.builds(
    Desired,
    st.just(KFID),
    st.sampled_from(STATES),
    st.none() | st.lists(userids, max_size=8),
    st.none() | st.lists(department_ids, max_size=5),
)


def keys(servicer_ids: t.Iterable[ServicerId]) -> list[ServicerId]:
    return [normalize(servicer_id) for servicer_id in servicer_ids]


def ids(plan: Plan, action: str) -> list[ServicerId]:
    return [step.id for step in plan.steps if step.action == action]


def applied(plan: Plan, serving: list[Servicer]) -> list[Servicer]:
    """Return what the service makes of the plan: a model of it in three lines."""
    going = set(keys(ids(plan, REMOVE)))
    staying = [servicer for servicer in serving if normalize(servicer.id) not in going]
    return staying + [Servicer(name, 0) for name in ids(plan, ADD)]


def expected_of(desired: Desired, serving: list[Servicer]) -> set[ServicerId]:
    """Return who is to serve in the end, in terms of sets."""
    named = set(keys([*(desired.userids or ()), *(desired.department_ids or ())]))
    before = set(keys(servicer.id for servicer in serving))
    if desired.state == "present":
        return before | named
    if desired.state == "absent":
        return before - named
    untouched = {key for key in before if (desired.userids if isinstance(key, str) else desired.department_ids) is None}
    return untouched | named


class TestPlan:
    @given(desired_servicers, servicers)
    def test_applied_it_gives_what_is_desired_and_touches_nobody_else(
        self, desired: Desired, serving: list[Servicer]
    ) -> None:
        plan = make_plan(desired, serving)
        assert set(keys(servicer.id for servicer in applied(plan, serving))) == expected_of(desired, serving)

    @given(st.lists(desired_servicers, min_size=1, max_size=6), servicers)
    def test_each_plan_of_a_history_does_its_work_whatever_came_before(
        self, history: list[Desired], serving: list[Servicer]
    ) -> None:
        for desired in history:
            expected = expected_of(desired, serving)
            serving = applied(make_plan(desired, serving), serving)
            assert set(keys(servicer.id for servicer in serving)) == expected

    @given(desired_servicers, servicers)
    def test_a_second_time_there_is_nothing_to_do(self, desired: Desired, serving: list[Servicer]) -> None:
        again = make_plan(desired, applied(make_plan(desired, serving), serving))
        assert {step.action for step in again.steps} <= {NONE}

    @given(desired_servicers, servicers)
    def test_nothing_is_done_that_is_so_already(self, desired: Desired, serving: list[Servicer]) -> None:
        plan = make_plan(desired, serving)
        before = set(keys(servicer.id for servicer in serving))
        assert before.isdisjoint(keys(ids(plan, ADD)))
        assert before.issuperset(keys(ids(plan, REMOVE)))

    @given(desired_servicers, servicers)
    def test_everyone_named_has_one_step_in_the_order_given_and_others_who_go_follow(
        self, desired: Desired, serving: list[Servicer]
    ) -> None:
        plan = make_plan(desired, serving)
        named = list(dict.fromkeys(keys([*(desired.userids or ()), *(desired.department_ids or ())])))
        steps = keys(step.id for step in plan.steps)
        assert steps[: len(named)] == named
        assert len(set(steps)) == len(steps)
        assert all(step.action == REMOVE for step in plan.steps[len(named) :])
        listed = keys(servicer.id for servicer in serving)
        assert steps[len(named) :] == [key for key in listed if key in set(steps[len(named) :])]

    @given(desired_servicers, servicers)
    def test_who_goes_is_spelled_as_by_the_service_and_who_comes_as_by_the_playbook(
        self, desired: Desired, serving: list[Servicer]
    ) -> None:
        plan = make_plan(desired, serving)
        listed = [servicer.id for servicer in serving]
        first_spelling: dict[ServicerId, ServicerId] = {}
        for name in [*(desired.userids or ()), *(desired.department_ids or ())]:
            first_spelling.setdefault(normalize(name), name)
        assert all(name in listed for name in ids(plan, REMOVE))
        assert all(first_spelling[normalize(step.id)] == step.id for step in plan.steps if step.action != REMOVE)

    @given(desired_servicers, servicers, st.randoms(use_true_random=False))
    def test_neither_the_order_of_the_list_nor_duplicates_nor_case_matter(
        self, desired: Desired, serving: list[Servicer], random: t.Any
    ) -> None:
        shuffled = [Servicer(_swapped(servicer.id), *servicer[1:]) for servicer in serving] * 2
        random.shuffle(shuffled)
        doubled = desired._replace(
            userids=None
            if desired.userids is None
            else desired.userids + [userid.swapcase() for userid in desired.userids],
            department_ids=None if desired.department_ids is None else desired.department_ids * 2,
        )
        plan, other = make_plan(desired, serving), make_plan(doubled, shuffled)
        for action in (ADD, REMOVE, NONE):
            assert set(keys(ids(plan, action))) == set(keys(ids(other, action)))

    @given(desired_servicers, servicers)
    def test_present_removes_nobody_and_absent_adds_nobody(self, desired: Desired, serving: list[Servicer]) -> None:
        plan = make_plan(desired, serving)
        if desired.state == "present":
            assert ids(plan, REMOVE) == []
        if desired.state == "absent":
            assert ids(plan, ADD) == []

    @given(desired_servicers, servicers)
    def test_exact_leaves_the_kind_alone_whose_list_is_omitted(self, desired: Desired, serving: list[Servicer]) -> None:
        touched = [step.id for step in make_plan(desired, serving).steps if step.action != NONE]
        if desired.userids is None:
            assert not any(isinstance(name, str) for name in touched)
        if desired.department_ids is None:
            assert not any(isinstance(name, int) for name in touched)

    @given(desired_servicers, servicers)
    def test_who_of_those_to_remove_is_receiving_is_known(self, desired: Desired, serving: list[Servicer]) -> None:
        plan = make_plan(desired, serving)
        receiving = {normalize(servicer.id) for servicer in serving if servicer.status == 0}
        assert plan.receiving == receiving & set(keys(ids(plan, REMOVE)))

    @given(desired_servicers, servicers)
    def test_the_number_of_removals_is_that_of_the_steps(self, desired: Desired, serving: list[Servicer]) -> None:
        plan = make_plan(desired, serving)
        assert plan.removals == len(ids(plan, REMOVE))
        assert plan.changes_nothing == (not ids(plan, ADD) and not ids(plan, REMOVE))


def _swapped(servicer_id: ServicerId) -> ServicerId:
    return servicer_id.swapcase() if isinstance(servicer_id, str) else servicer_id


def test_a_reorganization() -> None:
    serving = [Servicer("WangWu", 0), Servicer("lisi", 1, 1), Servicer(2)]
    plan = make_plan(Desired(KFID, "exact", ["ZhangSan", "LISI", "zhangsan"], None), serving)
    assert [tuple(step) for step in plan.steps] == [("ZhangSan", ADD), ("LISI", NONE), ("WangWu", REMOVE)]
    assert plan.before == {"wangwu": "WangWu", "lisi": "lisi", 2: 2}
    assert plan.receiving == {"wangwu"}


def test_a_userid_of_digits_is_not_the_department_of_that_number() -> None:
    plan = make_plan(Desired(KFID, "present", ["2"], [2]), [Servicer("2", 0)])
    assert [tuple(step) for step in plan.steps] == [("2", NONE), (2, ADD)]


def test_a_userid_that_is_listed_in_two_spellings_counts_once() -> None:
    plan = make_plan(Desired(KFID, "absent", ["ANN"], None), [Servicer("Ann", 0), Servicer("ann", 0)])
    assert [tuple(step) for step in plan.steps] == [("Ann", REMOVE)]
    assert plan.before == {"ann": "Ann"}


def test_the_name_of_the_account_is_passed_on() -> None:
    assert make_plan(Desired(KFID, "present", ["a"], None, name="咨询"), []).name == "咨询"


class TestExcessRemovals:
    @given(desired_servicers, servicers, st.integers(0, 10))
    def test_users_and_departments_are_counted_together(
        self, desired: Desired, serving: list[Servicer], most: int
    ) -> None:
        plan = make_plan(desired, serving)
        removals = len(ids(plan, REMOVE))
        refusal = plan.excess_removals(RemovalLimit.parse(str(most)))
        assert bool(refusal) == (removals > most)
        if refusal:
            assert "\n" not in refusal
            for word in ("max_removals", str(removals), str(most), KFID):
                assert word in refusal

    def test_the_account_is_named_as_the_playbook_names_it(self) -> None:
        plan = make_plan(Desired(KFID, "absent", ["a"], None, name="咨询"), [Servicer("a", 0)])
        assert f"servicers of {KFID} (咨询) would be removed" in plan.excess_removals(RemovalLimit.parse("0"))

    def test_without_a_limit_everyone_may_go(self) -> None:
        plan = make_plan(Desired(KFID, "absent", ["a"], None), [Servicer("a", 0)])
        assert plan.excess_removals(None) == ""

    def test_a_quarter_of_ten_is_two(self) -> None:
        serving = [Servicer(f"u{number}", 0) for number in range(9)] + [Servicer(7)]
        quarter = RemovalLimit.parse("25%")
        two = make_plan(Desired(KFID, "absent", ["u1"], [7]), serving)
        three = make_plan(Desired(KFID, "absent", ["u1", "u2"], [7]), serving)
        assert two.excess_removals(quarter) == ""
        assert three.excess_removals(quarter) == (
            f"max_removals: 3 of the 10 servicers of {KFID} would be removed,"
            " more than the 25% allowed; nothing was changed"
        )

    def test_a_quarter_of_three_is_one_and_not_two(self) -> None:
        serving = [Servicer(name, 0) for name in ("ann", "bob", "cy")]
        quarter = RemovalLimit.parse("25%")
        assert make_plan(Desired(KFID, "exact", ["ann", "bob"], None), serving).excess_removals(quarter) == ""
        assert make_plan(Desired(KFID, "exact", ["ann"], None), serving).excess_removals(quarter) != ""
