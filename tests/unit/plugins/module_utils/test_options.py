# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option that cannot be meant is refused in one sentence that names the option and the value, never a secret."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._client import Connection
from ansible_collections.wecom.kf.plugins.module_utils._many_options import (
    read_account_filter,
    read_accounts_asked,
    read_fleet,
)
from ansible_collections.wecom.kf.plugins.module_utils._options import (
    OptionError,
    read_connection,
    read_wanted,
    sends_secrets_in_the_clear,
)

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
    "userids": ["zhangsan"],
    "department_ids": None,
    "state": "present",
    "max_removals": None,
    "allow_empty": False,
}


def refusal(read: t.Callable[[t.Mapping[str, t.Any]], object], good: dict[str, t.Any], **changes: t.Any) -> str:
    """The sentence with which these options are refused."""
    with pytest.raises(OptionError) as raised:
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
            ({"corpsecret": None}, ["corpid (ww1)", "corpsecret", "WECOM_CORPSECRET"]),
            ({"corpsecret": "  "}, ["corpid (ww1)", "corpsecret"]),
            ({"corpid": None}, ["corpsecret", "corpid", "WECOM_CORPID"]),
            ({"corpid": "", "access_token": TOKEN}, ["corpsecret", "corpid"]),
            ({"corpid": None, "corpsecret": None}, ["no credentials", "corpid", "corpsecret", "access_token"]),
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
    def test_what_cannot_be_meant_is_refused(self, changes: dict[str, t.Any], words: list[str]) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, **changes)
        assert [word for word in words if word not in sentence] == []

    @pytest.mark.parametrize(
        "api_url",
        [
            "",
            "qyapi.weixin.qq.com",
            "ftp://qyapi.weixin.qq.com",
            "https://",
            "https:///cgi-bin",
            "https://[::1",
            "https://host:99999",
            "https://host:0",
            "https://host:port",
            "https://ho st",
            "https://host/\n",
            "https://主机",
            "http:host",
            "//host",
        ],
    )
    def test_an_api_url_that_is_no_url_is_refused(self, api_url: str) -> None:
        sentence = refusal(read_connection, GOOD_CONNECTION, api_url=api_url)
        assert sentence == f"api_url must be a URL such as https://qyapi.weixin.qq.com, not {api_url!r}"

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
        except OptionError as error:
            taken, sentence = "", str(error)
        assert re.fullmatch("(?i)https?://[!-~]+", taken) or sentence.startswith("api_url ")
        assert "\n" not in sentence

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
        assert sends_secrets_in_the_clear(read_connection({**GOOD_CONNECTION, "api_url": api_url})) is expected


class TestAccount:
    def test_good_options_are_taken(self) -> None:
        wanted = read_wanted({**GOOD_ACCOUNT, "department_ids": [2], "state": "exact", "max_removals": "25%"})
        assert (wanted.open_kfid, wanted.state, wanted.userids, wanted.department_ids) == (
            KFID,
            "exact",
            ["zhangsan"],
            [2],
        )
        assert wanted.max_removals is not None
        assert wanted.max_removals.text == "25%"

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
            ({"userids": ["-leading"]}, ["userids", "-leading"]),
            ({"userids": ["张三"]}, ["userids", "张三"]),
            ({"userids": ["ok\n"]}, ["userids", "'ok\\n'"]),
            ({"userids": ["None"]}, ["userids", "None", "null"]),
            ({"userids": ["True"]}, ["userids", "True", "boolean"]),
            ({"department_ids": [0]}, ["department_ids", "0"]),
            ({"department_ids": [2, -7]}, ["department_ids", "-7"]),
            ({"department_ids": [True]}, ["department_ids", "True"]),
            ({"department_ids": ["two"]}, ["department_ids", "two"]),
            ({"department_ids": [2.5]}, ["department_ids", "2.5"]),
            ({"department_ids": [None]}, ["department_ids", "None"]),
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
    def test_what_cannot_be_meant_is_refused(self, changes: dict[str, t.Any], words: list[str]) -> None:
        sentence = refusal(read_wanted, GOOD_ACCOUNT, **changes)
        assert [word for word in words if word not in sentence] == []

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_an_empty_list_is_nothing_to_do_unless_it_is_exact(self, state: str) -> None:
        wanted = read_wanted({**GOOD_ACCOUNT, "state": state, "userids": []})
        assert wanted.names() == {}

    def test_exact_with_an_empty_list_is_taken_if_it_is_meant(self) -> None:
        wanted = read_wanted({**GOOD_ACCOUNT, "state": "exact", "userids": [], "allow_empty": True})
        assert wanted.userids == []

    @given(st.from_regex(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}", fullmatch=True))
    def test_any_userid_of_the_service_is_taken(self, userid: str) -> None:
        if userid not in ("None", "True", "False"):
            assert read_wanted({**GOOD_ACCOUNT, "userids": [userid]}).userids == [userid]

    @given(st.text(max_size=70))
    def test_any_other_text_is_refused_by_name(self, userid: str) -> None:
        if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}", userid):
            return
        sentence = refusal(read_wanted, GOOD_ACCOUNT, userids=["ok", userid])
        assert sentence.startswith("userids: ")
        assert repr(userid) in sentence or not userid

    def test_a_department_id_may_be_a_number_in_quotes(self) -> None:
        assert read_wanted({**GOOD_ACCOUNT, "department_ids": ["2", " 4 "]}).department_ids == [2, 4]

    @given(st.integers(min_value=1, max_value=2**63))
    def test_department_ids_may_be_large(self, department_id: int) -> None:
        wanted = read_wanted({**GOOD_ACCOUNT, "department_ids": [department_id]})
        assert wanted.department_ids == [department_id]


