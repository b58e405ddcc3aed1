# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roster file is read as it is written, and what cannot be meant is refused by line and key."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.filter.from_roster import from_roster
from ansible_collections.wecom.kf.plugins.plugin_utils._roster_file import RosterError, read_roster


def refusal(text: str) -> str:
    with pytest.raises(RosterError) as caught:
        read_roster(text)
    return str(caught.value)


def entry(*lines: str) -> str:
    """A file with one account; line 3 is the first of these."""
    return "roster:\n  - open_kfid: wkA\n" + "".join(f"    {line}\n" for line in lines)


names = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), min_size=1, max_size=5)


class TestWhatIsMeant:
    def test_a_roster_as_it_is_exported(self) -> None:
        text = """---
# A comment.
roster:
  - open_kfid: "wkA"
    name: "咨询 {{ 客服 }}: \\"1\\" # x"
    userids:
      - "lisi"
      - "007"
    department_ids:
      - 2147483650
  - open_kfid: "wkB"
    name: null
    userids: []
    department_ids: []
"""
        assert read_roster(text) == [
            {"open_kfid": "wkA", "userids": ["lisi", "007"], "department_ids": [2147483650]},
            {"open_kfid": "wkB", "userids": [], "department_ids": []},
        ]

    def test_no_account(self) -> None:
        assert read_roster("roster: []") == []

    def test_a_list_that_is_left_out_stays_out(self) -> None:
        assert read_roster(entry("userids: [a]")) == [{"open_kfid": "wkA", "userids": ["a"]}]

    @pytest.mark.parametrize(
        "written", ["007", "010", "0x10", "1_000", "1.50", "1.0e+5", "1e5", "12:30", ".inf", "2001-01-01", "0o17", "7"]
    )
    def test_a_userid_is_what_is_written(self, written: str) -> None:
        assert read_roster(entry(f"userids: [{written}]"))[0]["userids"] == [written]

    def test_a_list_that_two_accounts_share(self) -> None:
        text = "roster:\n  - {open_kfid: wkA, userids: &early [a, b]}\n  - {open_kfid: wkB, userids: *early}\n"
        assert [account["userids"] for account in read_roster(text)] == [["a", "b"]] * 2

    def test_byte_order_mark_and_line_ends_of_windows(self) -> None:
        text = "\ufeff" + entry("userids: [a]").replace("\n", "\r\n")
        assert read_roster(text) == [{"open_kfid": "wkA", "userids": ["a"]}]

    @given(
        st.lists(
            st.tuples(st.lists(names, max_size=3), st.lists(st.integers(1, 2**40), max_size=3)),
            max_size=4,
        )
    )
    def test_whatever_is_quoted_comes_back(self, accounts: list[tuple[list[str], list[int]]]) -> None:
        roster = [
            {"open_kfid": f"wk{number}", "userids": users, "department_ids": departments}
            for number, (users, departments) in enumerate(accounts)
        ]
        assert read_roster(json.dumps({"roster": roster}, ensure_ascii=False)) == roster


