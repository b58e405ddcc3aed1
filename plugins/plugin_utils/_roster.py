# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Reads roster files strictly, and refuses every mistake with its line. Knows nothing of Ansible.

YAML is read as it is written and not as Python would have it: 007 is the userid "007", 18:00 is a time, the same key
twice is a mistake and not the second one alone, and a text where a list belongs is not a list.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import typing as t

import yaml

from ansible_collections.wecom.kf.plugins.module_utils._kf.userids import (
    describe_invalid_userid,
    hint_for_slip,
    hint_for_typing,
    quote,
)
from ansible_collections.wecom.kf.plugins.plugin_utils._shifts import (
    DAYS,
    MINUTES_OF_A_DAY,
    Gap,
    Shift,
    Times,
    TimezoneError,
    find_gap,
    first_moment,
    load_timezone,
    on_duty,
    show_moment,
)

DEFAULT_TIMEZONE = "Asia/Shanghai"
_MAX_MISTAKES = 100
_UNNAMED = '"<unicode string>", '
_WRITE_EMPTY = "write [] if nobody is meant, and leave the key out to leave them as they are"
_WRITE_NOTHING = "leave the key out if it is not needed"

_Loader: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former is ten times as fast, and not everywhere
_TAG = "tag:yaml.org,2002:"
_LIST, _MAPPING, _NULL, _BOOLEAN, _STRING = (_TAG + kind for kind in ("seq", "map", "null", "bool", "str"))
_TEXTS = frozenset([_STRING, *(_TAG + kind for kind in ("int", "float", "timestamp")), "!unsafe"])
"""What stands for itself: what is tagged as a number or a date is the text that it is written with."""
_NULLS, _TRUE, _FALSE = ("", "~", "null"), ("true", "yes", "on"), ("false", "no", "off")
_PLAIN = {
    written: tag
    for tag, words in ((_NULL, _NULLS), (_BOOLEAN, _TRUE + _FALSE))
    for word in words
    for written in (word, word.capitalize(), word.upper())
}
"""What is not a text when it is written without quotes."""
_KINDS = ("userids", "department_ids")

_OPEN_KFID = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z_.@-]{1,64}")
_DEPARTMENT_ID = re.compile(r"[1-9][0-9]{0,17}")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINE_END = re.compile(r"\r\n|\r|\n")

Account = t.Dict[str, t.Any]
"""``open_kfid`` or ``name`` or both, and ``userids`` and ``department_ids`` where they are given."""


class Mistake(t.NamedTuple):
    """What is wrong in a file, and where."""

    source: str
    line: int | None
    text: str


class Position(t.NamedTuple):
    """Where an account is."""

    source: str
    line: int


class Roster:
    """The accounts of one file or of several, and every mistake in them."""

    def __init__(self, at: dt.datetime, has_origins: bool = False) -> None:
        """Read who is on duty at a moment: in the time zone of each file, unless it names an offset.

        has_origins: whether each account says where it is.
        """
        self.at = at
        self.has_origins = has_origins
        self.accounts: list[Account] = []
        self.mistakes: list[Mistake] = []
        self.holds_shifts = False
        """Whether a file has shifts, or may have them where it cannot be read."""
        self._positions: dict[tuple[str, str | None], Position] = {}

    def read(self, source: str, text: str) -> None:
        """Read a file. Bytes that are not UTF-8 are expected as lone surrogates, as Ansible's lookups return them."""
        try:
            content = _compose(_decode(text))
        except _UnreadableError as error:
            self.mistakes.append(Mistake(source, error.line, str(error)))
        except yaml.YAMLError as error:
            self.mistakes.append(Mistake(source, None, _describe_yaml_error(error, text)))
        else:
            self.accounts += _File(source, self).read(content)
            return
        self.holds_shifts = self.holds_shifts or "shifts" in text.replace("\0", "")

    def remember(self, account: Account, position: Position) -> tuple[str, Position] | None:
        """Remember an account, and return its id or name and the position where it is already; None if it is new."""
        open_kfid, name = account.get("open_kfid"), account.get("name")
        if not open_kfid and not name:
            return None
        # Several accounts may have one name. Only where it stands alone does it say which account is meant.
        tables, excluding = [("name", name)], [("name", name), ("name beside an id", name)]
        if open_kfid:
            tables, excluding = [("id", open_kfid), ("name beside an id", name)], [("id", open_kfid), ("name", name)]
        first = next(
            ((value or "", self._positions[key, value]) for key, value in excluding if (key, value) in self._positions),
            None,
        )
        for key in tables:
            self._positions.setdefault(key, position)
        return first

    def describe_mistakes(self) -> str:
        """Return every mistake, the first hundred in words, each with its line; "" if there is none."""
        parts: list[str] = []
        for number, mistake in enumerate(self.mistakes[:_MAX_MISTAKES]):
            same_file = number > 0 and self.mistakes[number - 1].source == mistake.source
            where = ("" if same_file else f"{mistake.source}: ") + (f"line {mistake.line}: " if mistake.line else "")
            parts.append(where + mistake.text)
        more = len(self.mistakes) - len(parts)
        return "; ".join(parts) + (f"; and {more} more" if more else "")


