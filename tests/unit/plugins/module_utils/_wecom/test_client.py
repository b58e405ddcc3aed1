# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against the simulator: the token, which failures are retried, and which responses are understood."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient, read_number
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import ERROR_CODES, WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.clock import VirtualClock
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ADD,
    GETTOKEN,
    KFID,
    LIST,
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
        assert (error.errcode, error.call, error.fatal) == (errcode, LIST, True)
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

    def test_a_fresh_token_that_is_refused_at_once_is_not_renewed_again(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, errcode=42001, times=None)
        with client_of(simulator) as client:
            assert failure_of(client).errcode == 42001
        assert (simulator.calls(GETTOKEN), simulator.calls(LIST)) == (2, 2)

    @pytest.mark.parametrize("errcode", REJECTS_TOKEN)
    def test_tokens_that_expire_again_and_again_are_renewed_each_time(
        self, simulator: RunningSimulator, errcode: int
    ) -> None:
        """Each token lives for three calls."""
        simulator.settings(token_calls=3, token_calls_errcode=errcode)
        with client_of(simulator, retry_timeout=0.0) as client:
            for _call in range(10):
                assert listed(client)["servicer_list"] == []
        assert simulator.calls(GETTOKEN) == 4

    def test_a_token_that_only_failed_calls_saw_is_not_proven(self, simulator: RunningSimulator) -> None:
        """A call that is refused for the app's sake tells nothing about the token."""
        simulator.fault(on=LIST, nth=1, errcode=42001)
        simulator.fault(on=LIST, nth=2, errcode=48002)
        simulator.fault(on=LIST, nth=3, errcode=42001)
        with client_of(simulator) as client:
            assert failure_of(client).errcode == 48002
            assert failure_of(client).errcode == 42001
        assert simulator.calls(GETTOKEN) == 2

    def test_a_refusal_that_is_not_about_the_app_proves_the_token(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, nth=1, errcode=42001)
        simulator.fault(on=LIST, nth=2, errcode=95004)
        simulator.fault(on=LIST, nth=3, errcode=42001)
        with client_of(simulator) as client:
            assert failure_of(client).errcode == 95004
            listed(client)
        assert simulator.calls(GETTOKEN) == 3

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
                assert (error.errcode, error.call, error.fatal) == (errcode, GETTOKEN, True)
        assert (simulator.calls(GETTOKEN), simulator.calls()) == (1, 1)

    def test_a_wrong_secret_is_named_with_a_hint(self, simulator: RunningSimulator) -> None:
        with client_of(simulator, corpsecret="wrong+/secret") as client:
            error = failure_of(client)
        assert error.sentence().startswith(
            "gettoken failed: 40001 wrong secret, or the app was stopped; check corpid and corpsecret"
        )
        assert "wrong+/secret" not in error.sentence()
        assert simulator.state()["counters"]["wrong_secrets"] == 1

    @pytest.mark.parametrize("errcode", RETRYABLE)
    def test_fetching_is_retried_where_that_may_help(self, simulator: RunningSimulator, errcode: int) -> None:
        simulator.fault(on=GETTOKEN, errcode=errcode, times=2)
        with client_of(simulator) as client:
            listed(client)
        assert simulator.calls(GETTOKEN) == 3

    @pytest.mark.parametrize("patch", [{"access_token": ""}, {"access_token": None}, {"access_token": ["x"]}])
    def test_a_response_without_a_token_is_a_failure(
        self, simulator: RunningSimulator, patch: dict[str, t.Any]
    ) -> None:
        simulator.fault(on=GETTOKEN, patch=patch)
        with client_of(simulator) as client:
            error = failure_of(client)
        assert error.sentence() == "gettoken failed: the response holds no access_token"

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

    @pytest.mark.parametrize("secret", ["corpsecret", "access_token"])
    def test_a_secret_that_was_given_is_masked_in_them_too(self, simulator: RunningSimulator, secret: str) -> None:
        given: dict[str, t.Any] = {"corpsecret": "hunter2", "access_token": None, secret: "hunter2"}
        for call in (GETTOKEN, LIST):
            simulator.fault(on=call, errcode=40091, errmsg="is hunter2 yours?")
        with client_of(simulator, **given) as client:
            assert failure_of(client).errmsg == "is ******** yours?"

    @pytest.mark.parametrize("length", [5_000, 1_000_000])
    def test_endless_words_are_cut(self, simulator: RunningSimulator, length: int) -> None:
        simulator.fault(on=LIST, errcode=48002, errmsg="x" * length)
        with client_of(simulator) as client:
            assert len(failure_of(client).errmsg or "") <= 401


