# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parameters of the modules that work on several accounts; every account that is not right is named."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import (
    InfoParams,
    explain_invalid_accounts,
    read_account_info_params,
    read_servicer_info_params,
    read_servicers_params,
)
from ansible_collections.wecom.kf.plugins.module_utils._params import ParamError


def refusal(read: t.Callable[[t.Mapping[str, t.Any]], object], good: dict[str, t.Any], **changes: t.Any) -> str:
    """Return the sentence with which these options are refused."""
    with pytest.raises(ParamError) as raised:
        read({**good, **changes})
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


def account(**options: t.Any) -> dict[str, t.Any]:
    """Return an entry of accounts as Ansible passes it on: with every key."""
    keys = ("open_kfid", "name", "userids", "department_ids", "state", "max_removals", "allow_empty", "origin")
    return {**dict.fromkeys(keys), **options}


class TestManyAccounts:
    GOOD: t.ClassVar[dict[str, t.Any]] = {
        "accounts": [account(open_kfid="wk1", userids=["ann"])],
        "all_accounts": None,
        "max_total_removals": None,
        "userids": None,
        "department_ids": None,
        "state": "present",
        "max_removals": None,
        "allow_empty": False,
        "concurrency": 4,
    }

    def test_an_account_has_the_tasks_own_options_where_it_has_none(self) -> None:
        params = read_servicers_params(
            {
                **self.GOOD,
                "state": "exact",
                "max_removals": "10",
                "userids": ["cy"],
                "department_ids": [2],
                "max_total_removals": "5%",
                "accounts": [
                    account(open_kfid="wk1", userids=["ann"]),
                    account(open_kfid="wk2", userids=["bob"], state="absent", max_removals="5%"),
                    account(name="咨询", department_ids=[4]),
                    account(open_kfid="wk4", name="for readers", userids=[], allow_empty=True),
                ],
            }
        )
        accounts = params.accounts or []
        assert [desired.state for desired in accounts] == ["exact", "absent", "exact", "exact"]
        assert [desired.max_removals and desired.max_removals.text for desired in accounts] == ["10", "5%", "10", "10"]
        assert [desired.userids for desired in accounts] == [["ann"], ["bob"], ["cy"], []]
        assert [desired.department_ids for desired in accounts] == [[2], [2], [4], [2]]
        assert [(desired.open_kfid, desired.name) for desired in accounts] == [
            ("wk1", None),
            ("wk2", None),
            ("", "咨询"),
            ("wk4", "for readers"),
        ]
        assert params.max_total_removals is not None
        assert params.max_total_removals.text == "5%"

    def test_all_accounts_has_the_tasks_own_options_for_each(self) -> None:
        params = read_servicers_params(
            {**self.GOOD, "accounts": None, "all_accounts": True, "userids": ["ann"], "state": "absent"}
        )
        assert params.accounts is None
        assert params.defaults is not None
        assert (params.defaults.userids, params.defaults.state) == (["ann"], "absent")

    def test_all_accounts_needs_somebody_named(self) -> None:
        sentence = refusal(read_servicers_params, self.GOOD, accounts=None, all_accounts=True)
        assert sentence == "neither userids nor department_ids is given; at least one of them is needed"

    def test_all_accounts_that_is_false_leaves_nothing_to_do(self) -> None:
        sentence = refusal(read_servicers_params, self.GOOD, accounts=None, all_accounts=False, userids=["ann"])
        assert sentence.startswith("all_accounts is false and accounts is not given")

    def test_every_account_that_is_not_right_is_named(self) -> None:
        accounts = [
            account(open_kfid="wk1", userids=["ann"]),
            account(open_kfid="wk2", userids=["zhang san"]),
            account(open_kfid="", userids=["bob"]),
            account(open_kfid="wk1", userids=["bob"]),
            account(open_kfid="wk4", userids=["bob"], max_removals="lots"),
            account(open_kfid="wk5"),
            account(name="  ", userids=["bob"]),
            account(name="售后", userids=[7]),
            account(open_kfid="wk8", userids=[], state="exact"),
        ]
        sentence = refusal(read_servicers_params, self.GOOD, accounts=accounts)
        for words in (
            "wk2: userids: 'zhang san'",
            "number 3: open_kfid is empty",
            "wk1: is listed twice, as number 1 and as number 4",
            "wk4: max_removals must be",
            "wk5: neither userids nor department_ids is given",
            "name is empty",
            "售后: userids: 7 is a number",
            "wk8: userids is empty",
        ):
            assert words in sentence

    @pytest.mark.parametrize(
        ("options", "words"),
        [({"userids": [83]}, "userids: 83 is a number"), ({"max_removals": "lots"}, "max_removals must be")],
        ids=str,
    )
    @pytest.mark.parametrize("accounts", [[], [account(open_kfid="wk1", userids=["ann"], max_removals="1")]])
    def test_impossible_defaults_are_refused_although_no_account_uses_them(
        self, accounts: list[t.Any], options: dict[str, t.Any], words: str
    ) -> None:
        assert words in refusal(read_servicers_params, self.GOOD, accounts=accounts, **options)

    def test_what_ansible_refuses_does_not_hide_what_else_is_not_right(self) -> None:
        accounts = [
            {"open_kfid": "wk1", "userids": ["ann"], "state": "gone"},
            {"open_kfid": "wk2", "userids": [83]},
            {"open_kfid": "wk3", "userids": ["ann"], "max_removals": "lots"},
            {"open_kfid": "wk4", "userids": "ann,Bob"},
        ]
        sentence = explain_invalid_accounts("value of state must be one of … found in accounts", {"accounts": accounts})
        for words in ("wk1: value of state", "wk2: userids: 83 is a number", "wk3: max_removals must be"):
            assert words in sentence
        assert "wk4" not in sentence

    def test_the_same_account_twice_by_name_is_refused(self) -> None:
        accounts = [account(name="售后", userids=["ann"]), account(name="售后", userids=["bob"])]
        sentence = refusal(read_servicers_params, self.GOOD, accounts=accounts)
        assert sentence == "accounts: 售后: is listed twice, as number 1 and as number 2"

    def test_an_entry_is_named_with_where_it_comes_from(self) -> None:
        accounts = [
            account(open_kfid="wk1", userids=["ann"], origin="a.yml, line 3"),
            account(open_kfid="wk1", userids=["bob"], origin="b.yml, line 5"),
            account(name="售后", userids=[7], origin="b.yml, line 9"),
        ]
        sentence = refusal(read_servicers_params, self.GOOD, accounts=accounts)
        assert sentence.startswith(
            "accounts: wk1 (b.yml, line 5): is listed twice, in a.yml, line 3 and in b.yml, line 5;"
            " 售后 (b.yml, line 9): userids: 7 is a number"
        )

    def test_the_same_name_with_different_ids_is_two_accounts(self) -> None:
        accounts = [account(open_kfid=f"wk{n}", name="售后", userids=["ann"]) for n in range(2)]
        assert len(read_servicers_params({**self.GOOD, "accounts": accounts}).accounts or []) == 2

    def test_a_total_limit_that_is_none_is_refused(self) -> None:
        sentence = refusal(read_servicers_params, self.GOOD, max_total_removals="half")
        assert sentence == "max_total_removals must be a count such as 10 or a share such as 25%, not 'half'"

    @pytest.mark.parametrize("concurrency", [0, -1, 17])
    def test_concurrency_has_bounds(self, concurrency: int) -> None:
        sentence = refusal(read_servicers_params, self.GOOD, concurrency=concurrency)
        assert sentence == f"concurrency must be 1 to 16, not {concurrency}"

    @pytest.mark.parametrize("concurrency", [1, 16])
    def test_the_bounds_of_concurrency_are_allowed(self, concurrency: int) -> None:
        assert read_servicers_params({**self.GOOD, "concurrency": concurrency}).concurrency == concurrency

    def test_every_account_concerned_is_named_however_many(self) -> None:
        accounts = [account(open_kfid=f"wk{n}", userids=["李 四"]) for n in range(40)]
        sentence = refusal(read_servicers_params, self.GOOD, accounts=accounts)
        assert all(re.search(rf"\b{entry['open_kfid']}\b", sentence) for entry in accounts)


