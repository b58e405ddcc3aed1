# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A roster file is read as it is written, and every mistake in it is refused with its line."""

from __future__ import annotations

import datetime as dt
import json
import time
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.plugin_utils import _roster
from ansible_collections.wecom.kf.plugins.plugin_utils._roster import Roster
from ansible_collections.wecom.kf.plugins.plugin_utils._shifts import TimezoneError

THURSDAY_NOON = dt.datetime(2026, 10, 1, 12)


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _with_and_without_libyaml(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML comes without libyaml here")
    monkeypatch.setattr(_roster, "_Loader", getattr(yaml, request.param))


def read(*texts: str, at: dt.datetime = THURSDAY_NOON) -> Roster:
    """Read files with the names ``file 1``, ``file 2`` and so on."""
    roster = Roster(at)
    for number, text in enumerate(texts, start=1):
        roster.read(f"file {number}", text)
    return roster


def accounts(*texts: str, at: dt.datetime = THURSDAY_NOON) -> list[dict[str, t.Any]]:
    roster = read(*texts, at=at)
    assert roster.describe_mistakes() == ""
    return roster.accounts


def mistakes(*texts: str) -> str:
    return read(*texts).describe_mistakes()


def entry(*lines: str) -> str:
    """Return a file with one account; line 3 is the first of these."""
    return "roster:\n  - open_kfid: wkA\n" + "".join(f"    {line}\n" for line in lines)


def shift(*entries: str, more: str = "", timezone: str = "Asia/Shanghai") -> str:
    """Return a file with one account and these shifts, the first of them in line 5."""
    shifts = "".join(f"      - {{{one}}}\n" for one in entries)
    return f"timezone: {timezone}\n" + entry(f"shifts:\n{shifts}", *([more] if more else []))


def on_duty(text: str, moment: str) -> dict[str, t.Any]:
    [account] = accounts(text, at=dt.datetime.fromisoformat(moment))
    return {kind: account[kind] for kind in ("userids", "department_ids") if kind in account}


texts = st.text(st.characters(categories=("L", "M", "N", "P", "S")), min_size=1, max_size=5)


class TestWhatIsRead:
    def test_a_roster_as_it_is_exported(self) -> None:
        text = """---
# A comment.
roster:
  - open_kfid: "wkA"
    name: !unsafe "咨询 {{ 客服 }}: \\"1\\" # x"
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
        assert accounts(text) == [
            {
                "open_kfid": "wkA",
                "name": '咨询 {{ 客服 }}: "1" # x',
                "userids": ["lisi", "007"],
                "department_ids": [2147483650],
            },
            {"open_kfid": "wkB", "userids": [], "department_ids": []},
        ]

    def test_no_account(self) -> None:
        assert accounts("roster: []") == []

    def test_an_account_by_its_name_alone(self) -> None:
        assert accounts("roster: [{name: 售后 客服, userids: [a]}]") == [{"name": "售后 客服", "userids": ["a"]}]

    def test_a_list_that_is_left_out_stays_out(self) -> None:
        assert accounts(entry("userids: [a]")) == [{"open_kfid": "wkA", "userids": ["a"]}]

    @pytest.mark.parametrize(
        "written",
        ["007", "010", "0x10", "1_000", "1.50", "1.0e+5", "1e5", "12:30", ".inf", "2001-01-01", "0o17", "7", "=", "<<"],
    )
    def test_a_userid_is_what_is_written(self, written: str) -> None:
        assert accounts(entry(f"userids: [{written}]"))[0]["userids"] == [written]

    @pytest.mark.parametrize(
        "written", ["'yes'", '"null"', "!unsafe yes", "!!str on", "! 'off'", "nil", "yEs"], ids=repr
    )
    def test_a_word_that_is_quoted_or_unknown_to_yaml_is_a_text(self, written: str) -> None:
        assert accounts(entry(f"userids: [{written}]"))[0]["userids"] == [written.split(" ")[-1].strip("'\"")]

    def test_what_is_tagged_as_what_it_is_is_that(self) -> None:
        text = "roster: !!seq\n- !!map {open_kfid: !!str wkA, userids: !!seq [!!str a]}\n"
        assert accounts(text) == [{"open_kfid": "wkA", "userids": ["a"]}]

    def test_a_userid_in_chinese_is_left_to_the_service(self) -> None:
        assert accounts(entry("userids: [张三]"))[0]["userids"] == ["张三"]

    def test_blanks_around_a_userid_are_dropped(self) -> None:
        assert accounts(entry("userids: [' lisi ', \"wangwu\\t\"]"))[0]["userids"] == ["lisi", "wangwu"]

    def test_a_list_that_two_accounts_share(self) -> None:
        text = "roster:\n  - {open_kfid: wkA, userids: &early [a, b]}\n  - {open_kfid: wkB, userids: *early}\n"
        assert [account["userids"] for account in accounts(text)] == [["a", "b"]] * 2

    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
    @pytest.mark.parametrize("mark", ["", "\ufeff"], ids=repr)
    def test_any_line_ends_with_or_without_a_byte_order_mark(self, mark: str, line_end: str) -> None:
        good = mark + entry("userids: [a]", "name: 客服 # why").replace("\n", line_end)
        assert accounts(good) == [{"open_kfid": "wkA", "name": "客服", "userids": ["a"]}]
        assert "file 1: line 4: " in mistakes(mark + entry("userids: [a]", "x: 1").replace("\n", line_end))

    @given(
        st.lists(
            st.tuples(st.lists(texts, max_size=3), st.lists(st.integers(1, 2**40), max_size=3)),
            max_size=4,
        )
    )
    def test_whatever_is_quoted_comes_back(self, written: list[tuple[list[str], list[int]]]) -> None:
        roster = [
            {"open_kfid": f"wk{number}", "userids": users, "department_ids": departments}
            for number, (users, departments) in enumerate(written)
        ]
        assert accounts(json.dumps({"roster": roster}, ensure_ascii=False)) == roster


class TestEncodings:
    TEXT = "roster:\n  - open_kfid: wkA\n    name: 咨询客服\n    userids: [a]\n"

    @pytest.mark.parametrize(
        ("encoding", "says"),
        [
            ("gbk", "file 1: line 3: this is not UTF-8: save the file as UTF-8 (editors on Windows often save GBK"),
            ("utf-16", "file 1: this is UTF-16: save the file as UTF-8"),
            ("utf-16-le", "file 1: this is UTF-16: save the file as UTF-8"),
            ("utf-16-be", "file 1: this is UTF-16: save the file as UTF-8"),
        ],
    )
    def test_another_encoding_is_refused(self, encoding: str, says: str) -> None:
        as_ansible_reads_it = self.TEXT.encode(encoding).decode("utf-8", "surrogateescape")
        assert mistakes(as_ansible_reads_it).startswith(says)

    def test_half_a_character_is_refused_with_its_line(self) -> None:
        assert mistakes("roster:\n  [\ud83d]").startswith("file 1: line 2: this is not UTF-8")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "the file must hold the key roster with a list of accounts"),
            ("# nothing", "the file must hold the key roster with a list of accounts"),
            ("- wkA", "line 1: the file must hold the key roster"),
            ("wkA", "line 1: the file must hold the key roster"),
            ("roster：", "accounts (it holds full-width ： where : is meant)"),
            ("{}", "line 1: the key roster is missing"),
            ("roster:", "line 1: roster holds nothing: write [] for no account"),
            ("roster: wkA", "line 1: roster must be a list, not 'wkA'"),
            ("roster: {wkA: [lisi]}", "line 1: roster must be a list, not a mapping"),
            ("roster: [wkA]", "line 1: roster: an entry must be a mapping with open_kfid or name, not 'wkA'"),
            ("roster: []\nroster: []", "line 2: roster is there twice, first in line 1"),
            ("roster: []\nx: 1", "line 2: 'x' is not a known key: roster, timezone"),
            ("roster: []\n1: 1", "line 2: '1' is not a known key"),
            ("roster: []\n~: 1", "line 2: nothing is not a known key"),
            ("roster: []\n[a]: 1", "line 2: a list is not a known key"),
            ("roster: []\n'timezone ': UTC", "timezone (there is a blank at its end)"),
            ("roster: [\n  - : }", "this is not valid YAML: "),
            ("roster:\n\t- name: A", "(line 2: it begins with a tab, where YAML wants blanks)"),
            ("roster: []\n---\nroster: []", "line 2: a second YAML document begins here"),
            ("roster: *nobody", "line 1: *nobody refers to nothing above it"),
            ("roster: &all [*all]", "line 1: roster: an entry must be a mapping with open_kfid or name, not a list"),
            ("roster: []\x00", "this is not valid YAML: "),
            ("roster: [{userids: [a]}]", "line 1: roster: open_kfid or name is needed"),
            ("roster: [{name: '', userids: [a]}]", "line 1: roster: open_kfid or name is needed"),
            ("roster: [{name: ~, userids: [a]}]", "line 1: roster: open_kfid or name is needed"),
            ("roster: [{open_kfid: wkA, userids: [a], 1: x}]", "roster: '1' is not a known key"),
            ("roster: [{open_kfid: [wkA], userids: [a]}]", "roster: open_kfid must be a text, not a list"),
            ("roster: [{open_kfid: ~, userids: [a]}]", "roster: open_kfid must be a text, not nothing"),
            ("roster: [{open_kfid: 12, userids: [a]}]", "roster: open_kfid: '12' is not a valid account ID"),
            ("roster: [{open_kfid: 'wk ', userids: [a]}]", "AAASSm4_FhToWMFea0xAFfd3Q): there is a blank at its end"),
            ("roster: [{open_kfid: 客服, userids: [a]}]", "it looks like a display name, not like an id"),
            ("roster: []\ntimezone: Asia/Beijing", "line 2: timezone: 'Asia/Beijing' is not a time zone such as"),
            ("roster: []\ntimezone: ~", "line 2: timezone must be a text, not nothing"),
        ],
        ids=repr,
    )
    def test_a_file(self, text: str, says: str) -> None:
        assert says in mistakes(text)

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (["x: [lisi]"], "line 3: roster: 'x' is not a known key: open_kfid, name, userids, department_ids, shifts"),
            (["userid: [lisi]"], "line 3: roster: 'userid' is not a known key"),
            (["\u201cuserids\u201d: [lisi]"], 'shifts, gaps (it holds full-width \u201c \u201d where " is meant)'),
            (["name: [one]"], "line 3: roster: name must be a text, not a list"),
            (["name: {one: two}"], "line 3: roster: name must be a text, not a mapping"),
            (["userids:"], "line 3: roster: userids holds nothing: write [] if nobody is meant, and leave the key out"),
            (["userids: lisi"], "line 3: roster: userids must be a list, not 'lisi'"),
            (["userids: lisi,zhangsan"], "line 3: roster: userids must be a list, not 'lisi,zhangsan'"),
            (["userids: 123"], "line 3: roster: userids must be a list, not '123'"),
            (["userids: ''"], "line 3: roster: userids must be a list, not ''"),
            (["userids: {lisi: x}"], "line 3: roster: userids must be a list, not a mapping"),
            (["userids: !!set {lisi}"], "userids must be a list, not something with the tag !!set"),
            (["userids: [[lisi]]"], "line 3: roster: userids: an entry must be a text, not a list"),
            (["userids: [~]"], "line 3: roster: userids: an entry must be a text, not nothing"),
            (["userids: [yes]"], "an entry must be a text, not 'yes'; put it in quotes if it is really called that"),
            (["userids: [!!binary bGk=]"], "not something with the tag !!binary"),
            (["userids: [!vault x]"], "not something with the tag !vault"),
            (["userids: ['']"], "line 3: roster: userids: '' is empty"),
            (["userids: [a b]"], "line 3: roster: userids: 'a b' holds a blank"),
            (["userids: [a，b]", "x: 1"], "line 4: roster: 'x'"),
            (["userids: [a， b]"], "'a， b' holds a blank: it holds full-width ， where , is meant"),
            ([f"userids: [{'x' * 65}]"], "is longer than 64 bytes"),
            (["department_ids: 2"], "line 3: roster: department_ids must be a list, not '2'"),
            (["department_ids: [two]"], "line 3: roster: department_ids: an entry must be a number from 1, not 'two'"),
            (["department_ids: [010]"], "must be a number from 1, not '010'"),
            (["department_ids: [0]"], "must be a number from 1, not '0'"),
            (["department_ids: [-1]"], "must be a number from 1, not '-1'"),
            (["department_ids: [1.0]"], "must be a number from 1, not '1.0'"),
            (["department_ids: ['']"], "must be a number from 1, not ''"),
            (["department_ids: [٣]"], "must be a number from 1, not '٣'"),
            ([f"department_ids: [{'9' * 5000}]"], "must be a number from 1, not '999"),
            (["userids: []", "gaps: 1"], "line 4: roster: gaps must be true or false, not '1'"),
            (["userids: []", "gaps: 'true'"], "line 4: roster: gaps must be true or false, not 'true'"),
            ([], "line 2: roster: userids, department_ids or shifts is needed"),
            (["shifts: []"], "line 3: roster: shifts is empty: leave the key out if it is not needed"),
            (["shifts:"], "line 3: roster: shifts holds nothing: leave the key out if it is not needed"),
            (["shifts: {userids: [a]}"], "line 3: roster: shifts must be a list, not a mapping"),
            (["shifts: [a]"], "line 3: shifts: an entry must be a mapping with userids and times, not 'a'"),
        ],
        ids=repr,
    )
    def test_an_account(self, lines: list[str], says: str) -> None:
        assert says in mistakes(entry(*lines))

    @pytest.mark.parametrize(
        ("written", "says"),
        [
            ("", "line 5: shifts: userids or department_ids is needed, with somebody in it"),
            ("userids: []", "line 5: shifts: userids or department_ids is needed, with somebody in it"),
            ("userids: [~]", "line 5: shifts: userids: an entry must be a text, not nothing"),
            ("userids: ~", "line 5: shifts: userids holds nothing: leave the key out"),
            ("userids: a", "line 5: shifts: userids must be a list, not 'a'"),
            ("userids: [a b]", "line 5: shifts: userids: 'a b' holds a blank"),
            ("department_ids: [x]", "line 5: shifts: department_ids: an entry must be a number from 1, not 'x'"),
            ("userids: [a], form: 09:00", "line 5: shifts: 'form' is not a known key: userids, department_ids, days"),
            ("userids: [a], from: 9", "line 5: shifts: from: '9' is not a time of day, from 00:00 to 23:59"),
            ("userids: [a], from: 09：00", "23:59 (it holds full-width ： where : is meant)"),
            ("userids: [a], from: 24:00", "line 5: shifts: from: '24:00' is not a time of day, from 00:00 to 23:59"),
            ("userids: [a], to: 24:01", "line 5: shifts: to: '24:01' is not a time of day, from 00:00 to 24:00"),
            ("userids: [a], to: 08:60", "line 5: shifts: to: '08:60' is not a time of day"),
            ("userids: [a], to: 08:00:00", "line 5: shifts: to: '08:00:00' is not a time of day"),
            ("userids: [a], to: [8]", "line 5: shifts: to must be a text, not a list"),
            ("userids: [a], to: ~", "line 5: shifts: to must be a text, not nothing"),
            ("userids: [a], days: mon", "line 5: shifts: days must be a list, not 'mon'"),
            ("userids: [a], days: []", "line 5: shifts: days is empty: leave the key out if it is not needed"),
            ("userids: [a], days: [mon-fri]", "line 5: shifts: 'mon-fri' is not a day: mon, tue, wed, thu, fri, sat"),
            ("userids: [a], days: [~]", "line 5: shifts: an entry of days must be a text, not nothing"),
            ("userids: [a], dates: 2026-10-01", "line 5: shifts: dates must be a list, not '2026-10-01'"),
            ("userids: [a], dates: []", "line 5: shifts: dates is empty: leave the key out if it is not needed"),
            ("userids: [a], dates: [2026-10-1]", "'2026-10-1' in dates is not a date such as 2026-10-01"),
            ("userids: [a], dates: [2026-02-30]", "'2026-02-30' in dates is not a date"),
            ("userids: [a], dates: [2026－10－01]", "such as 2026-10-01 (it holds full-width － where - is meant)"),
            ("userids: [a], except: [20261001]", "'20261001' in except is not a date such as 2026-10-01"),
            ("userids: [a], except: [[]]", "line 5: shifts: an entry of except must be a text, not a list"),
            (
                "userids: [a], days: [mon], dates: [2026-10-01]",
                "line 5: shifts: days and except exclude every one of dates",
            ),
        ],
        ids=repr,
    )
    def test_a_shift(self, written: str, says: str) -> None:
        assert says in mistakes(shift(written))

    @pytest.mark.parametrize("written", ["form: 09:00", "days: [x]", "to: x", "dates: [x]"])
    def test_a_shift_with_a_mistake_is_told_as_one_and_not_as_a_gap_too(self, written: str) -> None:
        assert ";" not in mistakes(shift(f"userids: [a], {written}"))

    @pytest.mark.parametrize("key", ["open_kfid: wkB", "userids: []"])
    def test_a_key_twice(self, key: str) -> None:
        said = mistakes(entry("userids: [lisi]", key))
        assert f"line 4: roster: {key.partition(':')[0]} is there twice, first in line" in said

    def test_a_colon_of_another_width_is_named_where_yaml_stumbles_over_it(self) -> None:
        said = mistakes("roster:\n  - open_kfid：wkA\n    userids: [a]\n")
        assert "this is not valid YAML" in said
        assert "(line 2: it holds full-width ： where : is meant)" in said

    def test_all_are_told_up_to_a_hundred(self) -> None:
        text = "roster:\n" + "".join(f"  - {{open_kfid: wk{number}, userids: x}}\n" for number in range(105))
        said = mistakes(text)
        assert all(f"line {line}: roster: userids" in said for line in range(2, 102))
        assert said.endswith("; and 5 more")

    def test_a_hundred_are_told_without_a_word_of_more(self) -> None:
        text = "roster:\n" + "".join(f"  - {{open_kfid: wk{number}, userids: x}}\n" for number in range(100))
        assert mistakes(text).endswith("line 101: roster: userids must be a list, not 'x'")

    def test_every_bad_userid_is_told_with_its_line(self) -> None:
        said = mistakes(entry("userids:", "  - a b", "  - zhangsan", "  - 张 三"))
        assert said == (
            "file 1: line 4: roster: userids: 'a b' holds a blank: is it a display name, or several userids in one"
            " text?; line 6: roster: userids: '张 三' holds a blank: it looks like a display name, not like an id"
        )

    @pytest.mark.slow
    def test_however_deeply_it_is_nested(self) -> None:
        assert mistakes("[" * 2000).startswith("file 1: ")
        assert mistakes("roster: [" + "[" * 500 + "]" * 500 + "]").endswith("not a list")


class TestTheSameAccountTwice:
    @pytest.mark.parametrize(
        ("first", "second", "which"),
        [
            ("open_kfid: wkA", "open_kfid: wkA", "wkA"),
            ("name: A", "name: A", "A"),
            ("open_kfid: wkA, name: A", "open_kfid: wkA, name: B", "wkA"),
            ("open_kfid: wkA, name: A", "name: A", "A"),
            ("name: A", "open_kfid: wkA, name: A", "A"),
        ],
    )
    @pytest.mark.parametrize("between", ["\n", " "], ids=["two lines", "one line"])
    def test_it_is_refused(self, first: str, second: str, which: str, between: str) -> None:
        text = f"roster: [{{{first}, userids: [a]}},{between}{{{second}, userids: [b]}}]"
        line = 2 if between == "\n" else 1
        assert mistakes(text) == f"file 1: line {line}: roster: {which!r} is there twice, first in line 1"

    def test_in_two_files_both_are_named(self) -> None:
        said = mistakes(entry("userids: [a]"), "# the other team\n" + entry("userids: [b]"))
        assert said == "file 2: line 3: roster: 'wkA' is there twice, first in file 1, line 2"

    def test_two_accounts_of_one_name_are_told_apart_by_their_ids(self) -> None:
        text = "roster: [{open_kfid: wkA, name: A, userids: []}, {open_kfid: wkB, name: A, userids: []}]"
        assert [account["open_kfid"] for account in accounts(text)] == ["wkA", "wkB"]

    def test_an_id_and_a_name_that_are_spelled_alike_are_two_accounts(self) -> None:
        assert len(accounts("roster: [{open_kfid: wkA, userids: []}, {name: wkA, userids: []}]")) == 2


class TestShifts:
    EXAMPLE = """
roster:
  - name: 售后客服
    userids: [manager]
    shifts:
      - {userids: [lisi, wangwu], days: [mon, tue, wed, thu, fri], from: 09:00, to: 18:00}
      - {userids: [zhaoliu], from: 18:00, to: 09:00}
      - {userids: [sunqi], dates: [2026-10-01, 2026-10-02]}
"""

    @pytest.mark.parametrize(
        ("moment", "userids"),
        [
            ("2026-09-30 12:00", ["manager", "lisi", "wangwu"]),
            ("2026-09-30 18:00", ["manager", "zhaoliu"]),
            ("2026-10-01 08:59", ["manager", "zhaoliu", "sunqi"]),
            ("2026-10-01 09:00", ["manager", "lisi", "wangwu", "sunqi"]),
            ("2026-10-03 12:00", ["manager"]),
        ],
    )
    def test_whoever_has_a_shift_or_is_in_the_lists_of_the_account_is_on_duty(
        self, moment: str, userids: list[str]
    ) -> None:
        assert on_duty(self.EXAMPLE, moment) == {"userids": userids}

    def test_somebody_who_is_on_duty_twice_counts_once_as_spelled_first(self) -> None:
        text = shift("userids: [LiSi, b]", "userids: [c, lisi, B]", more="userids: [lisi]")
        assert on_duty(text, "2026-10-01 12:00") == {"userids": ["lisi", "b", "c"]}

    def test_departments_have_shifts_too(self) -> None:
        text = shift("department_ids: [2, 3], from: 09:00, to: 18:00", "department_ids: [3, 4]")
        assert on_duty(text, "2026-10-01 12:00") == {"department_ids": [2, 3, 4]}
        assert on_duty(text, "2026-10-01 20:00") == {"department_ids": [3, 4]}

    def test_a_kind_that_appears_only_in_another_shift_is_an_empty_list(self) -> None:
        text = shift("department_ids: [2], from: 09:00, to: 18:00", "userids: [a], from: 18:00, to: 09:00")
        assert on_duty(text, "2026-10-01 12:00") == {"userids": [], "department_ids": [2]}

    def test_a_kind_that_appears_as_an_empty_list_of_the_account_is_kept(self) -> None:
        text = shift("department_ids: [2]", more="userids: []")
        assert on_duty(text, "2026-10-01 12:00") == {"userids": [], "department_ids": [2]}

    @pytest.mark.parametrize(
        ("written", "moment", "is_on"),
        [
            ("from: 9:00", "2026-10-01 09:00", True),
            ("from: 18:00", "2026-10-02 00:00", False),
            ("from: 18:00, to: 24:00", "2026-10-01 23:59", True),
            ("from: 18:00, to: 24:00", "2026-10-02 00:00", False),
            ("from: 09:00, to: 09:00", "2026-10-02 08:59", True),
            ("from: 00:00, to: 00:00", "2026-10-01 23:59", True),
            ("to: 09:00", "2026-10-01 08:59", True),
            ("to: 09:00", "2026-10-01 09:00", False),
            ("days: [thu]", "2026-10-01 12:00", True),
            ("days: [thu]", "2026-10-02 12:00", False),
            ("except: [2026-10-01]", "2026-10-01 12:00", False),
            ("except: []", "2026-10-01 12:00", True),
        ],
    )
    def test_times_are_read_as_they_are_written(self, written: str, moment: str, is_on: bool) -> None:
        assert on_duty(shift(f"userids: [a], {written}", more="gaps: true"), moment) == {"userids": ["a"] * is_on}

    def test_the_time_zone_of_each_file_counts_for_it(self) -> None:
        shanghai = shift("userids: [a], from: 09:00, to: 18:00", more="gaps: true")
        berlin = shift("userids: [b], from: 09:00, to: 18:00", more="gaps: true", timezone="Europe/Berlin")
        files = (shanghai, berlin.replace("wkA", "wkB"))
        noon_in_shanghai = dt.datetime(2026, 10, 1, 4, tzinfo=dt.timezone.utc)
        assert [account["userids"] for account in accounts(*files, at=noon_in_shanghai)] == [["a"], []]
        noon_in_each = dt.datetime(2026, 10, 1, 12)
        assert [account["userids"] for account in accounts(*files, at=noon_in_each)] == [["a"], ["b"]]

    def test_the_time_zone_may_come_after_the_roster(self) -> None:
        lines = shift("userids: [a], from: 09:00, to: 18:00", more="gaps: on", timezone="Europe/Berlin").splitlines()
        text = "\n".join([*lines[1:], lines[0]])
        [account] = accounts(text, at=dt.datetime(2026, 10, 1, 15, 59, tzinfo=dt.timezone.utc))
        assert account["userids"] == ["a"]

    def test_a_machine_without_time_zones_is_told_so_only_where_they_are_needed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def find_none(_name: str) -> t.NoReturn:
            raise TimezoneError("cannot be looked up")

        monkeypatch.setattr(_roster, "load_timezone", find_none)
        assert len(accounts(entry("userids: [a]"))) == 1
        said = mistakes(entry("shifts: [{userids: [a]}]") + "  - {name: B, shifts: [{userids: [a]}]}\n")
        assert said == "file 1: line 3: timezone: 'Asia/Shanghai' cannot be looked up"

    @pytest.mark.parametrize(
        ("text", "holds"),
        [
            (entry("userids: [a]"), False),
            (entry("userids: [shifts] # shifts"), False),
            (shift("userids: [a]"), True),
            (shift("userids: [a], days: [x]"), True),
            (shift("userids: [a]") + "\n  - [", True),
            (shift("userids: [a]").encode("utf-16").decode("utf-8", "surrogateescape"), True),
            ("roster: [", False),
        ],
        ids=repr,
    )
    def test_a_file_is_known_to_hold_shifts_also_where_it_has_mistakes(self, text: str, holds: bool) -> None:
        assert read(text).holds_shifts is holds


class TestNobodyOnDuty:
    def test_the_first_time_is_named(self) -> None:
        assert mistakes(shift("userids: [a], days: [mon, tue, wed, thu, fri]")) == (
            "file 1: line 3: roster: nobody is on duty from sat 2026-10-03 00:00 to mon 2026-10-05 00:00"
            " (Asia/Shanghai): add a shift, or write gaps: true if nobody is meant"
        )

    def test_a_time_without_an_end_is_named(self) -> None:
        said = mistakes(shift("userids: [a], dates: [2026-10-01]", timezone="Europe/Berlin"))
        assert "nobody is on duty from fri 2026-10-02 00:00 on (Europe/Berlin): add a shift" in said

    def test_every_account_with_one_is_named(self) -> None:
        text = shift("userids: [a], from: 09:00") + "  - {name: B, shifts: [{userids: [b], to: 09:00}]}\n"
        said = mistakes(text)
        assert "line 3: roster: nobody is on duty from fri 2026-10-02 00:00" in said
        assert "line 7: roster: nobody is on duty from thu 2026-10-01 12:00" in said

    @pytest.mark.parametrize("more", ["userids: [manager]", "department_ids: [2]", "gaps: true", "gaps: Yes"])
    def test_it_is_meant_or_cannot_be(self, more: str) -> None:
        assert mistakes(shift("userids: [a], days: [mon]", more=more)) == ""

    @pytest.mark.parametrize("more", ["userids: []", "gaps: false", "gaps: No"])
    def test_an_empty_list_or_no_gaps_is_no_wish_for_one(self, more: str) -> None:
        assert "nobody is on duty" in mistakes(shift("userids: [a], days: [mon]", more=more))

    def test_with_gaps_it_means_nobody(self) -> None:
        assert on_duty(shift("userids: [a], days: [mon]", more="gaps: true"), "2026-10-01 12:00") == {"userids": []}


@pytest.mark.slow
def test_a_roster_of_5000_accounts_is_read_in_no_more_than_a_few_times_what_its_yaml_takes() -> None:
    loader = getattr(yaml, "CSafeLoader", None)
    if _roster._Loader is not loader or loader is None:
        pytest.skip("the reader in Python is ten times as slow")
    workdays = "days: [mon, tue, wed, thu, fri]"
    text = "roster:\n" + "".join(
        f"  - open_kfid: wk{number}\n"
        "    shifts:\n"
        f"      - {{userids: [a{number}, b{number}], {workdays}, from: 0{number % 9}:00, to: 18:{number % 50:02}}}\n"
        f"      - {{userids: [c{number}], from: 18:{number % 50:02}, to: 0{number % 9}:00}}\n"
        f"      - {{userids: [d{number}], days: [sat, sun]}}\n"
        for number in range(5000)
    )
    began = time.process_time()
    yaml.compose(text, Loader=loader)
    composed = time.process_time()
    assert len(accounts(text)) == 5000
    assert time.process_time() - composed < 4 * (composed - began)
