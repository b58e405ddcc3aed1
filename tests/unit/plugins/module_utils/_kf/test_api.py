# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of customer service: what is sent, and what is made of any response.

Reading is lenient where the meaning is clear. Whatever a response holds, the end is a right report or a clear failure:
no exception, and never "nobody serves" for want of a list.
"""

from __future__ import annotations

import base64
import json
import re
import typing as t

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import InfoParams
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import ADD_SERVICERS, DELETE_SERVICERS, batches
from ansible_collections.wecom.kf.plugins.module_utils._kf.models import Account, Desired, Servicer, ServicerId
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import WecomError
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_account_info import list_accounts
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicer import manage_servicers
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_servicer_info import list_servicers
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNTS,
    ADD,
    DEL,
    GETTOKEN,
    KFID,
    LIST,
    api_of,
    corp,
)

fuzzing = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

texts = st.one_of(st.text(max_size=8), st.sampled_from(["", "ann", "ANN", "cy", "\ud800", "\x00", "a" * 70, "../.."]))
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, -1, 2, 60111, 42001, 2**63, 10**30]))
leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
servicer = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "userid": texts | anything,
            "department_id": numbers | anything,
            "status": leaves,
            "stop_type": leaves,
        },
    ),
)
item = st.fixed_dictionaries(
    {}, optional={"userid": texts | anything, "department_id": numbers, "errcode": numbers | leaves, "errmsg": leaves}
)
account = st.fixed_dictionaries(
    {}, optional={"open_kfid": texts, "name": leaves, "avatar": leaves, "manage_privilege": leaves}
)
nearly_right = st.fixed_dictionaries(
    {},
    optional={
        "errcode": st.sampled_from([0, 0, 0, -1, 40058, "0", None, 0.0, True]) | leaves,
        "errmsg": leaves,
        "access_token": texts | anything,
        "expires_in": leaves,
        "servicer_list": st.lists(servicer, max_size=4) | anything,
        "result_list": st.lists(item | anything, max_size=4) | anything,
        "account_list": st.lists(account | anything, max_size=4) | anything,
    },
)
jsons = st.one_of(nearly_right, nearly_right, anything).map(lambda value: json.dumps(value).encode())
bodies = st.one_of(
    jsons,
    jsons.flatmap(lambda body: st.integers(0, len(body)).map(lambda at: body[:at])),
    st.binary(max_size=40),
    st.sampled_from([b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"errcode":1e999}', b"{" * 5000, b"9" * 5000]),
)


def respond(simulator: RunningSimulator, call: str, body: bytes, nth: int = 1, **more: t.Any) -> None:
    simulator.reset(corp(["cy", {"department_id": 2}]))
    encoded = base64.b64encode(body).decode()
    simulator.fault(on=call, nth=nth, body_base64=encoded, **more)


def managed(simulator: RunningSimulator, **changes: t.Any) -> dict[str, t.Any]:
    desired = Desired(KFID, **{"state": "exact", "userids": ["ann", "Bob"], "department_ids": None, **changes})
    with api_of(simulator, retry_timeout=1.0) as api:
        report = manage_servicers(desired, api, check_mode=False, diff=True)
    written = json.dumps(report, ensure_ascii=False).encode("utf-8")
    assert written
    assert report["failed"] in (True, False)
    assert len(report["msg"].splitlines()) == 1
    return report


def is_zero(errcode: t.Any) -> bool:
    if isinstance(errcode, str):
        return bool(re.fullmatch("-?0{1,18}", errcode))
    return not isinstance(errcode, bool) and isinstance(errcode, (int, float)) and errcode == 0


def tells_who_serves(body: bytes) -> bool:
    """Return whether this is the response of a service that lists servicers, judged without the code under test."""
    try:
        response = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return False
    if not isinstance(response, dict) or not is_zero(response.get("errcode", 0)):
        return False
    rows = response.get("servicer_list")
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


@fuzzing
@given(body=bodies)
@example(body=b'{"errcode":0,"errmsg":"ok"}')
@example(body=b'{"errcode":0,"servicer_list":[{"userid":"\\ud800"}]}')
@example(body=b'{"errcode":0,"servicer_list":[{"userid":"a\\nb"},{"userid":"\\u0130"}]}')
def test_no_response_to_the_list_is_taken_for_nobody(simulator: RunningSimulator, body: bytes) -> None:
    respond(simulator, LIST, body, times=None)
    report = managed(simulator)
    if not tells_who_serves(body):
        assert report["failed"]
        assert not report["changed"]
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0


@pytest.mark.slow
@fuzzing
@given(body=bodies)
def test_no_response_to_gettoken_lets_anything_be_changed(simulator: RunningSimulator, body: bytes) -> None:
    respond(simulator, GETTOKEN, body, times=None)
    report = managed(simulator)
    assert report["failed"]
    assert not report["changed"]
    assert simulator.calls(ADD) + simulator.calls(DEL) == 0


@pytest.mark.slow
@fuzzing
@given(body=bodies, applied=st.booleans())
@pytest.mark.parametrize("call", [ADD, DEL])
def test_any_response_to_a_write_ends_in_what_is_true(
    simulator: RunningSimulator, call: str, body: bytes, applied: bool
) -> None:
    # Whoever refuses the token has not carried out the call.
    respond(simulator, call, body, applied=applied and b"42001" not in body and b"40014" not in body)
    report = managed(simulator)
    serving = {str(name).lower() for name in simulator.serving(KFID)}
    if b'"errcode"' not in body or b"userid" not in body:
        # No item can have been understood, so that what is reported was read back or done again.
        for entry in report["servicers"]:
            is_wanted = entry["action"] == "add"
            assert entry["failed"] == ((entry["userid"].lower() in serving) != is_wanted), entry
            assert entry["changed"] == (not entry["failed"])


@pytest.mark.slow
@fuzzing
@given(body=bodies)
def test_any_response_to_listing_again_ends_in_what_is_known(simulator: RunningSimulator, body: bytes) -> None:
    respond(simulator, LIST, body, nth=2, times=None)
    simulator.fault(on=ADD, drop="after")
    report = managed(simulator)
    if not tells_who_serves(body):
        assert report["failed"]
        assert [entry["msg"][:9] for entry in report["servicers"]] == ["not known", "not known", "not tried"]


@pytest.mark.slow
@fuzzing
@given(body=bodies)
def test_any_response_to_the_account_list_is_read_or_refused(simulator: RunningSimulator, body: bytes) -> None:
    respond(simulator, ACCOUNTS, body, times=None)
    with api_of(simulator, retry_timeout=1.0) as api:
        result = list_accounts(InfoParams(None, None, 2), api)
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert result["failed"] or isinstance(json.loads(body.decode())["account_list"], list)


@pytest.mark.slow
@fuzzing
@given(body=bodies)
def test_any_response_is_read_or_refused_by_the_info_module(simulator: RunningSimulator, body: bytes) -> None:
    respond(simulator, LIST, body, times=None)
    with api_of(simulator, retry_timeout=1.0) as api:
        result = list_servicers(InfoParams([KFID], None, 2), api)
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert result["failed"] or tells_who_serves(body)


# --- what is sent ---


class TestBatches:
    @given(
        users=st.integers(0, 450),
        departments=st.integers(0, 250),
        call=st.sampled_from([ADD_SERVICERS, DELETE_SERVICERS]),
    )
    def test_everyone_is_in_exactly_one_of_as_few_batches_as_the_limits_allow(
        self, users: int, departments: int, call: str
    ) -> None:
        ids: list[ServicerId] = [f"u{number}" for number in range(users)]
        ids += range(1, departments + 1)
        most = 20 if call == ADD_SERVICERS else 100
        divided = list(batches(call, ids))
        assert sorted(map(str, (servicer_id for batch in divided for servicer_id in batch))) == sorted(map(str, ids))
        for batch in divided:
            assert batch
            assert sum(isinstance(servicer_id, str) for servicer_id in batch) <= 100
            assert sum(isinstance(servicer_id, int) for servicer_id in batch) <= most
        assert len(divided) == max(-(-users // 100), -(-departments // most))


# --- what is read ---


def read_rows(simulator: RunningSimulator, rows: t.Any) -> list[Servicer]:
    simulator.fault(on=LIST, patch={"servicer_list": rows})
    with api_of(simulator) as api:
        return api.list_servicers(KFID)


class TestListOfServicers:
    @pytest.mark.parametrize(
        "rows",
        [
            None,
            {},
            "ann",
            [None],
            ["ann"],
            [{}],
            [{"userid": 7}],
            [{"userid": ""}],
            [{"userid": "a\ud800"}],
            [{"department_id": True}],
            [{"department_id": 0}],
            [{"department_id": "two"}],
            [{"userid": "ann", "department_id": 2}],
            [{"userid": "ann"}, {"status": 0}],
        ],
        ids=str,
    )
    def test_one_that_cannot_be_read_is_never_taken_for_nobody(self, simulator: RunningSimulator, rows: t.Any) -> None:
        with pytest.raises(WecomError, match="the response cannot be used"):
            read_rows(simulator, rows)

    @pytest.mark.parametrize("userid", ["a\nb", "a\x01", "a\u200bb", "a b", "张三"], ids=ascii)
    def test_an_odd_userid_is_one(self, simulator: RunningSimulator, userid: str) -> None:
        assert read_rows(simulator, [{"userid": userid}]) == [Servicer(userid)]

    def test_one_that_is_missing_is_never_taken_for_nobody(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, omit="servicer_list")
        with api_of(simulator) as api, pytest.raises(WecomError, match="it lacks servicer_list"):
            api.list_servicers(KFID)

    @pytest.mark.parametrize("form", ["null", "absent"])
    def test_the_services_other_forms_of_an_empty_list_are_not_taken_for_nobody(
        self, simulator: RunningSimulator, form: str
    ) -> None:
        simulator.settings(empty_list=form)
        report = managed(simulator)
        assert report["failed"]
        assert simulator.calls(ADD) == 0

    def test_a_userid_that_is_not_utf_8_makes_it_unusable(self, simulator: RunningSimulator) -> None:
        respond(simulator, LIST, b'{"errcode":0,"servicer_list":[{"userid":"a\xff"}]}', times=None)
        report = managed(simulator)
        assert "an entry of servicer_list has neither a readable userid nor a department_id" in report["msg"]
        assert simulator.calls(ADD) + simulator.calls(DEL) == 0

    def test_numbers_may_come_as_texts(self, simulator: RunningSimulator) -> None:
        rows = [
            {"userid": "ann", "status": "1", "stop_type": "0"},
            {"department_id": "2147483650"},
            {"userid": "", "department_id": "4"},
            {"userid": None, "department_id": 2},
        ]
        assert read_rows(simulator, rows) == [
            Servicer("ann", 1, 0),
            Servicer(2147483650, None, None),
            Servicer(4, None, None),
            Servicer(2, None, None),
        ]

    def test_an_empty_or_zero_department_beside_a_userid_is_no_department(self, simulator: RunningSimulator) -> None:
        rows = [{"userid": "ann", "department_id": 0}, {"userid": "Bob", "department_id": None}]
        assert [servicer.id for servicer in read_rows(simulator, rows)] == ["ann", "Bob"]

    def test_a_status_that_is_not_a_number_is_not_known(self, simulator: RunningSimulator) -> None:
        rows = [{"userid": "ann", "status": "on", "stop_type": True}]
        assert read_rows(simulator, rows) == [Servicer("ann", None, None)]


class TestWholeTasksOnAServiceThatIsReadLeniently:
    @pytest.mark.parametrize(
        "settings", [{"numbers_as_text": True}, {"odd_bytes": True}, {"extra_keys": True}], ids=str
    )
    def test_it_does_the_same_work_in_the_same_calls(
        self, simulator: RunningSimulator, settings: dict[str, t.Any]
    ) -> None:
        simulator.reset(corp(["cy", {"department_id": 2}], **settings))
        desired = Desired(KFID, "exact", ["ann", "stranger", "Bob"], [4])
        with api_of(simulator) as api:
            report = manage_servicers(desired, api, check_mode=False, diff=True)
        assert report["summary"] == {"added": 3, "removed": 1, "unchanged": 0, "failed": 2}
        assert [entry["errcode"] for entry in report["servicers"]][:4] == [0, 60111, 0, 0]
        assert (simulator.calls(LIST), simulator.calls(ADD), simulator.calls(DEL)) == (1, 1, 1)

    def test_an_errmsg_with_odd_bytes_is_shown_in_one_line(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(api_enabled=False, odd_bytes=True))
        report = managed(simulator)
        assert report["failure"]["errcode"] == 95017
        assert report["failure"]["errmsg"].isprintable()


def list_all(simulator: RunningSimulator, **options: t.Any) -> list[Account]:
    with api_of(simulator, **options) as api:
        return list(api.list_accounts())


class TestPagesOfAccounts:
    @pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 200, 250])
    def test_all_pages_are_read_and_no_more(self, simulator: RunningSimulator, number: int) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": number}]})
        assert len(list_all(simulator)) == number
        assert simulator.calls(ACCOUNTS) == number // 100 + 1

    @pytest.mark.parametrize("form", ["list", "null", "absent"])
    def test_a_later_page_without_rows_is_the_end(self, simulator: RunningSimulator, form: str) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": 200}], "empty_list": form})
        assert len(list_all(simulator)) == 200
        assert simulator.calls(ACCOUNTS) == 3

    @pytest.mark.parametrize("form", ["null", "absent"])
    def test_a_first_page_without_a_list_is_not_taken_for_no_accounts(
        self, simulator: RunningSimulator, form: str
    ) -> None:
        simulator.reset({"accounts": [], "empty_list": form})
        with pytest.raises(WecomError, match="it lacks account_list"):
            list_all(simulator)

    def test_an_account_that_comes_on_two_pages_counts_once(self, simulator: RunningSimulator) -> None:
        rows = [{"open_kfid": f"wk{number:03}", "name": "n"} for number in range(100)]
        simulator.fault(on=ACCOUNTS, nth=1, patch={"account_list": rows})
        simulator.fault(on=ACCOUNTS, nth=2, patch={"account_list": rows[-1:]})
        assert [account.open_kfid for account in list_all(simulator)] == [row["open_kfid"] for row in rows]

    def test_a_service_that_ignores_the_offset_costs_two_calls(self, simulator: RunningSimulator) -> None:
        rows = [{"open_kfid": f"wk{number:03}"} for number in range(100)]
        simulator.fault(on=ACCOUNTS, times=None, patch={"account_list": rows})
        with pytest.raises(WecomError, match="the pages repeat and do not end"):
            list_all(simulator)
        assert simulator.calls(ACCOUNTS) == 2

    def test_what_is_not_told_is_none_and_names_keep_their_control_characters(
        self, simulator: RunningSimulator
    ) -> None:
        rows = [
            {"open_kfid": "wkA", "name": "咨\t询", "avatar": "https://a", "manage_privilege": True},
            {"open_kfid": "wkB", "name": 7, "avatar": None, "manage_privilege": "yes"},
        ]
        simulator.fault(on=ACCOUNTS, patch={"account_list": rows})
        assert list_all(simulator) == [
            Account("wkA", "咨\t询", "https://a", True),
            Account("wkB", None, None, None),
        ]

    def test_names_with_odd_bytes_cost_no_retry(self, simulator: RunningSimulator) -> None:
        """A tab in the name of an account was once taken for a response that was cut short."""
        simulator.reset({"accounts": [{"open_kfid": "wkA", "name": "咨询"}], "odd_bytes": True})
        (account,) = list_all(simulator, retry_timeout=0.0)
        assert account.name is not None
        assert account.name.startswith("咨")
        assert account.name.endswith("询")
        assert "\t" in account.name
        assert "\ufffd" in account.name
        assert simulator.calls(ACCOUNTS) == 1

    def test_half_a_character_in_a_name_is_replaced(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=ACCOUNTS, body='{"account_list": [{"open_kfid": "wkA", "name": "a\\ud83d"}]}')
        assert [account.name for account in list_all(simulator)] == ["a\ufffd"]

    @pytest.mark.parametrize("row", [None, {}, {"open_kfid": 7}, {"open_kfid": ""}, {"open_kfid": "wk\n"}], ids=str)
    def test_an_account_without_a_readable_id_makes_the_page_unusable(
        self, simulator: RunningSimulator, row: t.Any
    ) -> None:
        simulator.fault(on=ACCOUNTS, patch={"account_list": [row]})
        with pytest.raises(WecomError, match="an entry of account_list has no readable open_kfid"):
            list_all(simulator)


@pytest.mark.parametrize(
    ("sent", "read"), [(False, False), (0, False), ("false", False), ("0", False), (1, True), ("True", True), (2, None)]
)
def test_a_privilege_that_comes_as_a_number_or_as_a_text_is_read(
    simulator: RunningSimulator, sent: object, read: bool | None
) -> None:
    row = {"open_kfid": "wkA", "name": "a", "manage_privilege": sent}
    simulator.fault(on=ACCOUNTS, patch={"account_list": [row]})
    with api_of(simulator) as api:
        assert [account.manage_privilege for account in api.list_accounts()] == [read]
