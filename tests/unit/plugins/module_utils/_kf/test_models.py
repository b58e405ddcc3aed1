# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of customer service: limits of removals, ids and their spellings."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._kf.models import (
    Desired,
    ItemResponse,
    RemovalLimit,
    as_fields,
    as_line,
    normalize,
)


class TestRemovalLimit:
    @given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 10**8))
    @example(removals=2, current=10, millionths=25_000_000)
    @example(removals=3, current=10, millionths=25_000_000)
    @example(removals=1, current=3, millionths=25_000_000)
    @example(removals=2, current=3, millionths=25_000_000)
    @example(removals=1, current=1, millionths=0)
    def test_a_share_is_compared_exactly_and_above_zero_always_allows_one(
        self, removals: int, current: int, millionths: int
    ) -> None:
        """Against fractions, which do not round; the share has as many decimals as may be written."""
        limit = RemovalLimit.parse(f"{millionths // 10**6}.{millionths % 10**6:06d}%")
        assert limit is not None
        within = removals <= Fraction(millionths, 10**8) * current
        assert limit.allows(removals, current) == (within or (removals == 1 and millionths > 0))

    @given(st.integers(0, 10**8), st.integers(0, 10**8))
    def test_a_count_is_a_count(self, removals: int, most: int) -> None:
        limit = RemovalLimit.parse(str(most))
        assert limit is not None
        assert limit.allows(removals, 5) == (removals <= most)

    def test_a_count_of_zero_allows_nobody(self) -> None:
        for text in ("0", "0%", "0.0%"):
            limit = RemovalLimit.parse(text)
            assert limit is not None
            assert (limit.allows(0, 5), limit.allows(1, 5)) == (True, False)

    @pytest.mark.parametrize("text", ["0", "10", "999999999", "25%", "12.5%", "100%", "100.000000%", "0.000001%"])
    def test_counts_and_shares_up_to_all_are_limits(self, text: str) -> None:
        limit = RemovalLimit.parse(text)
        assert limit is not None
        assert limit.text == text

    @pytest.mark.parametrize(
        "text",
        ["", "lots", "-1", "+1", "1.5", "1e3", "1_0", "0x10", "٢", "1000000000", "%", "25 %", "25%%", "25%\n", "12.%"],
    )
    def test_nothing_else_is_a_limit(self, text: str) -> None:
        assert RemovalLimit.parse(text) is None

    @pytest.mark.parametrize("text", [".5%", "1.2345678%", "101%", "1000%", "100.000001%"])
    def test_a_share_has_a_number_before_the_point_and_is_not_above_all(self, text: str) -> None:
        assert RemovalLimit.parse(text) is None


@pytest.mark.parametrize(
    ("errcode", "errmsg", "expected"),
    [
        (0, "ignored", True),
        (0, "Ignored ", True),
        (0, "success", False),
        (0, "Ignored, hint: [1745123456_1_abc]", True),
        (0, "not ignored", False),
        (0, "success(ignored)", True),
        (0, "", False),
        (60111, "ignored", False),
    ],
)
def test_ignored_is_errcode_zero_and_that_word(errcode: int, errmsg: str, expected: bool) -> None:
    assert ItemResponse(errcode, errmsg).is_ignored is expected


def test_spellings_of_a_userid_have_one_key_and_a_department_has_its_number() -> None:
    assert normalize("ZhangSan") == normalize("zhangsan")
    assert normalize("2") != normalize(2)


def test_a_servicer_is_shown_as_userid_or_department() -> None:
    assert as_fields("2") == {"userid": "2", "department_id": None}
    assert as_fields(2) == {"userid": None, "department_id": 2}
    assert (as_line("2"), as_line(2)) == ("2", "department:2")


def test_everyone_named_counts_once_in_the_first_spelling() -> None:
    desired = Desired("wk", "present", ["Bob", "ann", "BOB"], [2, 2])
    assert list(desired.named().values()) == ["Bob", "ann", 2]
    assert Desired("wk", "present", None, None).named() == {}
