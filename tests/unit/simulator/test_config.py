# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading configurations, and the errors for bad ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.wecom.kf.tests.simulator import config as config_module
from ansible_collections.wecom.kf.tests.simulator.config import load_file, parse_config
from ansible_collections.wecom.kf.tests.simulator.fields import ConfigError
from ansible_collections.wecom.kf.tests.simulator.limits import Limits
from ansible_collections.wecom.kf.tests.simulator.settings import Settings

EXAMPLE = Path(config_module.__file__).with_name("example.yml")


def test_the_example_is_valid() -> None:
    corp = parse_config(load_file(str(EXAMPLE))).corp
    assert len(corp.accounts) == 3
    assert len(corp.members) == 304


@pytest.mark.parametrize("kind", [Settings, Limits])
def test_the_readme_names_every_setting_and_limit(kind: type[Settings | Limits]) -> None:
    text = EXAMPLE.with_name("README.md").read_text(encoding="utf-8")
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in text] == []


def test_an_empty_file_is_an_empty_corp(tmp_path: Path) -> None:
    path = tmp_path / "empty.yml"
    path.write_text("# nothing\n")
    assert parse_config(load_file(str(path))).corp.accounts == {}


def test_on_and_no_are_words_and_no_booleans(tmp_path: Path) -> None:
    path = tmp_path / "corp.yml"
    path.write_text("members: [no, on]\nip_trusted: false\nfaults:\n  - {on: gettoken, drop: after, times: null}\n")
    config = parse_config(load_file(str(path)))
    assert list(config.corp.members) == ["no", "on"]
    assert config.settings.ip_trusted is False
    assert (config.faults[0].on, config.faults[0].times) == (("gettoken",), None)


def test_a_prefix_and_a_count_make_members() -> None:
    members = parse_config({"members": {"prefix": "Agent", "count": 250}}).corp.members
    assert [members[key].userid for key in ("agent001", "agent250")] == ["Agent001", "Agent250"]


def test_a_prefix_and_a_count_make_accounts_that_share_the_members_in_turn() -> None:
    data = {
        "members": {"prefix": "m", "count": 5},
        "accounts": [{"prefix": "wkF", "count": 3, "servicers_each": 2}, {"open_kfid": "wkSingle"}],
    }
    corp = parse_config(data).corp
    assert [corp.serving(name) for name in corp.accounts] == [["m1", "m2"], ["m3", "m4"], ["m5", "m1"], []]


def test_a_prefix_and_a_count_make_servicers() -> None:
    servicers = [{"prefix": "m", "count": 3}]
    data = {"members": {"prefix": "m", "count": 3}, "accounts": {"open_kfid": "wkA", "servicers": servicers}}
    assert parse_config(data).corp.serving("wkA") == ["m1", "m2", "m3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the configuration: a mapping is needed, not a list"),
        ({"corp": "x"}, "corp: unknown key (did you mean corpid?)"),
        ({"corpid": 7}, "corpid: a text (in quotes, if it looks like something else) is needed, not a number (7)"),
        ({"members": [1001]}, "members[0]: a userid (in quotes, if it looks like a number) or a mapping is needed"),
        ({"members": ["a", "A"]}, "members[1]: 'A' is a duplicate (case does not count)"),
        ({"members": [{"prefix": "a"}]}, "members[0].count: is needed"),
        ({"departments": ["2"]}, "departments[0].id: a whole number is needed, not a text ('2')"),
        ({"departments": [{"id": 2, "members": ["x"]}]}, "departments[0]: 'x' is not among the members"),
        ({"empty_list": "none"}, "empty_list: 'none' is none of list, null, absent"),
        ({"token_calls": 0}, "token_calls: 0 is below 1"),
        ({"token_calls_errcode": 40001}, "token_calls_errcode: 40001 is none of 42001, 40014"),
        ({"strict_removal": "yes"}, "strict_removal: true, false or a whole number is needed, not a text ('yes')"),
        ({"accounts": [{}]}, "accounts[0].open_kfid: is needed"),
        ({"accounts": [{"open_kfid": "wkA"}, {"open_kfid": "wkA"}]}, "accounts[1]: 'wkA' is a duplicate"),
        ({"accounts": [{"open_kfid": "wkA", "servicers": ["x"]}]}, "accounts[0].servicers[0]: 'x' is not among the"),
        (
            {"accounts": [{"open_kfid": "wkA", "servicers": [{"department_id": 9}]}]},
            "accounts[0].servicers[0]: 9 is not among the departments",
        ),
        ({"accounts": {"prefix": "wkF", "count": 1, "servicers_each": 1}}, "servicers_each: there are only 0 members"),
        ({"limits": {"concurrency": {"kf/servicer/ad": 1}}}, "limits.concurrency.kf/servicer/ad: unknown key"),
        ({"faults": [{"on": "any"}]}, "faults[0]: says when it acts, but not what it does"),
    ],
)
def test_a_bad_configuration_names_the_key(data: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(data)
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_file(str(tmp_path / "missing.yml"))
    path = tmp_path / "broken.yml"
    path.write_text("members: [")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_file(str(path))
