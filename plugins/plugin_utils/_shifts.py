# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Decides who is on duty at a moment, and when nobody is. Knows neither Ansible nor YAML.

A shift has wall-clock times, and belongs to the day on which it begins. Such a time means the first moment at which
the clock on the wall shows it or a later one. So where clocks are put forward, a time in the skipped hour means the
moment of the change; where they are put back, a time in the doubled hour means its first occurrence. Two shifts that
meet at a time of day therefore always meet, without a gap and without an overlap.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import re
import typing as t

import zoneinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_A_DAY = 24 * 60
DAYS_AHEAD = 7
"""How far ahead somebody has to be on duty at every moment."""

_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
    r"\s?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
)

Interval = t.Tuple[dt.datetime, dt.datetime]
"""From a moment up to, and without, another one."""


class Times(t.NamedTuple):
    """When a shift is: its hours, and the days on which it begins."""

    begins: int = 0
    """Minutes after midnight."""
    ends: int = MINUTES_OF_A_DAY
    """Minutes after the midnight at which the day begins: more than a day's minutes for a shift over midnight."""
    weekdays: frozenset[int] = frozenset(range(7))
    dates: frozenset[dt.date] | None = None
    """The only days on which it begins; None for no such restriction."""
    excluded: frozenset[dt.date] = frozenset()

    def is_on(self, day: dt.date) -> bool:
        """Whether the shift begins on this day."""
        return day.weekday() in self.weekdays and (self.dates is None or day in self.dates) and day not in self.excluded


class Shift(t.NamedTuple):
    """Who is on duty together, and when."""

    times: Times
    userids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()


class Gap(t.NamedTuple):
    """A time without anybody on duty."""

    begins: dt.datetime
    ends: dt.datetime | None
    """None where nobody is on duty for days."""


class TimezoneError(Exception):
    """A time zone that cannot be used; the text says why."""


def load_timezone(name: str) -> dt.tzinfo:
    """Return a time zone of the IANA database. Raises TimezoneError."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if zoneinfo.available_timezones():
            raise TimezoneError("is not a time zone such as Asia/Shanghai (which is Beijing's too)") from None
    raise TimezoneError(
        "cannot be looked up, since this machine has no time zone database: install the Python package tzdata where"
        " ansible-playbook runs"
    )


def parse_moment(text: str) -> dt.datetime | None:
    """Read a text such as ``2026-10-01 20:00``, with or without a UTC offset; return None if it is not a time."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return None
    try:
        moment = dt.datetime.fromisoformat(f"{found['day']} {found['time']}")
        if not 1970 <= moment.year < 3000:
            return None
        if not found["offset"]:
            return moment
        offset = found["offset"].replace("Z", "+0000").replace(":", "")
        size = dt.timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
        return moment.replace(tzinfo=dt.timezone(-size if offset[0] == "-" else size))
    except ValueError:
        return None


def first_moment(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the first moment at which the clocks of a zone show this time or a later one."""
    moment = wall.replace(tzinfo=zone).astimezone(dt.timezone.utc)
    if _wall(moment, zone) == wall:
        return moment
    # Skipped: the clocks are put forward somewhere between what the offsets before and after make of the time.
    earliest = wall.replace(tzinfo=zone, fold=1).astimezone(dt.timezone.utc)
    seconds = range(int((moment - earliest).total_seconds()))
    change = bisect.bisect_left(seconds, wall, key=lambda second: _wall(earliest + dt.timedelta(seconds=second), zone))
    return earliest + dt.timedelta(seconds=change)


def on_duty(shifts: t.Iterable[Shift], at: dt.datetime, zone: dt.tzinfo) -> list[Shift]:
    """Return the shifts that are on at a moment."""
    return [shift for shift in shifts if any(begin <= at < end for begin, end in _intervals(shift.times, at, zone))]


def find_gap(shifts: t.Iterable[Shift], at: dt.datetime, zone: dt.tzinfo) -> Gap | None:
    """Return the first time without anybody on duty that begins in the days ahead; None if there is none."""
    covered_until = at
    for begin, end in sorted(interval for shift in shifts for interval in _intervals(shift.times, at, zone)):
        if begin > covered_until:
            if covered_until < at + dt.timedelta(days=DAYS_AHEAD):
                return Gap(covered_until, begin)
            break
        covered_until = max(covered_until, end)
    return Gap(covered_until, None) if covered_until < at + dt.timedelta(days=DAYS_AHEAD) else None


def show_moment(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """Return a moment as the clocks of a zone show it."""
    local = moment.astimezone(zone)
    return f"{DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"


def _wall(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _intervals(times: Times, at: dt.datetime, zone: dt.tzinfo) -> list[Interval]:
    """Return when a shift is on, from before a moment until after the days ahead of it."""
    return _intervals_from(times, _wall(at, zone).date() - dt.timedelta(days=1), zone)


@functools.lru_cache(maxsize=2**12)
def _intervals_from(times: Times, first_day: dt.date, zone: dt.tzinfo) -> list[Interval]:
    begins, ends = _moments(times.begins, first_day, zone), _moments(times.ends, first_day, zone)
    return [
        (begin, end)
        for day, begin, end in zip(_days_from(first_day), begins, ends)
        if begin < end and times.is_on(day)  # the skipped hour can be all of a shift
    ]


@functools.lru_cache(maxsize=2**12)
def _moments(minutes: int, first_day: dt.date, zone: dt.tzinfo) -> list[dt.datetime]:
    """Return the moments of a time of day, given in minutes, for the days that matter."""
    offset = dt.timedelta(minutes=minutes)
    return [first_moment(dt.datetime.combine(day, dt.time()) + offset, zone) for day in _days_from(first_day)]


@functools.lru_cache(maxsize=2**4)
def _days_from(first_day: dt.date) -> list[dt.date]:
    return [first_day + dt.timedelta(days=number) for number in range(DAYS_AHEAD + 4)]
