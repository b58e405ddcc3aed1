# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is on duty at a moment, and the first moment without anybody.

The properties compare with a slow and obvious reckoning: a clock on the wall is read every minute, and a shift is on
while the latest time that it has shown so far lies within the shift.
"""

from __future__ import annotations

import datetime as dt
import functools
import typing as t

import pytest
import zoneinfo
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.plugin_utils._shifts import (
    DAYS_AHEAD,
    Gap,
    Shift,
    Times,
    TimezoneError,
    find_gap,
    first_moment,
    load_timezone,
    on_duty,
    parse_moment,
    show_moment,
)

UTC = dt.timezone.utc
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
MINUTE = dt.timedelta(minutes=1)
NINE, EIGHTEEN = 9 * 60, 18 * 60
WORKDAYS = frozenset(range(5))

FIRST_DAYS = {
    "Europe/Berlin": (dt.date(2026, 3, 20), dt.date(2026, 10, 16)),
    "America/New_York": (dt.date(2026, 2, 27), dt.date(2026, 10, 23)),
    "Australia/Lord_Howe": (dt.date(2026, 3, 27), dt.date(2026, 9, 25)),  # half an hour of summer time
    "Asia/Shanghai": (dt.date(2026, 9, 25), dt.date(2026, 12, 25)),
}
"""The weeks that follow have the changes of summer time in their midst, or none in Shanghai."""
WEEKS = 3


def at(text: str, zone: dt.tzinfo = SHANGHAI) -> dt.datetime:
    """Return the moment at which the clocks show this, the first of two."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def names(shifts: t.Iterable[Shift], moment: dt.datetime, zone: dt.tzinfo = SHANGHAI) -> list[str]:
    return [userid for shift in on_duty(shifts, moment, zone) for userid in shift.userids]


class TestWhoIsOnDuty:
    @pytest.mark.parametrize(
        ("times", "moment", "is_on"),
        [
            (Times(), "2026-10-01 00:00", True),
            (Times(NINE, EIGHTEEN), "2026-10-01 08:59:59", False),
            (Times(NINE, EIGHTEEN), "2026-10-01 09:00", True),
            (Times(NINE, EIGHTEEN), "2026-10-01 17:59:59", True),
            (Times(NINE, EIGHTEEN), "2026-10-01 18:00", False),
            (Times(EIGHTEEN, 24 * 60), "2026-10-01 23:59", True),
            (Times(EIGHTEEN, 24 * 60), "2026-10-02 00:00", False),
            (Times(EIGHTEEN, 24 * 60 + NINE), "2026-10-02 08:59", True),
            (Times(EIGHTEEN, 24 * 60 + NINE), "2026-10-02 09:00", False),
            (Times(NINE, 24 * 60 + NINE), "2026-10-02 09:00", True),
            (Times(weekdays=WORKDAYS), "2026-10-02 23:59", True),  # a Friday
            (Times(weekdays=WORKDAYS), "2026-10-03 00:00", False),
            (Times(dates=frozenset([dt.date(2026, 10, 1)])), "2026-10-01 12:00", True),
            (Times(dates=frozenset([dt.date(2026, 10, 1)])), "2026-10-02 00:00", False),
            (Times(excluded=frozenset([dt.date(2026, 10, 1)])), "2026-10-01 12:00", False),
            (Times(excluded=frozenset([dt.date(2026, 10, 1)])), "2026-10-02 00:00", True),
        ],
    )
    def test_a_shift_is_on_from_its_beginning_up_to_its_end(self, times: Times, moment: str, is_on: bool) -> None:
        assert bool(on_duty([Shift(times)], at(moment), SHANGHAI)) is is_on

    @pytest.mark.parametrize(("moment", "is_on"), [("2026-10-03 08:59", True), ("2026-10-05 08:59", False)])
    def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_begins(self, moment: str, is_on: bool) -> None:
        friday_night = Shift(Times(EIGHTEEN, 24 * 60 + NINE, weekdays=WORKDAYS))
        assert bool(on_duty([friday_night], at(moment), SHANGHAI)) is is_on

    def test_all_shifts_that_are_on_are_found_in_their_order(self) -> None:
        shifts = [Shift(Times(), ("a",)), Shift(Times(NINE, EIGHTEEN), ("b",)), Shift(Times(), ("c",))]
        assert names(shifts, at("2026-10-01 20:00")) == ["a", "c"]


