# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pure comparison of wanted with current promises, over random accounts and random wishes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import (
    ADD,
    NONE,
    REMOVE,
    Plan,
    RemovalLimit,
    Wanted,
    make_plan,
)
from ansible_collections.wecom.kf.plugins.module_utils._servicers import Key, Name, Servicer, key_of

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
STATES = ("present", "absent", "exact")

# Few names and many spellings, so that wishes and accounts meet, in different case too.
userids = st.sampled_from(["ann", "Ann", "ANN", "bob", "Bob", "cy.d@x", "CY.D@X", "d-e_f", "E5", "e5"])
department_ids = st.sampled_from([1, 2, 3, 2**31 + 5])
statuses = st.sampled_from([(None, None), (0, None), (1, 0), (1, 1)])
servicers = st.lists(
    st.builds(lambda name, status: Servicer(name, *status), st.one_of(userids, department_ids), statuses),
    max_size=8,
    unique_by=lambda servicer: key_of(servicer.name),
)
wishes = st.builds(
    Wanted,
    st.just(KFID),
    st.sampled_from(STATES),
    st.none() | st.lists(userids, max_size=8),
    st.none() | st.lists(department_ids, max_size=5),
)


def keys(names: object) -> list[Key]:
    return [key_of(name) for name in names]  # type: ignore[attr-defined]


def applied(plan: Plan, serving: list[Servicer]) -> list[Servicer]:
    """What the service makes of the plan: a model of it in three lines."""
    going = set(keys(plan.names(REMOVE)))
    staying = [servicer for servicer in serving if key_of(servicer.name) not in going]
    return staying + [Servicer(name, 0) for name in plan.names(ADD)]


def asked_for(wanted: Wanted, serving: list[Servicer]) -> set[Key]:
    """Who ought to serve in the end, said in terms of sets."""
    named = set(keys([*(wanted.userids or ()), *(wanted.department_ids or ())]))
    before = set(keys(servicer.name for servicer in serving))
    if wanted.state == "present":
        return before | named
    if wanted.state == "absent":
        return before - named
    untouched = {key for key in before if (wanted.userids if isinstance(key, str) else wanted.department_ids) is None}
    return untouched | named


class TestPlan:
    @given(wishes, servicers)
    def test_carried_out_it_gives_what_is_asked_and_touches_nobody_else(
        self, wanted: Wanted, serving: list[Servicer]
    ) -> None:
        plan = make_plan(wanted, serving)
        assert set(keys(servicer.name for servicer in applied(plan, serving))) == asked_for(wanted, serving)

    @given(st.lists(wishes, min_size=1, max_size=6), servicers)
    def test_each_wish_of_a_history_is_fulfilled_whatever_came_before(
        self, history: list[Wanted], serving: list[Servicer]
    ) -> None:
        for wanted in history:
            expected = asked_for(wanted, serving)
            serving = applied(make_plan(wanted, serving), serving)
            assert set(keys(servicer.name for servicer in serving)) == expected

    @given(wishes, servicers)
    def test_a_second_time_there_is_nothing_to_do(self, wanted: Wanted, serving: list[Servicer]) -> None:
        again = make_plan(wanted, applied(make_plan(wanted, serving), serving))
        assert {step.action for step in again.steps} <= {NONE}

    @given(wishes, servicers)
    def test_nothing_is_called_for_that_is_so_already(self, wanted: Wanted, serving: list[Servicer]) -> None:
        plan = make_plan(wanted, serving)
        before = set(keys(servicer.name for servicer in serving))
        assert before.isdisjoint(keys(plan.names(ADD)))
        assert before.issuperset(keys(plan.names(REMOVE)))

    @given(wishes, servicers)
    def test_everyone_named_has_one_step_in_the_order_given_and_others_who_go_follow(
        self, wanted: Wanted, serving: list[Servicer]
    ) -> None:
        plan = make_plan(wanted, serving)
        named = list(dict.fromkeys(keys([*(wanted.userids or ()), *(wanted.department_ids or ())])))
        steps = keys(step.name for step in plan.steps)
        assert steps[: len(named)] == named
        assert len(set(steps)) == len(steps)
        assert all(step.action == REMOVE for step in plan.steps[len(named) :])
        listed = keys(servicer.name for servicer in serving)
        assert steps[len(named) :] == [key for key in listed if key in set(steps[len(named) :])]

    @given(wishes, servicers)
    def test_who_goes_is_spelled_as_by_the_service_and_who_comes_as_by_the_playbook(
        self, wanted: Wanted, serving: list[Servicer]
    ) -> None:
        plan = make_plan(wanted, serving)
        listed = [servicer.name for servicer in serving]
        first_spelling: dict[Key, Name] = {}
        for name in [*(wanted.userids or ()), *(wanted.department_ids or ())]:
            first_spelling.setdefault(key_of(name), name)
        assert all(name in listed for name in plan.names(REMOVE))
        assert all(first_spelling[key_of(step.name)] == step.name for step in plan.steps if step.action != REMOVE)

    @given(wishes, servicers, st.randoms(use_true_random=False))
    def test_neither_the_order_of_the_list_nor_doubles_nor_case_matter(
        self, wanted: Wanted, serving: list[Servicer], random: object
    ) -> None:
        shuffled = [Servicer(_swapped(servicer.name), *servicer[1:]) for servicer in serving] * 2
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        doubled = wanted._replace(
            userids=None
            if wanted.userids is None
            else wanted.userids + [userid.swapcase() for userid in wanted.userids],
            department_ids=None if wanted.department_ids is None else wanted.department_ids * 2,
        )
        plan, other = make_plan(wanted, serving), make_plan(doubled, shuffled)
        for action in (ADD, REMOVE, NONE):
            assert set(keys(plan.names(action))) == set(keys(other.names(action)))

    @given(wishes, servicers)
    def test_present_removes_nobody_and_absent_adds_nobody(self, wanted: Wanted, serving: list[Servicer]) -> None:
        plan = make_plan(wanted, serving)
        if wanted.state == "present":
            assert plan.names(REMOVE) == []
        if wanted.state == "absent":
            assert plan.names(ADD) == []

    @given(wishes, servicers)
    def test_exact_leaves_the_kind_alone_whose_list_is_omitted(self, wanted: Wanted, serving: list[Servicer]) -> None:
        touched = [name for step in make_plan(wanted, serving).steps if step.action != NONE for name in [step.name]]
        if wanted.userids is None:
            assert not any(isinstance(name, str) for name in touched)
        if wanted.department_ids is None:
            assert not any(isinstance(name, int) for name in touched)

    @given(wishes, servicers)
    def test_the_last_resort_is_one_who_goes_and_receives_if_anyone_who_goes_does(
        self, wanted: Wanted, serving: list[Servicer]
    ) -> None:
        plan = make_plan(wanted, serving)
        going = keys(plan.names(REMOVE))
        receiving = [key_of(servicer.name) for servicer in serving if servicer.status == 0]
        if not going:
            assert plan.last_resort is None
        else:
            assert plan.last_resort in going
            assert plan.last_resort in receiving or not set(going) & set(receiving)