class TestRetries:
    @pytest.mark.parametrize(
        "errcode",
        [
            code if entry.retryable or code % 10 == 1 else pytest.param(code, marks=pytest.mark.slow)
            for code, entry in sorted(ERROR_CODES.items())
        ],
    )
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
        assert (raised.value.retryable, raised.value.uncertain) == (True, False)
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
        (sleep,) = clock.sleeps
        assert sleep == waited or (waited == 0 and sleep <= 0.25)

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
            assert client.limiter.limit == 2

    def test_the_pace_stays_below_the_number_a_minute(self, simulator: RunningSimulator) -> None:
        clock = VirtualClock()
        with client_of(simulator, clock=clock, calls_per_minute=10) as client:
            for _call in range(35):
                listed(client)
        assert clock.now() == pytest.approx(180)


class TestResponses:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("<html><body>Sign in to the hotel's network</body></html>", "responded with an HTML page"),
            ("\n  <!DOCTYPE HTML><HTML>", "responded with an HTML page"),
            ("OK", "responded with something that is not JSON"),
            ("[" * 100_000, "responded with something that is not JSON"),
            ("[]", "responded with JSON that is not an object"),
            ("null", "responded with JSON that is not an object"),
            ('"ok"', "responded with JSON that is not an object"),
            ("0", "responded with JSON that is not an object"),
            ("NaN", "responded with JSON that is not an object"),
        ],
    )
    def test_what_is_not_a_response_of_the_service_is_refused(
        self, simulator: RunningSimulator, body: str, words: str
    ) -> None:
        simulator.fault(on=LIST, body=body)
        with client_of(simulator) as client:
            error = failure_of(client)
        assert error.sentence() == (
            f"kf/servicer/list failed: 127.0.0.1:{simulator.port} {words};"
            " check api_url, and that no proxy responds in the service's place"
        )
        assert (error.retryable, error.uncertain, error.is_foreign, error.http_status) == (False, True, True, 200)
        assert simulator.calls(LIST) == 1

    def test_html_is_recognized_by_its_content_type_too(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body="Please sign in", content_type="text/html")
        with client_of(simulator) as client:
            assert "an HTML page" in failure_of(client).sentence()

    @pytest.mark.parametrize("errcode", ["soon", "", True, None, 0.5, [0], {}, "0x0", "1e3"], ids=repr)
    def test_an_errcode_that_is_not_a_number_is_refused(self, simulator: RunningSimulator, errcode: t.Any) -> None:
        simulator.fault(on=LIST, patch={"errcode": errcode})
        with client_of(simulator) as client:
            error = failure_of(client)
        assert error.cause == "the response's errcode is not a number"
        assert (error.retryable, error.uncertain, error.is_foreign) == (False, True, False)

    def test_a_response_without_an_errcode_is_a_success(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body='{"servicer_list": []}')
        with client_of(simulator) as client:
            assert listed(client) == {"servicer_list": []}

    @pytest.mark.parametrize("errcode", ["0", "00", 0.0])
    def test_an_errcode_of_zero_may_come_as_a_text_or_with_a_point(
        self, simulator: RunningSimulator, errcode: t.Any
    ) -> None:
        simulator.fault(on=LIST, patch={"errcode": errcode})
        with client_of(simulator) as client:
            assert listed(client)["servicer_list"] == []

    @pytest.mark.parametrize("errcode", ["-1", -1.0])
    def test_an_error_may_come_as_a_text_or_with_a_point(self, simulator: RunningSimulator, errcode: t.Any) -> None:
        simulator.fault(on=LIST, patch={"errcode": errcode})
        with client_of(simulator, retry_timeout=0.0) as client:
            assert failure_of(client).errcode == -1

    def test_a_byte_order_mark_is_skipped(self, simulator: RunningSimulator) -> None:
        simulator.fault(on=LIST, body_base64=base64.b64encode(b'\xef\xbb\xbf{"servicer_list": []}').decode())
        with client_of(simulator) as client:
            assert listed(client) == {"servicer_list": []}

    def test_control_characters_and_bytes_that_are_not_utf_8_are_read(self, simulator: RunningSimulator) -> None:
        body = b'{"errcode": 0, "errmsg": "a\tb\x01\xff", "servicer_list": []}'
        simulator.fault(on=LIST, body_base64=base64.b64encode(body).decode())
        clock = VirtualClock()
        with client_of(simulator, clock=clock) as client:
            assert listed(client)["servicer_list"] == []
        assert clock.sleeps == [], "it was taken for a response that was cut short"

    def test_an_errmsg_is_made_one_line_that_can_be_shown(self, simulator: RunningSimulator) -> None:
        body = b'{"errcode": 48002, "errmsg": "a\tb\x01\xff\\ud800 \\u2028c"}'
        simulator.fault(on=LIST, body_base64=base64.b64encode(body).decode())
        with client_of(simulator) as client:
            errmsg = failure_of(client).errmsg
        assert errmsg == "a b \ufffd\ufffd  c"
        assert errmsg.encode("utf-8")

    @pytest.mark.parametrize("errmsg", [None, 7, ["x"], {}], ids=repr)
    def test_an_errmsg_that_is_not_a_text_is_left_out(self, simulator: RunningSimulator, errmsg: t.Any) -> None:
        simulator.fault(on=LIST, patch={"errcode": 48002, "errmsg": errmsg})
        with client_of(simulator) as client:
            assert failure_of(client).errmsg == ""

    def test_the_service_never_sees_an_escape(self, simulator: RunningSimulator) -> None:
        """With 40033 it complains of every backslash-u; raw characters it takes."""
        with client_of(simulator) as client:
            response = client.write(ADD, {"open_kfid": KFID, "userid_list": ["ann", "张三", "é😀"]})
        assert [item["userid"] for item in response["result_list"]] == ["ann", "张三", "é😀"]