class TestManyAccounts:
    GOOD: t.ClassVar[dict[str, t.Any]] = {
        "accounts": [{"open_kfid": "wk1", "userids": ["ann"]}],
        "state": "present",
        "max_removals": None,
        "allow_empty": False,
        "concurrency": 4,
    }

    def test_an_account_has_the_tasks_own_options_where_it_has_none(self) -> None:
        fleet = read_fleet(
            {
                **self.GOOD,
                "state": "exact",
                "max_removals": "10",
                "accounts": [
                    {"open_kfid": "wk1", "userids": ["ann"], "department_ids": None, "state": None},
                    {"open_kfid": "wk2", "userids": ["bob"], "state": "absent", "max_removals": "5%"},
                    {"open_kfid": "wk3", "userids": [], "allow_empty": True},
                ],
            }
        )
        assert [wanted.state for wanted in fleet.accounts] == ["exact", "absent", "exact"]
        assert [wanted.max_removals and wanted.max_removals.text for wanted in fleet.accounts] == ["10", "5%", "10"]

    def test_every_account_that_is_not_right_is_named(self) -> None:
        accounts = [
            {"open_kfid": "wk1", "userids": ["ann"]},
            {"open_kfid": "wk2", "userids": ["zhang san"]},
            {"open_kfid": "", "userids": ["bob"]},
            {"open_kfid": "wk1", "userids": ["bob"]},
            {"open_kfid": "wk4", "userids": ["bob"], "max_removals": "lots"},
        ]
        sentence = refusal(read_fleet, self.GOOD, accounts=accounts)
        for words in ("wk2: userids: 'zhang san'", "number 3: open_kfid", "wk1", "number 1", "number 4", "lots"):
            assert words in sentence

    @pytest.mark.parametrize("concurrency", [0, -1, 17])
    def test_concurrency_has_bounds(self, concurrency: int) -> None:
        assert f"not {concurrency}" in refusal(read_fleet, self.GOOD, concurrency=concurrency)

    def test_the_info_modules_check_ids_too(self) -> None:
        asked = {"open_kfids": ["wk1", "no id"], "concurrency": 4}
        assert "open_kfid: 'no id'" in refusal(read_accounts_asked, asked)
        assert "open_kfid: 'no id'" in refusal(read_account_filter, {**asked, "name": None})


def test_every_account_concerned_is_named_however_many() -> None:
    accounts = [{"open_kfid": f"wk{n}", "userids": ["李四"], "department_ids": None, "state": None} for n in range(40)]
    options = {"concurrency": 4, "state": "present", "max_removals": None, "allow_empty": False, "accounts": accounts}
    with pytest.raises(OptionError) as raised:
        read_fleet(options)
    assert all(re.search(rf"\b{account['open_kfid']}\b", str(raised.value)) for account in accounts)