class _UnreadableError(Exception):
    """A file that is not one YAML document in UTF-8."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


class _Node:
    """A text, list or mapping as it is written. Smaller than those of PyYAML, of which a large roster has too many."""

    __slots__ = ("line", "tag", "value")

    def __init__(self, tag: str, value: t.Any, line: int) -> None:
        self.tag = tag
        self.value = value
        self.line = line


class _File:
    """Goes through the nodes of one file and collects what is wrong with it."""

    def __init__(self, source: str, roster: Roster) -> None:
        self._source = source
        self._roster = roster
        self._timezone: tuple[str, _Node | None] = (DEFAULT_TIMEZONE, None)
        self._loaded: tuple[dt.tzinfo | None, dt.datetime] | None = None

    def read(self, content: _Node | None) -> list[Account]:
        if content is None or content.tag != _MAPPING:
            hint = _hint(content.value) if content and _is_text(content) else ""
            self._refuse(content, f"the file must hold the key roster with a list of accounts{hint}")
            return []
        keys = self._keys(content, ("roster", "timezone"), "")
        if "timezone" in keys:
            self._timezone = (self._text(keys["timezone"], "timezone").strip(), keys["timezone"])
            self._load_timezone(keys["timezone"])
        if "roster" not in keys:
            self._refuse(content, "the key roster is missing, with a list of accounts")
            return []
        return [self._account(node) for node in self._list(keys["roster"], "roster", "write [] for no account")]

    def _account(self, node: _Node) -> Account:
        if node.tag != _MAPPING:
            self._refuse(node, f"roster: an entry must be a mapping with open_kfid or name, not {_describe(node)}")
            return {}
        known = ("open_kfid", "name", "userids", "department_ids", "shifts", "gaps")
        keys = self._keys(node, known, "roster: ")
        account: Account = {}
        mistakes_before = len(self._roster.mistakes)
        has_name = "name" in keys and keys["name"].tag != _NULL and keys["name"].value != ""
        if "open_kfid" in keys:
            account["open_kfid"] = self._open_kfid(keys["open_kfid"])
        elif not has_name:
            self._refuse(node, "roster: open_kfid or name is needed")
        if has_name:
            account["name"] = self._text(keys["name"], "roster: name")
        first = self._roster.remember(account, Position(self._source, node.line))
        if first:
            which, position = first
            where = ("" if position.source == self._source else f"{position.source}, ") + f"line {position.line}"
            self._refuse(node, f"roster: {quote(which)} is there twice, first in {where}")
        if "userids" in keys:
            account["userids"] = self._userids(keys["userids"], "roster: userids", _WRITE_EMPTY)
        if "department_ids" in keys:
            account["department_ids"] = self._department_ids(
                keys["department_ids"], "roster: department_ids", _WRITE_EMPTY
            )
        gaps = "gaps" in keys and self._boolean(keys["gaps"], "roster: gaps")
        if "shifts" in keys:
            self._roster.holds_shifts = True
            shifts, kinds = self._shifts(keys["shifts"])
            zone, at = self._load_timezone(keys["shifts"])
            if zone and len(self._roster.mistakes) == mistakes_before:
                if not gaps and not account.get("userids") and not account.get("department_ids"):
                    self._refuse_gap(node, find_gap(shifts, at, zone), zone)
                _add(account, kinds, on_duty(shifts, at, zone))
        elif "userids" not in keys and "department_ids" not in keys:
            self._refuse(node, "roster: userids, department_ids or shifts is needed")
        if self._roster.has_origins:
            account["origin"] = f"{self._source}, line {node.line}"
        return account

    def _refuse_gap(self, node: _Node, gap: Gap | None, zone: dt.tzinfo) -> None:
        if gap:
            until = f" to {show_moment(gap.ends, zone)}" if gap.ends else " on"
            self._refuse(
                node,
                f"roster: nobody is on duty from {show_moment(gap.begins, zone)}{until} ({self._timezone[0]}):"
                " add a shift, or write gaps: true if nobody is meant",
            )

    def _shifts(self, node: _Node) -> tuple[list[Shift], set[str]]:
        """Return the shifts of an account, and the kinds of servicers that appear in them."""
        kinds: set[str] = set()
        return [self._shift(entry, kinds) for entry in self._list_of_some(node, "roster: shifts")], kinds

    def _shift(self, node: _Node, kinds: set[str]) -> Shift:
        if node.tag != _MAPPING:
            self._refuse(node, f"shifts: an entry must be a mapping with userids and times, not {_describe(node)}")
            return Shift(Times())
        known = ("userids", "department_ids", "days", "from", "to", "dates", "except")
        keys = self._keys(node, known, "shifts: ")
        userids: list[str] = []
        department_ids: list[int] = []
        if "userids" in keys:
            userids = self._userids(keys["userids"], "shifts: userids", _WRITE_NOTHING)
        if "department_ids" in keys:
            department_ids = self._department_ids(keys["department_ids"], "shifts: department_ids", _WRITE_NOTHING)
        lists = [kind for kind in _KINDS if kind in keys]
        kinds.update(lists)
        if all(keys[kind].tag == _LIST and not keys[kind].value for kind in lists):
            self._refuse(node, "shifts: userids or department_ids is needed, with somebody in it")
        return Shift(self._times(node, keys), tuple(userids), tuple(department_ids))

    def _times(self, node: _Node, keys: dict[str, _Node]) -> Times:
        begins = self._time(keys["from"], "from") if "from" in keys else 0
        ends = self._time(keys["to"], "to") if "to" in keys else MINUTES_OF_A_DAY
        times = Times(begins, ends if ends > begins else ends + MINUTES_OF_A_DAY)
        if "days" in keys:
            entries = self._list_of_some(keys["days"], "shifts: days")
            times = times._replace(weekdays=frozenset(self._weekday(entry) for entry in entries))
        if "dates" in keys:
            entries = self._list_of_some(keys["dates"], "shifts: dates")
            times = times._replace(dates=frozenset(self._date(entry, "dates") for entry in entries))
        if "except" in keys:
            entries = self._list(keys["except"], "shifts: except", _WRITE_NOTHING)
            times = times._replace(excluded=frozenset(self._date(entry, "except") for entry in entries))
        if times.dates and not any(times.is_on(day) for day in times.dates):
            self._refuse(node, "shifts: days and except exclude every one of dates")
        return times

    def _list_of_some(self, node: _Node, where: str) -> list[_Node]:
        entries = self._list(node, where, _WRITE_NOTHING)
        if node.tag == _LIST and not entries:
            self._refuse(node, f"{where} is empty: {_WRITE_NOTHING}")
        return entries

    def _weekday(self, node: _Node) -> int:
        text = self._text(node, "shifts: an entry of days")
        if text in DAYS:
            return DAYS.index(text)
        if _is_text(node):
            self._refuse(node, f"shifts: {quote(text)} is not a day: {', '.join(DAYS)}")
        return 0

    def _date(self, node: _Node, key: str) -> dt.date:
        text = self._text(node, f"shifts: an entry of {key}")
        try:
            if _DATE.fullmatch(text):
                return dt.date.fromisoformat(text)
        except ValueError:
            pass
        if _is_text(node):
            self._refuse(node, f"shifts: {quote(text)} in {key} is not a date such as 2026-10-01{_hint(text)}")
        return dt.date.max

    def _time(self, node: _Node, key: str) -> int:
        text = self._text(node, f"shifts: {key}")
        found = _TIME.fullmatch(text)
        if found:
            minutes = int(found[1]) * 60 + int(found[2])
            if int(found[2]) < 60 and minutes < MINUTES_OF_A_DAY + (key == "to"):
                return minutes
        if _is_text(node):
            last = "24:00" if key == "to" else "23:59"
            self._refuse(node, f"shifts: {key}: {quote(text)} is not a time of day, from 00:00 to {last}{_hint(text)}")
        return 0

    def _load_timezone(self, node: _Node) -> tuple[dt.tzinfo | None, dt.datetime]:
        """Return the file's time zone, None where it cannot be used, and the moment that is asked for."""
        if self._loaded is None:
            name, written = self._timezone
            zone, at = None, self._roster.at
            try:
                if name:
                    zone = load_timezone(name)
                    at = first_moment(at, zone) if at.tzinfo is None else at
            except TimezoneError as error:
                self._refuse(written or node, f"timezone: {quote(name)} {error}{_hint(name)}")
            self._loaded = zone, at
        return self._loaded

    def _open_kfid(self, node: _Node) -> str:
        text = self._text(node, "roster: open_kfid")
        if _is_text(node) and not _OPEN_KFID.fullmatch(text):
            hint = hint_for_slip(text)
            self._refuse(
                node,
                f"roster: open_kfid: {quote(text)} is not a valid account ID (for example"
                f" wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q){f': {hint}' if hint else ''}",
            )
        return text

    def _userids(self, node: _Node, where: str, if_empty: str) -> list[str]:
        userids = []
        for entry in self._list(node, where, if_empty):
            userid = self._text(entry, f"{where}: an entry").strip()
            reason = describe_invalid_userid(userid) if _is_text(entry) else ""
            if reason:
                self._refuse(entry, f"{where}: {reason}")
            userids.append(userid)
        return userids

    def _department_ids(self, node: _Node, where: str, if_empty: str) -> list[int]:
        return [self._department_id(entry, where) for entry in self._list(node, where, if_empty)]

    def _department_id(self, node: _Node, where: str) -> int:
        if _is_text(node) and _DEPARTMENT_ID.fullmatch(node.value):
            return int(node.value)
        self._refuse(node, f"{where}: an entry must be a number from 1, not {_describe(node)}")
        return 0

    def _keys(self, node: _Node, known: tuple[str, ...], where: str) -> dict[str, _Node]:
        keys: dict[str, _Node] = {}
        for key, value in node.value:
            if not _is_text(key) or key.value not in known:
                hint = _hint(key.value) if _is_text(key) else ""
                self._refuse(key, f"{where}{_describe(key)} is not a known key: {', '.join(known)}{hint}")
            elif key.value in keys:
                self._refuse(key, f"{where}{key.value} is there twice, first in line {keys[key.value].line}")
            else:
                keys[key.value] = value
        return keys

    def _list(self, node: _Node, where: str, if_empty: str) -> list[_Node]:
        if node.tag == _LIST:
            entries: list[_Node] = node.value
            return entries
        if node.tag == _NULL:
            self._refuse(node, f"{where} holds nothing: {if_empty}")
        else:
            self._refuse(node, f"{where} must be a list, not {_describe(node)}")
        return []

    def _boolean(self, node: _Node, where: str) -> bool:
        text = node.value.lower() if node.tag == _BOOLEAN else ""
        if text not in (*_TRUE, *_FALSE):
            self._refuse(node, f"{where} must be true or false, not {_describe(node)}")
        return text in _TRUE

    def _text(self, node: _Node, where: str) -> str:
        if _is_text(node):
            text: str = node.value
            return text
        hint = "; put it in quotes if it is really called that" if node.tag == _BOOLEAN else ""
        self._refuse(node, f"{where} must be a text, not {_describe(node)}{hint}")
        return ""

    def _refuse(self, node: _Node | None, text: str) -> None:
        self._roster.mistakes.append(Mistake(self._source, None if node is None else node.line, text))


