# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against the simulator: the token, which failures are retried, and what answers are understood."""

from __future__ import annotations

import json
import threading
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._error_codes import ERROR_CODES
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ADD,
    GETTOKEN,
    KFID,
    LIST,
    api_of,
    client_of,
    corp,
)

RETRYABLE = [code for code, entry in ERROR_CODES.items() if entry.retryable]
REJECTS_TOKEN = [40014, 42001]


def listed(client: WecomClient) -> dict[str, t.Any]:
    return client.read(LIST, {"open_kfid": KFID})


def failure_of(client: WecomClient) -> WecomError:
    """The error that listing ends in; none of it holds a secret."""
    with pytest.raises(WecomError) as raised:
        listed(client)
    error = raised.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    for text in (error.sentence(), json.dumps(error.as_result(), ensure_ascii=False)):
        assert "access_token=" not in text
        assert "\n" not in text
    return error


class TestToken:
    def test_it_is_fetched_once_for_many_calls(self, simulator: RunningSimulator) -> None:
        with client_of(simulator) as client:
            for _call in range(5):
                listed(client)
            assert client.api_calls == 6
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (1, 5)

    def test_it_is_fetched_once_for_many_threads(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, concurrency=8) as client:
            threads = [threading.Thread(target=listed, args=(client,)) for _number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (1, 16)

    def test_a_token_with_any_characters_arrives_as_it_is(self, simulator: RunningSimulator) -> None:
        simulator.reset(corp(tokens=["+/=%2B&? #;客服\"'\\"]))
        with client_of(simulator) as client:
            assert listed(client)["servicer_list"] == []

    def test_a_ready_token_is_used_and_none_is_fetched(self, simulator: RunningSimulator) -> None:
        token = simulator.token()
        with client_of(simulator, corpid=None, corpsecret=None, access_token=token) as client:
            listed(client)
        assert simulator.calls(GETTOKEN) == 0

    @pytest.mark.parametrize("errcode", REJECTS_TOKEN)
    def test_a_rejected_ready_token_is_renewed_with_the_pair(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=LIST, errcode=errcode)
        with client_of(simulator, access_token="stale", retry_timeout=0.0) as client:
            listed(client)
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (1, 2)

    @pytest.mark.parametrize("errcode", REJECTS_TOKEN)
    def test_a_rejected_token_without_the_pair_is_the_end(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=LIST, errcode=errcode)
        with client_of(simulator, corpid=None, corpsecret=None, access_token=simulator.token()) as client:
            error = failure_of(client)
        assert (error.errcode, error.call, error.every_account) == (errcode, LIST, True)
        assert "access_token" in error.hint
        assert simulator.calls() == 1

    def test_a_token_that_expires_on_the_way_is_renewed_without_spending_the_budget(
        self, simulator: RunningSimulator
    ) -> None:
        simulator.fault(on=LIST, nth=2, expire_token=True)
        with client_of(simulator, retry_timeout=0.0) as client:
            listed(client)
            listed(client)
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (2, 3)

    def test_a_token_that_is_rejected_again_is_the_end(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, errcode=42001, times=None)
        with client_of(simulator) as client:
            assert failure_of(client).errcode == 42001
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (2, 2)

    def test_threads_renew_it_together(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, concurrency=8) as client:
            listed(client)
            simulator.expire_tokens()
            threads = [threading.Thread(target=listed, args=(client,)) for _number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert simulator.calls(GETTOKEN) == 2

    @pytest.mark.parametrize("errcode", [40001, 40013, 40091, 60020, 48002])
    def test_refused_credentials_are_tried_once(self, simulator: RunningSimulator, errcode: int) -> None:
        """A repeated wrong secret bans the caller's address for an hour."""
        simulator.fault(on=GETTOKEN, errcode=errcode, times=None)
        with client_of(simulator) as client:
            for _again in range(3):
                error = failure_of(client)
                assert (error.errcode, error.call, error.every_account) == (errcode, GETTOKEN, True)
        assert (simulator.calls(GETTOKEN), simulator.calls()) == (1, 1)

    def test_a_wrong_secret_is_named_with_its_cure(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, corpsecret="wrong+/secret") as client:
            error = failure_of(client)
        assert error.sentence().startswith("gettoken failed: 40001 wrong secret; check corpid and corpsecret")
        assert "wrong+/secret" not in error.sentence()
        assert simulator.state()["counters"]["wrong_secrets"] == 1

    @pytest.mark.parametrize("errcode", RETRYABLE)
    def test_fetching_is_retried_where_that_may_help(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=GETTOKEN, errcode=errcode, times=2)
        with client_of(simulator) as client:
            listed(client)
        assert simulator.calls(GETTOKEN) == 3

    @pytest.mark.parametrize("patch", [{"access_token": ""}, {"access_token": None}, {"access_token": ["x"]}])
    def test_an_answer_without_a_token_is_a_failure(self, simulator: RunningSimulator, patch: dict[str, t.Any]) -> None:
        simulator.fault(on=GETTOKEN, patch=patch)
        with client_of(simulator) as client:
            error = failure_of(client)
        assert error.sentence() == "gettoken failed: the answer holds no access_token"

    def test_whoever_asked_is_told_every_token_before_it_is_used(self, simulator: RunningSimulator) -> None:
        told: list[str] = []
        simulator.fault(on=LIST, errcode=42001)
        with client_of(simulator) as client:
            client._on_secret = told.append
            listed(client)
        assert len(told) == 2
        assert told[-1] == simulator.token()

    def test_a_token_in_the_services_words_is_masked(self, simulator: RunningSimulator) -> None:
        token = simulator.token()
        simulator.fault(on=LIST, errcode=48002, errmsg=f"token {token} may not,\n hint: [17]\x00")
        with client_of(simulator) as client:
            error = failure_of(client)
        assert error.errmsg == "token ******** may not,  hint: [17] "

    @pytest.mark.parametrize("length", [5_000, 1_000_000])
    def test_endless_words_are_cut(self, simulator: RunningSimulator, length: int) -> None:
        simulator.fault(on=LIST, errcode=48002, errmsg="x" * length)
        with client_of(simulator) as client:
            assert len(failure_of(client).errmsg or "") <= 401


class TestRetries:
    @pytest.mark.parametrize("errcode", sorted(ERROR_CODES))
    def test_reading_is_retried_for_these_codes_and_no_others(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=LIST, errcode=errcode)
        with client_of(simulator, corpid=None, corpsecret=None, access_token=simulator.token()) as client:
            if errcode in RETRYABLE:
                listed(client)
                assert simulator.calls(LIST) == 2
            else:
                assert failure_of(client).errcode == errcode
                assert simulator.calls(LIST) == 1

    @pytest.mark.parametrize("errcode", RETRYABLE)
    def test_writing_is_left_to_the_caller(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=ADD, errcode=errcode)
        with client_of(simulator) as client, pytest.raises(WecomError) as raised:
            client.write(ADD, {"open_kfid": KFID, "userid_list": ["ann"]})
        assert (raised.value.retryable, raised.value.answer_lost) == (True, False)
        assert simulator.calls(ADD) == 1

    @pytest.mark.parametrize(
        "fault",
        [
            {"http_status": 500},
            {"http_status": 502},
            {"http_status": 503, "body": ""},
            {"http_status": 429},
            {"http_status": 504, "headers": {"Retry-After": "5"}},
            {"drop": "before"},
            {"drop": "after"},
            {"drop": "before", "reset": True},
            {"cut": 20},
            {"cut": 0},
            {"truncate": 20},
            {"truncate": 0},
        ],
        ids=str,
    )
    def test_what_the_network_may_do_is_retried(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=LIST, times=3, **fault)
        with client_of(simulator) as client:
            assert listed(client)["servicer_list"] == []
        assert simulator.calls(LIST) == 4

    @pytest.mark.parametrize("status", [201, 204, 304, 400, 401, 403, 404, 407, 418, 451])
    def test_other_statuses_are_not(self, simulator: RunningSimulator, status: int) -> None:
        simulator.fault(on=LIST, http_status=status)
        with client_of(simulator) as client:
            error = failure_of(client)
        assert (error.http_status, error.errcode, error.retryable) == (status, None, False)
        assert f"HTTP {status}" in error.sentence()
        assert simulator.calls(LIST) == 1

    @pytest.mark.parametrize(
        ("asked", "waited"), [("30", 30), ("0", 0), ("soon", 0), ("²", 0), ("-5", 0), ("1" * 50, 0)]
    )
    def test_retry_after_is_waited(self, simulator: RunningSimulator, asked: str, waited: float) -> None:
        simulator.fault(on=LIST, http_status=429, headers={"Retry-After": asked})
        clock = VirtualClock()
        with client_of(simulator, clock=clock) as client:
            listed(client)
        (nap,) = clock.naps
        assert nap == waited or (waited == 0 and nap <= 0.25)

    def test_an_hour_is_not_waited_when_the_budget_is_two_minutes(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, http_status=503, headers={"Retry-After": "3600"}, times=None)
        clock = VirtualClock()
        with client_of(simulator, clock=clock) as client:
            assert failure_of(client).http_status == 503
        assert clock.now() == pytest.approx(120, abs=1)
        assert simulator.calls(LIST) == 2

    @pytest.mark.parametrize("errcode", RETRYABLE)
    def test_what_never_ends_is_given_up_when_the_budget_is_spent(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        simulator.fault(on=LIST, errcode=errcode, times=None)
        clock = VirtualClock()
        with client_of(simulator, clock=clock) as client:
            assert failure_of(client).errcode == errcode
            assert clock.now() == pytest.approx(120, abs=1)
            # One budget for the whole task: the next call has none of its own.
            before = simulator.calls(LIST)
            failure_of(client)
        assert simulator.calls(LIST) == before + 1

    def test_a_frequency_limit_is_waited_out(self, simulator: RunningSimulator) -> None:
        """The service counts by the minute: waiting a second or two at a time gets there without many calls."""
        simulator.fault(on=LIST, errcode=45009, times=8)
        clock = VirtualClock()
        with client_of(simulator, clock=clock) as client:
            listed(client)
        assert 45 <= clock.now() <= 120

    def test_without_a_budget_nothing_is_retried(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, errcode=-1)
        with client_of(simulator, retry_timeout=0.0) as client:
            assert failure_of(client).errcode == -1
        assert simulator.calls(LIST) == 1

    def test_the_concurrency_limit_lowers_the_number_of_calls_in_flight(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, errcode=45033, times=2)
        with client_of(simulator, concurrency=4) as client:
            listed(client)
            assert client.gate.width == 2

    def test_the_pace_stays_below_the_number_a_minute(self, simulator: RunningSimulator) -> None:
        clock = VirtualClock()
        with client_of(simulator, clock=clock, calls_per_minute=10) as client:
            for _call in range(35):
                listed(client)
        assert clock.now() == pytest.approx(180)


class TestAnswers:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("<html><body>Sign in to the hotel's network</body></html>", "an HTML page"),
            ("\n  <!DOCTYPE HTML><HTML>", "an HTML page"),
            ("OK", "no JSON"),
            ("[]", "no object"),
            ("null", "no object"),
            ('"ok"', "no object"),
            ("0", "no object"),
            ("NaN", "no object"),
            ("[" * 100_000, "no JSON"),
            ("\ufeff{}", "no JSON"),
            ('{"errcode": "0", "servicer_list": []}', "errcode is no number"),
            ('{"errcode": true, "servicer_list": []}', "errcode is no number"),
            ('{"errcode": null, "servicer_list": []}', "errcode is no number"),
            ('{"errcode": 0.0, "servicer_list": []}', "errcode is no number"),
        ],
    )
    def test_what_is_no_answer_of_the_service_is_refused(
        self, simulator: RunningSimulator, body: str, words: str
    ) -> None:
        simulator.fault(on=LIST, body=body)
        with client_of(simulator) as client:
            error = failure_of(client)
        assert words in error.sentence()
        assert (error.retryable, error.answer_lost) == (False, True)
        assert simulator.calls(LIST) == 1

    def test_an_answer_without_an_errcode_is_a_success(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body='{"servicer_list": []}')
        with client_of(simulator) as client:
            assert listed(client) == {"servicer_list": []}

    @pytest.mark.parametrize(
        "patch",
        [
            {"servicer_list": None},
            {"servicer_list": {}},
            {"servicer_list": "ann"},
            {"servicer_list": [None]},
            {"servicer_list": ["ann"]},
            {"servicer_list": [{}]},
            {"servicer_list": [{"userid": 7}]},
            {"servicer_list": [{"userid": ""}]},
            {"servicer_list": [{"department_id": "2"}]},
            {"servicer_list": [{"department_id": True}]},
            {"servicer_list": [{"userid": "ann", "department_id": 2}]},
        ],
        ids=str,
    )
    def test_a_list_that_cannot_be_read_is_never_nobody(
        self, simulator: RunningSimulator, patch: dict[str, t.Any]
    ) -> None:
        simulator.fault(on=LIST, patch=patch)
        with api_of(simulator) as api, pytest.raises(WecomError, match="the answer cannot be used"):
            api.servicers(KFID)

    def test_a_list_that_is_missing_is_never_nobody(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, omit="servicer_list")
        with api_of(simulator) as api, pytest.raises(WecomError, match="holds no servicer_list"):
            api.servicers(KFID)

    def test_the_service_never_sees_an_escape(self, simulator: RunningSimulator) -> None:
        """With 40033 it complains of every backslash-u; raw characters it takes."""
        with client_of(simulator) as client:
            answer = client.write(ADD, {"open_kfid": KFID, "userid_list": ["ann", "张三", "é😀"]})
        assert [item["userid"] for item in answer["result_list"]] == ["ann", "张三", "é😀"]