def _swapped(name: Name) -> Name:
    return name.swapcase() if isinstance(name, str) else name


def test_a_reorganisation() -> None:
    serving = [Servicer("WangWu", 0), Servicer("lisi", 1, 1), Servicer(2)]
    plan = make_plan(Wanted(KFID, "exact", ["ZhangSan", "LISI", "zhangsan"], None), serving)
    assert [tuple(step) for step in plan.steps] == [("ZhangSan", ADD), ("LISI", NONE), ("WangWu", REMOVE)]
    assert plan.before == {"wangwu": "WangWu", "lisi": "lisi", 2: 2}
    assert plan.last_resort == "wangwu"


def test_a_userid_of_digits_is_not_the_department_of_that_number() -> None:
    plan = make_plan(Wanted(KFID, "present", ["2"], [2]), [Servicer("2", 0)])
    assert [tuple(step) for step in plan.steps] == [("2", NONE), (2, ADD)]


class TestMaxRemovals:
    @given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 10**8))
    @example(removals=2, current=10, millionths=25_000_000)
    @example(removals=3, current=10, millionths=25_000_000)
    def test_a_share_is_compared_exactly(self, removals: int, current: int, millionths: int) -> None:
        """Against fractions, which do not round; the share has as many decimals as may be written."""
        limit = RemovalLimit.parse(f"{millionths // 10**6}.{millionths % 10**6:06d}%")
        assert limit is not None
        assert limit.allows(removals, current) == (removals <= Fraction(millionths, 10**8) * current)

    @given(st.integers(0, 10**8), st.integers(0, 10**8))
    def test_a_count_is_a_count(self, removals: int, most: int) -> None:
        limit = RemovalLimit.parse(str(most))
        assert limit is not None
        assert limit.allows(removals, 5) == (removals <= most)

    @pytest.mark.parametrize(
        "text", ["", "lots", "-1", "+1", "1.5", "101%", "100.000001%", "%", "25 %", "0x10", "25%%", "٢", "1e3", "1_0"]
    )
    def test_nothing_else_is_a_limit(self, text: str) -> None:
        assert RemovalLimit.parse(text) is None

    @given(wishes, servicers, st.integers(0, 10))
    def test_it_counts_users_and_departments_together(self, wanted: Wanted, serving: list[Servicer], most: int) -> None:
        plan = make_plan(wanted, serving)
        removals = len(plan.names(REMOVE))
        refusal = plan.excess_removals(RemovalLimit.parse(str(most)))
        assert bool(refusal) == (removals > most)
        if refusal:
            assert "\n" not in refusal
            for word in ("max_removals", str(removals), str(most), KFID):
                assert word in refusal

    def test_without_a_limit_everything_goes(self) -> None:
        plan = make_plan(Wanted(KFID, "absent", ["a"], None), [Servicer("a", 0)])
        assert plan.excess_removals(None) == ""

    def test_a_quarter_of_ten_is_two(self) -> None:
        serving = [Servicer(f"u{number}", 0) for number in range(9)] + [Servicer(7)]
        quarter = RemovalLimit.parse("25%")
        two = make_plan(Wanted(KFID, "absent", ["u1"], [7]), serving)
        three = make_plan(Wanted(KFID, "absent", ["u1", "u2"], [7]), serving)
        assert two.excess_removals(quarter) == ""
        assert three.excess_removals(quarter) == (
            f"max_removals: 3 of the 10 who serve {KFID} would be removed,"
            " more than the 25% allowed; nothing was changed"
        )