class TestInfoModules:
    ASKED: t.ClassVar[dict[str, t.Any]] = {"open_kfids": ["wk1"], "names": None, "concurrency": 4}
    FILTER: t.ClassVar[dict[str, t.Any]] = {"open_kfids": None, "name": None, "concurrency": 4, "scene": None}

    def test_good_options_are_taken(self) -> None:
        assert read_servicer_info_params({**self.ASKED, "names": ["售后"]}) == InfoParams(["wk1"], ["售后"], 4)
        assert read_account_info_params({**self.FILTER, "name": "售后"}) == InfoParams(None, ["售后"], 4)
        assert read_account_info_params({**self.FILTER, "scene": ""}).scene == ""

    def test_ids_are_checked(self) -> None:
        assert "open_kfid: 'no id'" in refusal(read_servicer_info_params, self.ASKED, open_kfids=["wk1", "no id"])
        assert "open_kfid: 'no id'" in refusal(read_account_info_params, self.FILTER, open_kfids=["no id"])

    def test_empty_names_are_refused(self) -> None:
        assert refusal(read_servicer_info_params, self.ASKED, names=["售后", " "]) == "names is empty"

    @pytest.mark.parametrize("scene", ["a" * 32, "0-9_A"])
    def test_scenes_of_the_service_are_taken(self, scene: str) -> None:
        assert read_account_info_params({**self.FILTER, "scene": scene}).scene == scene

    @pytest.mark.parametrize("scene", ["a" * 33, "a b", "门店", "a\n", "a.b", "a/b"])
    def test_an_impossible_scene_is_refused(self, scene: str) -> None:
        sentence = refusal(read_account_info_params, self.FILTER, scene=scene)
        assert sentence.startswith(f"scene: {scene!r} is not a valid scene")
