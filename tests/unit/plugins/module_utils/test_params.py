# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every invalid option is refused in one sentence that names the option and the value, never a secret."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._params import (
    ParamError,
    read_connection,
    read_desired,
    sends_secrets_unencrypted,
)
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
SECRET = "s3cret+/=%&"
TOKEN = "t0ken+/=%&"

GOOD_CONNECTION: dict[str, t.Any] = {
    "corpid": "ww1",
    "corpsecret": SECRET,
    "access_token": None,
    "api_url": "https://qyapi.weixin.qq.com",
    "validate_certs": True,
    "ca_path": None,
    "timeout": 10.0,
    "retry_timeout": 120.0,
}
GOOD_ACCOUNT: dict[str, t.Any] = {
    "open_kfid": KFID,
    "name": None,
    "userids": ["zhangsan"],
    "department_ids": None,
    "state": "present",
    "max_removals": None,
    "allow_empty": False,
}


def refusal(read: t.Callable[[t.Mapping[str, t.Any]], object], good: dict[str, t.Any], **changes: t.Any) -> str:
    """The sentence with which these options are refused."""
    with pytest.raises(ParamError) as raised:
        read({**good, **changes})
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert TOKEN not in sentence
    return sentence


class TestConnection:
    def test_good_options_are_taken(self) -> None:
        assert read_connection(GOOD_CONNECTION) == Connection("https://qyapi.weixin.qq.com", "ww1", SECRET)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"corpsecret": None}, ["corpid is given and corpsecret is empty"]),
            ({"corpsecret": "  "}, ["corpid is given and corpsecret is empty"]),
            ({"corpid": None}, ["corpsecret is given and corpid is empty"]),
            ({"corpid": "", "access_token": TOKEN}, ["corpsecret is given and corpid is empty"]),
            (
                {"corpid": None, "corpsecret": None},
                ["no credentials", "WECOM_CORPID", "WECOM_CORPSECRET", "WECOM_ACCESS_TOKEN", "become"],
            ),
            ({"corpid": "", "corpsecret": "", "access_token": " "}, ["no credentials"]),
            ({"timeout": 0.0}, ["timeout", "0"]),
            ({"timeout": -1.0}, ["timeout", "-1"]),
            ({"timeout": float("nan")}, ["timeout", "nan"]),
            ({"timeout": float("inf")}, ["timeout", "inf"]),
            ({"timeout": 3601.0}, ["timeout", "3601"]),
            ({"retry_timeout": -0.5}, ["retry_timeout", "-0.5"]),
            ({"retry_timeout": float("nan")}, ["retry_timeout", "nan"]),
            ({"retry_timeout": float("inf")}, ["retry_timeout", "inf"]),
            ({"ca_path": "/no/such/ca.pem"}, ["ca_path", "/no/such/ca.pem"]),
        ],
    )
    def test_an_invalid_value_is_refused_in_one_sentence_with_its_name(
        self, changes: dict[str, t.Any], words: list[str]
    ) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, **changes)
        assert [word for word in words if word not in sentence] == []

    @pytest.mark.parametrize(
        "api_url",
        [
            "",
            "qyapi.weixin.qq.com",
            "ftp://qyapi.weixin.qq.com",
            "https:///x",
            "https://[::1",
            "https://host:99999",
            "https://host:0",
            "https://host:port",
            "https://ho st",
            "https://主机",
            "http:host",
            "//host",
        ],
    )
    def test_an_api_url_that_is_no_url_is_refused(self, api_url: str) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, api_url=api_url)
        assert sentence == f"api_url must be a URL such as https://qyapi.weixin.qq.com, not {api_url!r}"

    @pytest.mark.parametrize("api_url", ["https://", "https:///cgi-bin", "https://host/ \n/"])
    def test_an_api_url_of_which_nothing_is_left_is_refused(self, api_url: str) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, api_url=api_url)
        assert sentence.startswith("api_url must be a URL such as https://qyapi.weixin.qq.com, not ")

    @pytest.mark.parametrize(
        ("api_url", "expected"),
        [
            ("https://qyapi.weixin.qq.com/cgi-bin", "https://qyapi.weixin.qq.com"),
            ("https://qyapi.weixin.qq.com/cgi-bin/", "https://qyapi.weixin.qq.com"),
            ("https://wecom.example.com/api/cgi-bin/", "https://wecom.example.com/api"),
            ("https://wecom.example.com/my-cgi-bin", "https://wecom.example.com/my-cgi-bin"),
            ("  https://qyapi.weixin.qq.com\n", "https://qyapi.weixin.qq.com"),
            ("https://qyapi.weixin.qq.com/cgi-bin\r\n", "https://qyapi.weixin.qq.com"),
            ("HTTPS://Host:8443", "HTTPS://Host:8443"),
            ("https://host:65535", "https://host:65535"),
            ("https://host:1", "https://host:1"),
        ],
    )
    def test_blanks_and_an_ending_cgi_bin_of_api_url_are_dropped(self, api_url: str, expected: str) -> None:
        assert read_connection({**GOOD_CONNECTION, "api_url": api_url}).api_url == expected

    @pytest.mark.parametrize(
        "api_url",
        [
            f"https://user:{SECRET}@host",
            f"https://host/?access_token={TOKEN}",
            f"https://host/#{TOKEN}",
            f"https://{TOKEN}@host:99999",
        ],
    )
    def test_an_api_url_that_may_hold_a_secret_is_refused_without_repeating_it(self, api_url: str) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, api_url=api_url)
        assert sentence.startswith("api_url ")
        assert "host" not in sentence

    @given(st.text(max_size=30), st.sampled_from(["", "http://", "https://"]))
    def test_any_api_url_is_taken_or_refused_in_one_sentence(self, text: str, scheme: str) -> None:
        try:
            taken, sentence = read_connection({**GOOD_CONNECTION, "api_url": scheme + text}).api_url, ""
        except ParamError as error:
            taken, sentence = "", str(error)
        assert re.fullmatch("(?i)https?://[!-~]+", taken) or sentence.startswith("api_url ")
        assert "\n" not in sentence

    @pytest.mark.parametrize(
        ("option", "value"),
        [("timeout", 0.001), ("timeout", 3600.0), ("retry_timeout", 0.0), ("retry_timeout", 86400.0)],
    )
    def test_the_bounds_of_timeouts_are_allowed(self, option: str, value: float) -> None:
        assert getattr(read_connection({**GOOD_CONNECTION, option: value}), option) == value

    def test_beyond_the_longest_retry_timeout_is_refused(self) -> None:
        assert "86400" in refusal(read_connection, GOOD_CONNECTION, retry_timeout=86400.5)

    def test_without_credentials_the_hint_mentions_that_become_drops_the_environment(self) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, corpid=None, corpsecret=None)
        assert "the environment is read where the module runs, and become drops it" in sentence

    def test_a_token_alone_will_do_and_beside_the_pair_too(self) -> None:
        alone = read_connection({**GOOD_CONNECTION, "corpid": None, "corpsecret": None, "access_token": TOKEN})
        assert (alone.corpid, alone.corpsecret, alone.access_token) == (None, None, TOKEN)
        beside = read_connection({**GOOD_CONNECTION, "access_token": TOKEN})
        assert (beside.corpid, beside.corpsecret, beside.access_token) == ("ww1", SECRET, TOKEN)

    def test_the_line_end_that_a_secret_file_leaves_is_taken_off(self) -> None:
        assert read_connection({**GOOD_CONNECTION, "corpsecret": SECRET + "\n"}).corpsecret == SECRET

    def test_a_base_path_is_kept_and_its_last_slash_is_not(self) -> None:
        connection = read_connection({**GOOD_CONNECTION, "api_url": "https://wecom.example.com/api/"})
        assert connection.api_url == "https://wecom.example.com/api"

    def test_certificates(self, tmp_path: Path) -> None:
        bundle = tmp_path / "ca.pem"
        bundle.touch()
        assert read_connection({**GOOD_CONNECTION, "ca_path": str(bundle)}).verify == str(bundle)
        assert read_connection({**GOOD_CONNECTION, "validate_certs": False}).verify is False
        both = read_connection({**GOOD_CONNECTION, "ca_path": str(bundle), "validate_certs": False})
        assert both.verify is False

    @pytest.mark.parametrize(
        ("api_url", "expected"),
        [
            ("http://qyapi.weixin.qq.com", True),
            ("http://10.0.0.1:8080", True),
            ("http://127.0.0.1.example.com", True),
            ("http://localhost.example.com", True),
            ("https://qyapi.weixin.qq.com", False),
            ("http://localhost:8080", False),
            ("http://127.0.0.1:8080", False),
            ("http://127.1.2.3", False),
            ("http://[::1]:8080", False),
        ],
    )
    def test_only_loopback_may_be_spoken_to_unencrypted_without_a_warning(self, api_url: str, expected: bool) -> None:
        assert sends_secrets_unencrypted(read_connection({**GOOD_CONNECTION, "api_url": api_url})) is expected