class TestSummerTime:
    def test_a_time_in_the_skipped_hour_means_the_moment_of_the_change(self) -> None:
        change = dt.datetime(2026, 3, 29, 1, tzinfo=UTC)
        for wall in (dt.datetime(2026, 3, 29, 2), dt.datetime(2026, 3, 29, 2, 30), dt.datetime(2026, 3, 29, 3)):
            assert first_moment(wall, BERLIN) == change

    def test_a_time_in_the_doubled_hour_means_its_first_occurrence(self) -> None:
        assert first_moment(dt.datetime(2026, 10, 25, 2, 30), BERLIN) == dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_two_shifts_that_meet_in_the_doubled_hour_change_once(self) -> None:
        shifts = [Shift(Times(22 * 60, 26 * 60 + 30), ("night",)), Shift(Times(150, NINE), ("morning",))]
        midnight = at("2026-10-25 00:00", BERLIN)
        seen = [names(shifts, midnight + number * MINUTE, BERLIN) for number in range(5 * 60)]
        assert seen == [["night"]] * 150 + [["morning"]] * 150

    def test_a_shift_within_the_skipped_hour_is_left_out(self) -> None:
        shift = Shift(Times(130, 170))
        hours = [at("2026-03-29 00:00", BERLIN) + number * MINUTE for number in range(5 * 60)]
        assert not any(on_duty([shift], moment, BERLIN) for moment in hours)


class TestGaps:
    def test_whoever_is_always_on_duty_leaves_none(self) -> None:
        assert find_gap([Shift(Times())], at("2026-10-01 12:34:56"), SHANGHAI) is None

    @pytest.mark.parametrize(
        ("shifts", "moment", "gap"),
        [
            ([], "2026-10-01 12:00", ("2026-10-01 12:00", None)),
            ([Times(NINE, EIGHTEEN)], "2026-10-01 12:00", ("2026-10-01 18:00", "2026-10-02 09:00")),
            ([Times(NINE, EIGHTEEN)], "2026-10-01 20:00:07", ("2026-10-01 20:00:07", "2026-10-02 09:00")),
            ([Times(weekdays=WORKDAYS)], "2026-10-01 12:00", ("2026-10-03 00:00", "2026-10-05 00:00")),
            ([Times(dates=frozenset([dt.date(2026, 10, 1)]))], "2026-10-01 12:00", ("2026-10-02 00:00", None)),
        ],
    )
    def test_the_first_one_is_named(self, shifts: list[Times], moment: str, gap: tuple[str, str | None]) -> None:
        begins, ends = at(gap[0]), None if gap[1] is None else at(gap[1])
        assert find_gap([Shift(times) for times in shifts], at(moment), SHANGHAI) == Gap(begins, ends)

    @pytest.mark.parametrize(
        ("moment", "day", "found"),
        [
            ("2026-10-01 23:59", "2026-10-08", True),
            ("2026-10-01 23:59", "2026-10-09", False),
            ("2026-10-01 00:00", "2026-10-08", False),
        ],
    )
    def test_only_the_days_ahead_count(self, moment: str, day: str, found: bool) -> None:
        all_but_one_day = Shift(Times(excluded=frozenset([dt.date.fromisoformat(day)])))
        assert (find_gap([all_but_one_day], at(moment), SHANGHAI) is not None) is found

    @pytest.mark.parametrize(("last_day", "found"), [(6, True), (7, False)])
    def test_shifts_that_end_with_the_days_ahead_leave_none(self, last_day: int, found: bool) -> None:
        first_days = Shift(Times(dates=frozenset(dt.date(2026, 10, day + 1) for day in range(last_day))))
        assert (find_gap([first_days], at("2026-10-01 00:00"), SHANGHAI) is not None) is found

    def test_a_shift_within_the_skipped_hour_does_not_end_one(self) -> None:
        gap = find_gap([Shift(Times(130, 170))], at("2026-03-28 12:00", BERLIN), BERLIN)
        assert gap == Gap(at("2026-03-28 12:00", BERLIN), at("2026-03-30 02:10", BERLIN))


# --- the properties ---

minutes = st.one_of(st.integers(0, 24 * 60 - 1), st.integers(60, 200))  # the latter: around the changes


@st.composite
def times(draw: st.DrawFn, first_day: dt.date) -> Times:
    begins = draw(minutes)
    ends = draw(st.one_of(minutes, st.just(24 * 60)))
    dates = st.frozensets(st.sampled_from([first_day + dt.timedelta(days=number) for number in range(7 * WEEKS)]))
    return Times(
        begins,
        ends if ends > begins else ends + 24 * 60,
        draw(st.one_of(st.just(frozenset(range(7))), st.frozensets(st.integers(0, 6)))),
        draw(st.one_of(st.none(), dates)),
        draw(dates),
    )


class Situation(t.NamedTuple):
    zone: dt.tzinfo
    first_day: dt.date
    shifts: list[Shift]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    name = draw(st.sampled_from(sorted(FIRST_DAYS)))
    first_day = draw(st.sampled_from(FIRST_DAYS[name]))
    drawn = draw(st.lists(times(first_day), max_size=4))
    return Situation(zoneinfo.ZoneInfo(name), first_day, [Shift(one, (f"u{n}",)) for n, one in enumerate(drawn)])


