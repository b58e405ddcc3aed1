# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter from_roster hands the text of files to the reader, and its accounts or its words back."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.wecom.kf.plugins.filter.from_roster import FilterModule

from_roster = FilterModule().filters()["from_roster"]

ROSTER = "roster: [{open_kfid: wkA, name: A, userids: [a]}]"
BY_DAY_AND_NIGHT = """
timezone: Europe/Berlin
roster:
  - name: A
    shifts: [{userids: [day], from: 09:00, to: 18:00}, {userids: [night], from: 18:00, to: 09:00}]
"""


class Text(str):
    """A text of Ansible's own class."""

    __slots__ = ()


def test_accounts_come_out() -> None:
    assert from_roster(ROSTER) == [{"open_kfid": "wkA", "name": "A", "userids": ["a"]}]


def test_a_text_of_ansibles_own_class_is_read() -> None:
    assert from_roster(Text(ROSTER)) == from_roster(ROSTER)


def test_a_mistake_names_the_file() -> None:
    with pytest.raises(AnsibleFilterError, match=r"^/etc/roster\.yml: line 1: the key roster is missing"):
        from_roster("{}", "/etc/roster.yml")


@pytest.mark.parametrize("text", [None, 7, b"roster: []", ["roster: []"]])
def test_only_a_text_is_read(text: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^the roster: the text of a file is needed, not "):
        from_roster(text)


class TestSeveralFiles:
    def test_they_are_one_roster_in_their_order(self) -> None:
        files = {"b.yml": ROSTER.replace("wkA", "wkB"), "a.yml": Text(ROSTER)}
        assert [account["open_kfid"] for account in from_roster(files)] == ["wkB", "wkA"]

    def test_each_mistake_names_its_file_and_the_next_one_in_it_does_not(self) -> None:
        files = {"a.yml": "roster:\n- x\n- y", "b.yml": "{}"}
        with pytest.raises(
            AnsibleFilterError, match=r"^a\.yml: line 2: .*'x'; line 3: .*'y'; b\.yml: line 1: the key roster"
        ):
            from_roster(files)

    def test_what_is_no_text_is_refused_with_its_file(self) -> None:
        with pytest.raises(AnsibleFilterError, match=r"^b\.yml: the text of a file is needed, not dict"):
            from_roster({"a.yml": ROSTER, "b.yml": {"roster": []}})


class TestTheMoment:
    @pytest.mark.parametrize(
        ("at", "userid"),
        [
            ("2026-10-01 17:59", "day"),
            ("2026-10-01 18:00", "night"),
            ("2026-10-01T18:00:00", "night"),
            ("2026-10-01 18:00+08:00", "day"),
            (Text("2026-10-01T17:00Z"), "night"),
            (dt.datetime(2026, 10, 1, 18), "night"),  # what YAML makes of 2026-10-01 18:00:00
        ],
        ids=str,
    )
    def test_it_is_in_the_time_zone_of_the_file_unless_it_has_an_offset(self, at: t.Any, userid: str) -> None:
        assert from_roster(BY_DAY_AND_NIGHT, at=at) == [{"name": "A", "userids": [userid]}]

    @pytest.mark.parametrize("at", [None, ""])
    def test_without_one_it_is_now(self, at: t.Any) -> None:
        now = dt.datetime.now(dt.timezone.utc)
        minute = dt.timedelta(minutes=1)
        times = f"from: {now - minute:%H:%M}, to: {now + 2 * minute:%H:%M}"
        text = f"timezone: UTC\nroster: [{{name: A, gaps: true, shifts: [{{userids: [a], {times}}}]}}]"
        assert from_roster(text, at=at) == [{"name": "A", "userids": ["a"]}]

    @pytest.mark.parametrize(
        ("at", "says"),
        [
            ("tomorrow", r"^at: 'tomorrow' is not a time such as 2026-10-01 20:00$"),
            ("2026-10-01 20：00", r"2026-10-01 20:00 \(it holds full-width ： where : is meant\)$"),
            (
                dt.date(2026, 10, 1),
                r"^at: '2026-10-01' is not a time .* \(the time of day is missing; with -e, .*quotes\)$",
            ),
            (0, r"^at: '0' is not a time"),
        ],
        ids=str,
    )
    def test_anything_else_is_refused(self, at: t.Any, says: str) -> None:
        with pytest.raises(AnsibleFilterError, match=says):
            from_roster(ROSTER, at=at)


class TestWithoutFailing:
    def test_a_good_roster(self) -> None:
        assert from_roster(BY_DAY_AND_NIGHT, at="2026-10-01 12:00", fail=False) == {
            "accounts": [{"name": "A", "userids": ["day"]}],
            "msg": "",
            "has_shifts": True,
        }

    def test_mistakes_come_back_as_a_message_and_without_accounts(self) -> None:
        text = ROSTER.replace("]", "", 1)
        assert from_roster("{}", "a.yml", fail=False) == {
            "accounts": [],
            "msg": "a.yml: line 1: the key roster is missing, with a list of accounts",
            "has_shifts": False,
        }
        assert from_roster(text, fail=False)["accounts"] == []

    def test_a_bad_moment_comes_back_as_a_message(self) -> None:
        assert from_roster(ROSTER, at="x", fail=False)["msg"] == "at: 'x' is not a time such as 2026-10-01 20:00"


def test_each_account_can_say_where_it_is() -> None:
    files = {"a.yml": "roster:\n- {name: A, userids: []}\n", "b.yml": "roster: [{open_kfid: wkB, userids: []}]"}
    assert from_roster(files, origins=True) == [
        {"name": "A", "userids": [], "origin": "a.yml, line 2"},
        {"open_kfid": "wkB", "userids": [], "origin": "b.yml, line 1"},
    ]


def test_what_is_in_a_file_is_data_and_not_a_template() -> None:
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    text = 'roster: [{name: "{{ 6 * 7 }}", userids: ["{{7}}"]}]'
    templar = Templar(loader=DataLoader(), variables={"accounts": from_roster(text)})
    assert templar.template(from_roster(text)) == [{"name": "{{ 6 * 7 }}", "userids": ["{{7}}"]}]
