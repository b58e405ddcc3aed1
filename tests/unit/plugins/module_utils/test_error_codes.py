# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the service's error codes."""

from __future__ import annotations

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._error_codes import ERROR_CODES, cure, known, meaning

RETRYABLE = [-1, 6000, 45009, 45033]
EVERY_ACCOUNT = [40001, 40013, 40014, 40082, 40084, 40085, 40091, 41001, 42001, 42009, 48002, 50003, 60020, 95011]
EVERY_ACCOUNT += [95012, 95017, 95023]
ONE_ACCOUNT_OR_ITEM = [40003, 40058, 40063, 40066, 48007, 50002, 60003, 60011, 60021, 60030, 60111, 60123, 60253, 81017]
ONE_ACCOUNT_OR_ITEM += [92000, 95000, 95004, 95014, 701008]
DOCUMENTED = RETRYABLE + EVERY_ACCOUNT + ONE_ACCOUNT_OR_ITEM


@pytest.mark.parametrize("errcode", DOCUMENTED)
def test_each_documented_code_has_a_meaning_and_a_cure(errcode: int) -> None:
    assert meaning(errcode, "the service's words").startswith(f"{errcode} ")
    assert "the service's words" not in meaning(errcode, "the service's words")
    # To be no servicer is no failure where somebody is removed, and has no cure elsewhere.
    assert cure(errcode, "") or errcode == 60253


def test_only_what_may_pass_by_itself_is_retried() -> None:
    assert sorted(code for code, entry in ERROR_CODES.items() if entry.retryable) == sorted(RETRYABLE)


def test_what_no_account_can_get_past() -> None:
    assert sorted(code for code, entry in ERROR_CODES.items() if entry.every_account) == sorted(EVERY_ACCOUNT)


@pytest.mark.parametrize("errcode", [1, 99999, -2, 2**40])
def test_an_unknown_code_is_shown_in_the_services_words_and_not_retried(errcode: int) -> None:
    assert meaning(errcode, "strange things") == f"{errcode} strange things"
    assert "https://open.work.weixin.qq.com/devtool/query" in cure(errcode, "")
    assert not known(errcode).retryable
    assert not known(errcode).every_account


@pytest.mark.parametrize(
    ("errmsg", "expected"),
    [
        ("not allow to access from your ip, hint: [17], from ip: 203.0.113.7, more info at …", "add 203.0.113.7 under"),
        ("api forbidden, hint: [17], from ip: 47.98.*.*, more info", "add 47.98.*.* under"),
        ("from ip: 2001:db8::1, more", "add 2001:db8::1 under"),
        ("no address here", "add the caller's IP under"),
    ],
)
def test_an_untrusted_address_is_named(errmsg: str, expected: str) -> None:
    assert cure(60020, errmsg).startswith(expected)
    assert "企业可信IP" in cure(60020, errmsg)


def test_braces_in_the_services_words_do_no_harm() -> None:
    assert "{0.__class__}" not in cure(60020, "from ip: {0.__class__}")
