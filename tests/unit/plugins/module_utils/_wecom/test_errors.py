# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the service's error codes, and what the exceptions tell."""

from __future__ import annotations

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import (
    ERROR_CODES,
    GETTOKEN,
    ApiError,
    ResponseError,
    TransportError,
    describe,
    hint_for,
    is_known,
    lookup,
)

ADD, DEL, LIST = "kf/servicer/add", "kf/servicer/del", "kf/servicer/list"

RETRYABLE = [-1, 6000, 45009, 45033]
FATAL = [40001, 40013, 40014, 40082, 40084, 40085, 40091, 41001, 42001, 42009, 48001, 48002, 48004, 48005, 48006]
FATAL += [50003, 60020, 60031, 95011, 95012, 95017, 95023]
ONE_ACCOUNT_OR_ITEM = [40003, 40058, 40063, 40066, 48007, 50002, 60003, 60011, 60021, 60030, 60111, 60123, 60253, 81017]
ONE_ACCOUNT_OR_ITEM += [92000, 95000, 95004, 95005, 95006, 95014, 95026, 95027, 701008]
MEDIA = [40004, 40006, 40007, 44001, 45001]
DOCUMENTED = RETRYABLE + FATAL + ONE_ACCOUNT_OR_ITEM + MEDIA


@pytest.mark.parametrize("errcode", DOCUMENTED)
def test_each_documented_code_has_a_meaning_and_a_hint(errcode: int) -> None:
    assert describe(errcode, "the service's words").startswith(f"{errcode} ")
    assert "the service's words" not in describe(errcode, "the service's words")
    # 60253 is a failure only on a removal, whose hint is tested below.
    assert hint_for(errcode, "", ADD) or errcode == 60253


def test_the_table_has_the_documented_codes_and_no_others() -> None:
    assert sorted(ERROR_CODES) == sorted(DOCUMENTED)
    assert all(is_known(errcode) for errcode in DOCUMENTED)
    assert not is_known(4711)


def test_only_what_may_pass_by_itself_is_retried() -> None:
    assert sorted(code for code, entry in ERROR_CODES.items() if entry.retryable) == sorted(RETRYABLE)


def test_only_what_concerns_the_whole_app_is_fatal() -> None:
    assert sorted(code for code, entry in ERROR_CODES.items() if entry.fatal) == sorted(FATAL)


def test_a_full_account_may_be_told_by_these_codes_and_by_unknown_ones() -> None:
    assert sorted(code for code, entry in ERROR_CODES.items() if entry.may_mean_full) == [40058, 81017]
    assert lookup(4711).may_mean_full


@pytest.mark.parametrize("errcode", [1, 99999, -2, 2**40])
def test_an_unknown_code_is_shown_in_the_services_words_and_not_retried(errcode: int) -> None:
    assert describe(errcode, "strange things") == f"{errcode} strange things"
    assert "https://open.work.weixin.qq.com/devtool/query" in hint_for(errcode, "", LIST)
    assert not lookup(errcode).retryable
    assert not lookup(errcode).fatal


@pytest.mark.parametrize(
    ("errmsg", "expected"),
    [
        ("not allow to access from your ip, hint: [17], from ip: 203.0.113.7, more info at …", "add 203.0.113.7 under"),
        ("api forbidden, hint: [17], from ip: 47.98.*.*, more info", "add 47.98.*.* under"),
        ("from ip: 2001:db8::1, more", "add 2001:db8::1 under"),
        ("from ip: 203.0.113.7.", "add 203.0.113.7 under"),
        ("no address here", "add the caller's IP under"),
    ],
)
def test_an_untrusted_address_is_named(errmsg: str, expected: str) -> None:
    assert hint_for(60020, errmsg, LIST).startswith(expected)
    assert "企业可信IP" in hint_for(60020, errmsg, LIST)


def test_the_hint_for_an_untrusted_address_knows_third_party_and_agent_developed_apps() -> None:
    hint = hint_for(60020, "", LIST)
    assert "third-party or agent-developed app" in hint
    assert "服务商管理后台 → 服务商信息 → 基本信息 → IP白名单" in hint