class TestWhatCannotBeMeant:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "the file must hold the key 'roster' with a list of accounts"),
            ("- wkA", "line 1: the file must hold the key 'roster'"),
            ("wkA", "line 1: the file must hold the key 'roster'"),
            ("{}", "line 1: the key 'roster' is missing"),
            ("roster:", "line 1: roster holds nothing"),
            ("roster: wkA", "line 1: roster must be a list, not 'wkA'"),
            ("roster: {wkA: [lisi]}", "line 1: roster must be a list, not a mapping"),
            ("roster: [wkA]", "line 1: roster: an entry must be a mapping with open_kfid and more, not 'wkA'"),
            ("roster: []\nroster: []", "line 2: roster is there twice, first in line 1"),
            ("roster: []\nx: 1", "line 2: x is no key that is known here: roster"),
            ("roster: []\n1: 1", "line 2: 1 is no key"),
            ("roster: []\n~: 1", "line 2: ~ is no key"),
            ("roster: []\n[a]: 1", "line 2: a list is no key"),
            ("roster: [\n  - : }", "in line 2, column 3"),
            ("roster: []\n---\nroster: []", "this is no YAML: expected a single document"),
            ("roster: *nobody", "this is no YAML: "),
            ("roster: []\x00", "this is no YAML: "),
            ("roster: [\udcff]", "this is no "),
            ("[" * 5000, "this is "),
            ("roster: [{userids: [a]}]", "roster: open_kfid is missing"),
            ("roster: [{open_kfid: wkA, userids: [a], 1: x}]", "roster.1 is no key that is known here"),
            ("roster: [{open_kfid: [wkA], userids: [a]}]", "roster: open_kfid must be a text, not a list"),
            ("roster: [{open_kfid: ~, userids: [a]}]", "roster: open_kfid must be a text, not nothing"),
        ],
        ids=repr,
    )
    def test_a_file(self, text: str, says: str) -> None:
        assert says in refusal(text)

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("x: [lisi]", "line 3: roster.x is no key that is known here: open_kfid, name, userids, department_ids"),
            ("userid: [lisi]", "line 3: roster.userid is no key"),
            ("name: [one]", "line 3: roster: name must be a text, not a list"),
            ("name: {one: two}", "line 3: roster: name must be a text, not a mapping"),
            ("userids:", "line 3: userids holds nothing: write [] if nobody is meant, and leave the key out"),
            ("userids: lisi", "line 3: userids must be a list, not 'lisi'"),
            ("userids: lisi,zhangsan", "line 3: userids must be a list, not 'lisi,zhangsan'"),
            ("userids: 123", "line 3: userids must be a list, not '123'"),
            ("userids: ''", "line 3: userids must be a list, not ''"),
            ("userids: {lisi: x}", "line 3: userids must be a list, not a mapping"),
            ("userids: !!set {lisi}", "line 3: userids must be a list, not something with the tag !!set"),
            ("userids: [[lisi]]", "line 3: roster: an entry of userids must be a text, not a list"),
            ("userids: [~]", "line 3: roster: an entry of userids must be a text, not nothing"),
            ("userids: [yes]", "not 'yes'; if it is really called that, put it in quotes"),
            ("userids: [!!binary bGk=]", "not something with the tag !!binary"),
            ("userids: [!vault x]", "not something with the tag !vault"),
            ("userids: [!unsafe x]", "not something with the tag !unsafe"),
            ("department_ids: 2", "line 3: department_ids must be a list, not '2'"),
            ("department_ids: [two]", "line 3: roster: an entry of department_ids must be a number from 1, not 'two'"),
            ("department_ids: [010]", "must be a number from 1, not '010'"),
            ("department_ids: [0]", "must be a number from 1, not '0'"),
            ("department_ids: [-1]", "must be a number from 1, not '-1'"),
            ("department_ids: [1.0]", "must be a number from 1, not '1.0'"),
            ("department_ids: ['']", "must be a number from 1, not ''"),
            ("department_ids: [٣]", "must be a number from 1, not '٣'"),
        ],
    )
    def test_an_account(self, line: str, says: str) -> None:
        assert says in refusal(entry(line))

    def test_neither_list(self) -> None:
        assert "line 2: roster: neither userids nor department_ids is there" in refusal(entry())

    @pytest.mark.parametrize("key", ["open_kfid: wkB", "userids: []"])
    def test_a_key_twice(self, key: str) -> None:
        text = entry("userids: [lisi]", key)
        assert f"line 4: roster.{key.partition(':')[0]} is there twice, first in line" in refusal(text)

    def test_an_account_twice(self) -> None:
        text = entry("userids: [a]") + "  - open_kfid: wkA\n    userids: [b]\n"
        assert refusal(text) == "line 4: roster: wkA is there twice, first in line 2"

    def test_all_problems_are_told_up_to_ten(self) -> None:
        text = "roster:\n" + "".join(f"  - {{open_kfid: wk{number}, userids: x}}\n" for number in range(15))
        said = refusal(text)
        assert all(f"line {line}: userids" in said for line in range(2, 12))
        assert said.endswith("; and 5 more")


class TestTheFilter:
    def test_the_message_names_the_file(self) -> None:
        with pytest.raises(AnsibleFilterError, match=r"^/etc/roster\.yml: line 1: the key 'roster' is missing"):
            from_roster("{}", "/etc/roster.yml")

    @pytest.mark.parametrize("text", [None, 7, b"roster: []", {"roster": []}])
    def test_only_a_text_is_read(self, text: t.Any) -> None:
        with pytest.raises(AnsibleFilterError, match="the text of a file is needed"):
            from_roster(text)

    def test_a_text_of_ansibles_own_class_is_read(self) -> None:
        class UnsafeText(str):
            __slots__ = ()

        assert from_roster(UnsafeText(entry("userids: [a]"))) == [{"open_kfid": "wkA", "userids": ["a"]}]

    def test_accounts_come_out(self) -> None:
        assert from_roster(entry("userids: [a]")) == [{"open_kfid": "wkA", "userids": ["a"]}]