@functools.lru_cache(maxsize=None)
def latest_times_shown(zone: dt.tzinfo, first_day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return every minute of the weeks with the latest time that the clock on the wall has shown until then."""
    moment = dt.datetime.combine(first_day, dt.time(), UTC)
    latest, seen = dt.datetime.min, []
    for _minute in range(WEEKS * 7 * 24 * 60):
        latest = max(latest, moment.astimezone(zone).replace(tzinfo=None))
        seen.append((moment, latest))
        moment += MINUTE
    return seen


def is_on(shift: Shift, shown: dt.datetime) -> bool:
    today = dt.datetime.combine(shown.date(), dt.time())
    for midnight in (today, today - dt.timedelta(days=1)):
        begins = midnight + shift.times.begins * MINUTE
        ends = midnight + shift.times.ends * MINUTE
        if shift.times.is_on(midnight.date()) and begins <= shown < ends:
            return True
    return False


@pytest.mark.slow
@settings(max_examples=40)
@given(situations(), st.integers(0, 180))
def test_who_is_on_duty_is_what_reading_the_clock_every_minute_shows(situation: Situation, offset: int) -> None:
    zone, first_day, shifts = situation
    for moment, shown in latest_times_shown(zone, first_day)[2 * 24 * 60 + offset :: 7]:
        assert on_duty(shifts, moment, zone) == [shift for shift in shifts if is_on(shift, shown)]


@pytest.mark.slow
@settings(max_examples=150)
@given(situations(), st.integers(0, (WEEKS * 7 - DAYS_AHEAD - 2) * 24 * 60))
def test_the_first_gap_is_what_reading_the_clock_every_minute_shows(situation: Situation, offset: int) -> None:
    zone, first_day, shifts = situation
    ahead = latest_times_shown(zone, first_day)[2 * 24 * 60 :][offset : offset + DAYS_AHEAD * 24 * 60]
    empty = (moment for moment, shown in ahead if not any(is_on(shift, shown) for shift in shifts))
    gap = find_gap(shifts, ahead[0][0], zone)
    assert (gap and gap.begins) == next(empty, None)
    if gap and gap.ends:
        assert on_duty(shifts, gap.ends, zone)
        assert not on_duty(shifts, gap.ends - MINUTE, zone)


@given(st.integers(0, 4 * 24 * 60), st.sampled_from(sorted(FIRST_DAYS)), st.booleans())
def test_shifts_that_meet_leave_no_gap_whatever_the_clocks_do(meets: int, name: str, later: bool) -> None:
    begins = meets % (24 * 60)
    half = begins + 12 * 60
    shifts = [Shift(Times(begins, half)), Shift(Times(half % (24 * 60), half % (24 * 60) + 12 * 60))]
    zone = zoneinfo.ZoneInfo(name)
    moment = dt.datetime.combine(FIRST_DAYS[name][later] + dt.timedelta(days=6), dt.time(), UTC)
    assert find_gap(shifts, moment, zone) is None


class TestTimezones:
    @pytest.mark.parametrize("name", ["Asia/Shangai", "Asia", "", "/etc/passwd", "../UTC", "a\x00b", "张"])
    def test_an_unknown_one_is_refused(self, name: str) -> None:
        with pytest.raises(TimezoneError, match=r"^is not a time zone such as Asia/Shanghai"):
            load_timezone(name)

    def test_a_machine_without_any_is_told_of_tzdata(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def find_none(name: str) -> t.NoReturn:
            raise zoneinfo.ZoneInfoNotFoundError(name)

        monkeypatch.setattr(zoneinfo, "ZoneInfo", find_none)
        monkeypatch.setattr(zoneinfo, "available_timezones", set)
        with pytest.raises(TimezoneError, match="install the Python package tzdata"):
            load_timezone("Asia/Shanghai")


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-10-01 20:00", "2026-10-01 20:00"),
            ("2026-10-01T20:00", "2026-10-01 20:00"),
            ("2026-10-01 20:00:30", "2026-10-01 20:00:30"),
            ("2026-10-01T20:00:30Z", "2026-10-01 20:00:30+00:00"),
            ("2026-10-01T20:00+08:00", "2026-10-01 20:00+08:00"),
            ("2026-10-01 20:00:00 -0330", "2026-10-01 20:00-03:30"),
        ],
    )
    def test_a_moment_is_read(self, text: str, moment: str) -> None:
        assert parse_moment(text) == dt.datetime.fromisoformat(moment)

    @pytest.mark.parametrize("text", ["1970-01-01 00:00", "2999-12-31 23:59"])
    def test_the_first_and_the_last_minute_that_are_read(self, text: str) -> None:
        assert parse_moment(text) == dt.datetime.fromisoformat(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "now",
            "20:00",
            "2026-10-01",
            "2026-10-1 20:00",
            "2026-13-01 20:00",
            "2026-10-01 24:00",
            "2026-10-01 20:00+25:00",
            "2026-10-01 20：00",
            "9999-12-31 23:59",
            "3000-01-01 00:00",
            "1969-12-31 23:59",
            "0001-01-01 00:00",
            "２026-10-01 20:00",
        ],
    )
    def test_anything_else_is_not_a_moment(self, text: str) -> None:
        assert parse_moment(text) is None

    def test_a_moment_is_shown_with_its_day_of_the_week(self) -> None:
        assert show_moment(dt.datetime(2026, 10, 2, 10, tzinfo=UTC), SHANGHAI) == "fri 2026-10-02 18:00"
