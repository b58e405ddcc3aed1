# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filter to_roster writes is read back by from_roster, and is data wherever it is loaded."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.filter.from_roster import from_roster
from ansible_collections.wecom.kf.plugins.filter.to_roster import FilterModule

to_roster = FilterModule().filters()["to_roster"]


def user(userid: str) -> dict[str, t.Any]:
    return {"userid": userid, "department_id": None, "status": 0, "stop_type": None, "status_name": "receiving"}


def department(department_id: int) -> dict[str, t.Any]:
    return {**user(""), "userid": None, "department_id": department_id}


def account(open_kfid: str, *servicers: dict[str, t.Any], name: str | None = None) -> dict[str, t.Any]:
    return {"open_kfid": open_kfid, "name": name, "failed": False, "msg": "", "servicers": list(servicers)}


def content(text: str) -> str:
    """Return what follows the comments at the top."""
    return text[text.index("roster:") :]


def test_the_text_of_a_roster() -> None:
    rows = [
        account("wkB", user("wangwu"), department(10), user("LiSi"), department(2), user("007")),
        account("wkA", name="售后"),
    ]
    assert (
        to_roster(rows, {"wkB": '咨询 "1"'})
        == """\
---
# The servicers of WeCom customer service accounts. Written by wecom.kf.roster_export;
# wecom.kf.roster_apply makes the service match this file.
# A list that is left out is left alone, an empty one means nobody. The ID decides; the name is for readers.
roster:
  - open_kfid: "wkB"
    name: "咨询 \\"1\\""
    userids:
      - "007"
      - "LiSi"
      - "wangwu"
    department_ids:
      - 2
      - 10
  - open_kfid: "wkA"
    name: "售后"
    userids: []
    department_ids: []
"""
    )


def test_an_account_without_a_name() -> None:
    assert content(to_roster([account("wkA")])).splitlines()[2] == "    name: null"


def test_an_account_that_could_not_be_read_is_left_out() -> None:
    failed = {**account("wkB"), "failed": True, "servicers": None}
    assert to_roster([failed, account("wkA")]) == to_roster([account("wkA")])


def test_no_account() -> None:
    assert content(to_roster([])) == "roster: []\n"


def test_the_order_of_servicers_does_not_matter() -> None:
    servicers = [user("b"), user("A"), user("a"), department(3), department(1)]
    assert to_roster([account("wkA", *servicers)]) == to_roster([account("wkA", *reversed(servicers))])


@pytest.mark.parametrize("braces", ["{{ 6 * 7 }}", "{% if", "{# x #}"])
def test_what_looks_like_a_template_stays_data_where_the_file_is_loaded_as_variables(
    braces: str, tmp_path: Path
) -> None:
    path = tmp_path / "roster.yml"
    path.write_text(to_roster([account("wkA", user(f"u{braces}"), name=braces)]), encoding="utf-8")
    loader = DataLoader()
    variables = loader.load_from_file(str(path))
    [loaded] = Templar(loader=loader, variables=variables).template(variables["roster"])
    assert (loaded["name"], loaded["userids"]) == (braces, [f"u{braces}"])


@pytest.mark.slow
@given(st.lists(st.tuples(st.text(max_size=8), st.lists(st.integers(1, 2**40), max_size=3)), max_size=3))
def test_every_name_and_department_comes_back(written: list[tuple[str, list[int]]]) -> None:
    rows = [account(f"wk{number}", *map(department, ids), name=name) for number, (name, ids) in enumerate(written)]
    read = from_roster(to_roster(rows))
    assert [(one.get("name", ""), one["department_ids"]) for one in read] == [
        (name, sorted(ids)) for name, ids in written
    ]
    assert yaml.safe_load(to_roster(rows).replace("!unsafe", "!!str"))["roster"] == [
        {"open_kfid": f"wk{number}", "name": name or None, "userids": [], "department_ids": sorted(ids)}
        for number, (name, ids) in enumerate(written)
    ]


@pytest.mark.parametrize("userid", ["a", "yes", "007", "12:30", "~", "#x", "-", "张三", "it's", 'a"b\\', "{{", "=x"])
def test_every_userid_comes_back(userid: str) -> None:
    assert from_roster(to_roster([account("wkA", user(userid))]))[0]["userids"] == [userid]


def test_half_a_character_in_a_name_is_replaced() -> None:
    text = to_roster([account("wkA", name="a\ud83d")])
    assert from_roster(text)[0]["name"] == "a\ufffd"


@pytest.mark.parametrize(
    ("rows", "names"), [("wkA", None), (["wkA"], None), ([{}], None), (None, None), ([account("wkA")], ["x"])], ids=repr
)
def test_anything_but_accounts_is_refused(rows: t.Any, names: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="needs the accounts that wecom_kf_servicer_info returns"):
        to_roster(rows, names)


def test_what_is_taken_out_of_a_servicer_is_taken_out_once() -> None:
    """Ansible looks for templates in all that a filter takes out of a variable, and that takes most of the time."""
    taken: list[str] = []

    class Servicer(t.Dict[str, t.Any]):
        def __getitem__(self, key: str) -> t.Any:
            taken.append(key)
            return super().__getitem__(key)

        def get(self, key: str, default: t.Any = None) -> t.Any:
            return self[key]

    to_roster([account("wkA", Servicer(user("a")), Servicer(department(2)), Servicer(user("b")))])
    assert taken == ["userid", "userid", "department_id", "userid"]


@pytest.mark.slow
def test_2000_accounts_of_100_are_written_in_less_time_than_they_take_to_read() -> None:
    servicers = [user(f"agent{number:04}") for number in range(100)]
    rows = [account(f"wk{number}", *servicers, name=f"门店 {number}") for number in range(2000)]
    began = time.process_time()
    text = to_roster(rows)
    written = time.process_time()
    from_roster(text)
    assert written - began < time.process_time() - written