class TestHasWritten:
    def test_reading_is_not_writing(self, simulator: RunningSimulator) -> None:
        with client_of(simulator) as client:
            listed(client)
            assert client.has_written is False

    @pytest.mark.parametrize("fault", [{"delay": 0.01}, {"errcode": 48002}, {"drop": "before"}], ids=str)
    def test_beginning_to_write_is(self, simulator: RunningSimulator, fault: dict[str, t.Any]) -> None:
        simulator.fault(on=ADD, **fault)
        with client_of(simulator) as client, contextlib.suppress(WecomError):
            client.write(ADD, {"open_kfid": KFID, "userid_list": ["ann"]})
        assert client.has_written is True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (-1, -1),
        (7.0, 7),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        ("2147483650", 2147483650),
        (True, None),
        (7.5, None),
        (float("inf"), None),
        (float("nan"), None),
        ("7.0", None),
        (" 7", None),
        ("٧", None),
        ("9" * 19, None),
        ("", None),
        (None, None),
        ([7], None),
    ],
    ids=repr,
)
def test_numbers_are_read_as_numbers_or_texts_of_digits_and_nothing_else(value: t.Any, expected: int | None) -> None:
    number = read_number(value)
    assert number == expected
    assert type(number) is type(expected)


def test_real_pauses_between_retries_keep_the_number_of_calls_small(simulator: RunningSimulator) -> None:
    simulator.fault(on=LIST, errcode=-1, times=None)
    with client_of(simulator, real_time=True, retry_timeout=1.0) as client:
        assert failure_of(client).errcode == -1
    assert simulator.calls(LIST) <= 5


def test_the_concurrency_limit_bounds_the_calls_in_flight(simulator: RunningSimulator) -> None:
    simulator.settings(latency=0.02)
    with client_of(simulator, concurrency=2) as client:
        threads = [threading.Thread(target=listed, args=(client,)) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert simulator.state()["counters"]["highest_concurrency"]["overall"] == 2
