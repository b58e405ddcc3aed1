# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs: how they merge, and what they take from the environment."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound

from ansible_collections.wecom.kf.plugins.module_utils._argspec import CONNECTION, ArgumentSpec, env_unless_empty


def test_merging_keeps_the_options_and_constraints_of_both() -> None:
    one = ArgumentSpec({"a": {"type": "str"}}, (("a", "b"),), (("a", "c"),), (("a", "d"),))
    other = ArgumentSpec({"b": {"type": "int"}}, (("e", "f"),), (("g", "h"),), (("i", "j"),))
    assert one.merge(other) == ArgumentSpec(
        {"a": {"type": "str"}, "b": {"type": "int"}},
        (("a", "b"), ("e", "f")),
        (("a", "c"), ("g", "h")),
        (("a", "d"), ("i", "j")),
    )


def test_constraints_are_named_as_ansible_takes_them() -> None:
    assert CONNECTION.constraints() == {
        "mutually_exclusive": (),
        "required_one_of": (("corpid", "access_token"),),
        "required_together": (("corpid", "corpsecret"),),
    }


def test_secrets_are_kept_out_of_logs() -> None:
    secret = {name for name, option in CONNECTION.options.items() if option.get("no_log")}
    assert secret == {"corpsecret", "access_token"}


def test_the_environment_is_read_without_blanks_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECOM_CORPID", " ww1 \n")
    assert env_unless_empty("WECOM_CORPID") == "ww1"


@pytest.mark.parametrize("value", [None, "", " \n"], ids=repr)
def test_a_variable_that_is_not_set_or_empty_is_not_there(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("WECOM_CORPID", raising=False)
    if value is not None:
        monkeypatch.setenv("WECOM_CORPID", value)
    with pytest.raises(AnsibleFallbackNotFound):
        env_unless_empty("WECOM_CORPID")