def _add(account: Account, kinds: set[str], shifts: list[Shift]) -> None:
    """Add who is on duty to an account's lists. A list of a kind that appears nowhere stays left out."""
    if "userids" in account or "userids" in kinds:
        userids: dict[str, str] = {}
        for userid in itertools.chain(account.get("userids", ()), *(shift.userids for shift in shifts)):
            userids.setdefault(userid.lower(), userid)
        account["userids"] = list(userids.values())
    if "department_ids" in account or "department_ids" in kinds:
        department_ids = itertools.chain(account.get("department_ids", ()), *(shift.department_ids for shift in shifts))
        account["department_ids"] = list(dict.fromkeys(department_ids))


def _compose(text: str) -> _Node | None:
    """Return the content of a YAML document, None if there is none. Raises yaml.YAMLError and _UnreadableError."""
    root = _Node(_LIST, [], 0)
    open_nodes = [root]
    anchors: dict[str, _Node] = {}
    event: t.Any
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            tag = event.tag or (_PLAIN.get(event.value, _STRING) if event.implicit[0] else _STRING)
            node = _Node(_STRING if tag == "!" else tag, event.value, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            usual = _LIST if isinstance(event, yaml.SequenceStartEvent) else _MAPPING
            node = _Node(event.tag if event.tag and event.tag != "!" else usual, [], line)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = open_nodes.pop()
            if isinstance(event, yaml.MappingEndEvent):
                closed.value = list(zip(closed.value[::2], closed.value[1::2]))
            continue
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise _UnreadableError(f"*{event.anchor} refers to nothing above it", line)
            open_nodes[-1].value.append(anchors[event.anchor])
            continue
        else:
            if isinstance(event, yaml.DocumentStartEvent) and root.value:
                raise _UnreadableError("a second YAML document begins here", line)
            continue
        open_nodes[-1].value.append(node)
        if event.anchor:
            anchors[event.anchor] = node
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(node)
    return root.value[0] if root.value else None


def _decode(text: str) -> str:
    """Return the text of a file without its byte order mark. Raises _UnreadableError for another encoding."""
    try:
        content = text.encode("utf-8", "surrogateescape")
        if content.startswith((b"\xff\xfe", b"\xfe\xff")) or content.count(0) > len(content) // 4:
            raise _UnreadableError("this is UTF-16: save the file as UTF-8", None)
        return content.decode("utf-8-sig")
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        before = error.object[: error.start]
        line = len(_LINE_END.findall(before if isinstance(before, str) else before.decode("utf-8"))) + 1
        advice = "save the file as UTF-8 (editors on Windows often save GBK, which they call ANSI)"
        raise _UnreadableError(f"this is not UTF-8: {advice}", line) from None


def _describe_yaml_error(error: yaml.YAMLError, text: str) -> str:
    described = f"this is not valid YAML: {' '.join(str(error).replace(_UNNAMED, '').split())}"
    marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
    numbers = {mark.line + above for mark in marks if mark for above in (-1, 0)}
    lines = _LINE_END.split(text)
    for number in sorted(numbers & set(range(len(lines)))):
        if lines[number].lstrip(" ").startswith("\t"):
            return f"{described} (line {number + 1}: it begins with a tab, where YAML wants blanks)"
        if re.search("[：，\u201c\u201d\u2018\u2019]", lines[number]):
            return f"{described} (line {number + 1}: {hint_for_typing(lines[number])})"
    return described


def _is_text(node: _Node) -> bool:
    return node.tag in _TEXTS and isinstance(node.value, str)


def _hint(text: str) -> str:
    hint = hint_for_typing(text)
    return f" ({hint})" if hint else ""


def _describe(node: _Node) -> str:
    """Return a node as it is shown in a message."""
    if node.tag == _LIST:
        return "a list"
    if node.tag == _MAPPING:
        return "a mapping"
    if node.tag == _NULL:
        return "nothing"
    if not _is_text(node) and node.tag != _BOOLEAN:
        return f"something with the tag {node.tag.replace(_TAG, '!!')}"
    return quote(node.value)
