# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of the account that is wanted with those that exist."""

from __future__ import annotations

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.account_plan import (
    CREATE,
    DELETE,
    NONE,
    UPDATE,
    AccountPlan,
    DesiredAccount,
    make_account_plan,
)
from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Account

ASK = Account("wkA", "咨询", "https://a", True)
TWINS = [Account("wkC", "双"), Account("wkD", "双")]
NAMELESS = Account("wkE", None)
ALL = [ASK, *TWINS, NAMELESS]


def plan(open_kfid: str | None, name: str | None, state: str = "present", **avatar: bool) -> AccountPlan:
    return make_account_plan(DesiredAccount(open_kfid, name, state, **avatar), ALL)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (plan(None, "新"), AccountPlan(CREATE, name="新")),
        (plan(None, "咨询"), AccountPlan(NONE, ASK)),
        (plan("wkA", None), AccountPlan(NONE, ASK)),
        (plan("wkA", "咨询"), AccountPlan(NONE, ASK)),
        (plan("wkC", "单"), AccountPlan(UPDATE, TWINS[0], name="单")),
        (plan("wkE", "名"), AccountPlan(UPDATE, NAMELESS, name="名")),
        (plan("wkC", "单", "absent"), AccountPlan(DELETE, TWINS[0])),
        (plan(None, "咨询", "absent"), AccountPlan(DELETE, ASK)),
        (plan(None, "没有", "absent"), AccountPlan(NONE)),
        (plan("wkNo", None, "absent"), AccountPlan(NONE)),
    ],
)
def test_an_id_decides_and_without_one_the_name_does(made: AccountPlan, expected: AccountPlan) -> None:
    assert made == expected


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_name_of_several_accounts_is_refused(state: str) -> None:
    made = plan(None, "双", state)
    assert made.action == NONE
    assert made.refusal == "name: 2 accounts are called '双': wkC, wkD; name one by its open_kfid"


def test_an_id_that_does_not_exist_is_refused() -> None:
    assert plan("wkNo", "新").refusal == "open_kfid: there is no account wkNo, and the ID of a new one cannot be chosen"


class TestAvatar:
    def test_a_new_account_gets_it(self) -> None:
        assert plan(None, "新", has_avatar=True) == AccountPlan(CREATE, name="新", set_avatar=True)

    def test_an_account_that_exists_gets_it_only_if_always_is_said(self) -> None:
        assert plan("wkA", None, has_avatar=True) == AccountPlan(NONE, ASK)
        always = plan("wkA", None, has_avatar=True, always_set_avatar=True)
        assert always == AccountPlan(UPDATE, ASK, set_avatar=True)
        assert plan("wkA", None, always_set_avatar=True) == AccountPlan(NONE, ASK)


class TestPrediction:
    def test_what_is_there_is_as_it_was_listed(self) -> None:
        assert plan("wkA", None).predict() == ASK

    def test_a_new_name_replaces_the_old_one(self) -> None:
        assert plan("wkA", "新").predict() == ASK._replace(name="新")

    def test_an_avatar_that_is_set_is_not_known(self) -> None:
        assert plan("wkA", None, has_avatar=True, always_set_avatar=True).predict() == ASK._replace(avatar=None)

    def test_a_new_account_has_no_id(self) -> None:
        created = plan(None, "新").predict()
        assert created is not None
        assert (created.open_kfid, created.name) == ("", "新")

    def test_a_deleted_account_and_one_that_is_not_there_are_none(self) -> None:
        assert plan("wkA", None, "absent").predict() is None
        assert plan("wkNo", None, "absent").predict() is None