def test_braces_in_the_services_words_do_no_harm() -> None:
    assert "{0.__class__}" not in hint_for(60020, "from ip: {0.__class__}", LIST)


class TestHintsByCall:
    @pytest.mark.parametrize("errcode", [60253, 95014, 60111, 40003, 40066, 60003, 60123])
    def test_a_refused_removal_gets_no_advice_for_an_addition(self, errcode: int) -> None:
        assert hint_for(errcode, "", DEL) != lookup(errcode).hint
        assert "still lists" in hint_for(errcode, "", DEL)

    def test_a_license_is_no_advice_for_a_removal(self) -> None:
        assert "license" in hint_for(701008, "", ADD)
        assert hint_for(701008, "", DEL) == ""

    @pytest.mark.parametrize("errcode", [40058, 81017])
    def test_an_addition_that_is_too_many_names_the_limits_of_an_account(self, errcode: int) -> None:
        hint = hint_for(errcode, "", ADD)
        assert all(number in hint for number in ("500", "2,000", "20 departments"))
        assert hint_for(errcode, "", DEL).startswith("please report this")
        assert hint_for(errcode, "", LIST).startswith("please report this")

    def test_95005_on_deletion_means_the_last_account(self) -> None:
        assert hint_for(95005, "", "kf/account/del") == "the last account of the corp cannot be deleted"
        assert hint_for(95005, "", "kf/account/add") == "first delete an account that nobody needs"

    @pytest.mark.parametrize("call", ["add", "update", "del"])
    def test_without_management_privilege_the_apps_list_of_accounts_is_named(self, call: str) -> None:
        for errcode in (48007, 60011):
            assert "可管理的客服账号" in hint_for(errcode, "", f"kf/account/{call}")
        assert "可见范围" in hint_for(60011, "", ADD)


class TestExceptions:
    def test_an_error_code_is_told_with_call_meaning_and_hint(self) -> None:
        error = ApiError(95004, "no such kf", call=LIST)
        assert error.sentence() == (
            "kf/servicer/list failed: 95004 no such KF account;"
            " take the ID from the account list (wk…); was the account deleted?"
        )
        assert error.as_result() == {
            "errcode": 95004,
            "errmsg": "no such kf",
            "hint": "take the ID from the account list (wk…); was the account deleted?",
            "call": LIST,
            "http_status": 200,
        }
        assert (error.retryable, error.uncertain, error.fatal, error.reached_service) == (False, False, False, True)

    @pytest.mark.parametrize("errcode", [-1, 6000])
    def test_a_busy_service_may_be_asked_again(self, errcode: int) -> None:
        error = ApiError(errcode, "", call=ADD)
        assert (error.retryable, error.fatal, error.is_throttled) == (True, False, False)

    @pytest.mark.parametrize("errcode", [45009, 45033])
    def test_a_limit_of_calls_concerns_all_calls(self, errcode: int) -> None:
        error = ApiError(errcode, "", call=ADD)
        assert (error.retryable, error.fatal, error.is_throttled) == (True, False, True)

    def test_whatever_keeps_the_token_from_coming_is_fatal_and_leaves_no_doubt(self) -> None:
        error = TransportError("no response", call=GETTOKEN, hint="", sent=True, retryable=True)
        assert (error.fatal, error.uncertain) == (True, False)

    def test_a_504_may_still_be_worked_on_and_a_502_not(self) -> None:
        for status, expected in ((504, True), (502, False)):
            error = ResponseError("HTTP", call=ADD, http_status=status, uncertain=True)
            assert (error.timed_out, error.uncertain, error.reached_service) == (expected, True, True)

    def test_a_request_that_was_never_sent_did_nothing(self) -> None:
        error = TransportError("refused", call=ADD, hint="", sent=False, retryable=True)
        assert (error.uncertain, error.reached_service, error.retryable) == (False, False, True)
        assert TransportError("cut", call=ADD, hint="", sent=True, retryable=True).uncertain