class TestAccount:
    def test_good_options_are_taken(self) -> None:
        desired = read_desired({**GOOD_ACCOUNT, "department_ids": [2], "state": "exact", "max_removals": "25%"})
        assert (desired.open_kfid, desired.state, desired.userids, desired.department_ids) == (
            KFID,
            "exact",
            ["zhangsan"],
            [2],
        )
        assert desired.max_removals is not None
        assert desired.max_removals.text == "25%"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"open_kfid": ""}, ["open_kfid", "empty"]),
            ({"open_kfid": "wk" + "x" * 63}, ["open_kfid", "wk" + "x" * 63, "64"]),
            ({"open_kfid": "wk 1"}, ["open_kfid", "'wk 1'"]),
            ({"open_kfid": "客服"}, ["open_kfid", "客服"]),
            ({"userids": ["ok", ""]}, ["userids", "empty"]),
            ({"userids": ["x" * 65]}, ["userids", "x" * 65, "64"]),
            ({"userids": ["zhang san"]}, ["userids", "'zhang san'"]),
            ({"userids": [83]}, ["userids", "83 is a number", "in quotes"]),
            ({"userids": [1.5]}, ["userids", "1.5 is a number", "in quotes"]),
            ({"userids": [None]}, ["userids", "null"]),
            ({"userids": [True]}, ["userids", "true is a boolean"]),
            ({"userids": [["ann"]]}, ["userids", "['ann'] is a list"]),
            ({"userids": [{"userid": "ann"}]}, ["userids", "is a mapping"]),
            ({"department_ids": [0]}, ["department_ids", "0"]),
            ({"department_ids": [2, -7]}, ["department_ids", "-7"]),
            ({"department_ids": [True]}, ["department_ids", "true"]),
            ({"department_ids": ["two"]}, ["department_ids", "two"]),
            ({"department_ids": [2.5]}, ["department_ids", "2.5"]),
            ({"department_ids": [None]}, ["department_ids", "null"]),
            ({"department_ids": [[2]]}, ["department_ids", "[2]"]),
            ({"max_removals": ""}, ["max_removals", "''"]),
            ({"userids": None}, ["userids", "department_ids"]),
            ({"max_removals": "lots"}, ["max_removals", "'lots'"]),
            ({"max_removals": "-1"}, ["max_removals", "'-1'"]),
            ({"max_removals": "101%"}, ["max_removals", "'101%'"]),
            ({"max_removals": " "}, ["max_removals", "' '"]),
            ({"state": "exact", "userids": []}, ["userids", "empty", "allow_empty"]),
            ({"state": "exact", "department_ids": []}, ["department_ids", "empty", "allow_empty"]),
        ],
    )
    def test_an_invalid_value_is_refused_in_one_sentence_with_its_name(
        self, changes: dict[str, t.Any], words: list[str]
    ) -> None:
        sentence = refusal(read_desired, GOOD_ACCOUNT, **changes)
        assert [word for word in words if word not in sentence] == []

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_an_empty_list_is_nothing_to_do_unless_it_is_exact(self, state: str) -> None:
        desired = read_desired({**GOOD_ACCOUNT, "state": state, "userids": []})
        assert desired.named() == {}

    def test_exact_with_an_empty_list_is_taken_if_it_is_meant(self) -> None:
        desired = read_desired({**GOOD_ACCOUNT, "state": "exact", "userids": [], "allow_empty": True})
        assert desired.userids == []

    @given(st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=16))
    def test_any_text_without_blanks_may_be_a_userid(self, userid: str) -> None:
        """Whoever serves can be named, also where the service allows more characters than its documentation."""
        assert read_desired({**GOOD_ACCOUNT, "userids": [userid]}).userids == [userid]

    @pytest.mark.parametrize("userid", ["None", "True", "-leading", "张三", "a/b", "x" * 64, "00123"])
    def test_what_only_looks_odd_is_for_the_service_to_judge(self, userid: str) -> None:
        assert read_desired({**GOOD_ACCOUNT, "userids": [userid]}).userids == [userid]

    def test_blanks_around_a_userid_are_dropped(self) -> None:
        userids = [" ann", "Bob \n", "\tcy", "\u3000dan\u3000", "eve\r"]
        assert read_desired({**GOOD_ACCOUNT, "userids": userids}).userids == ["ann", "Bob", "cy", "dan", "eve"]

    def test_several_invalid_userids_are_named_at_once(self) -> None:
        sentence = refusal(read_desired, GOOD_ACCOUNT, userids=["ok", "李 四", 7, "", "x" * 65])
        for words in ("'李 四' holds a blank", "7 is a number", "'' is empty", "is longer than 64 bytes"):
            assert words in sentence
        assert "'ok'" not in sentence

    def test_of_many_invalid_userids_ten_are_named_and_the_others_counted(self) -> None:
        sentence = refusal(read_desired, GOOD_ACCOUNT, userids=[f"a {number}" for number in range(12)])
        assert "'a 9'" in sentence
        assert "'a 10'" not in sentence
        assert sentence.endswith("; and 2 more")

    @pytest.mark.parametrize(
        ("open_kfid", "hint"),
        [
            ("wk客服", "it looks like a display name"),
            ("wkＡ１", "it holds full-width Ａ １ where A 1 is meant"),
            ("wkA ", "there is a blank at its end"),
            (" wkA", "there is a blank at its beginning"),
            ("wk/1", "for example wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"),
            ("wk/" + "1" * 61, "for example"),
            ("12345", "for example"),
            ("None", "for example"),
        ],
    )
    def test_an_invalid_account_id_is_named_with_the_usual_slip(self, open_kfid: str, hint: str) -> None:
        sentence = refusal(read_desired, GOOD_ACCOUNT, open_kfid=open_kfid)
        assert sentence.startswith(f"open_kfid: {open_kfid!r} is not a valid account ID ({hint}")

    def test_an_account_may_be_named_by_its_name(self) -> None:
        desired = read_desired({**GOOD_ACCOUNT, "open_kfid": None, "name": "咨询客服"})
        assert (desired.open_kfid, desired.name) == ("", "咨询客服")

    def test_a_department_id_may_be_a_number_in_quotes(self) -> None:
        assert read_desired({**GOOD_ACCOUNT, "department_ids": ["2", " 4 "]}).department_ids == [2, 4]

    @given(st.integers(min_value=1, max_value=2**63))
    def test_department_ids_may_be_large(self, department_id: int) -> None:
        desired = read_desired({**GOOD_ACCOUNT, "department_ids": [department_id]})
        assert desired.department_ids == [department_id]
