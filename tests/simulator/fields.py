# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads mappings that people wrote: checks every value and names every unknown key."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any


class ConfigError(ValueError):
    """A configuration that cannot be used; the message says where and why."""


_NO_DEFAULT: Any = object()


def kind_of(value: object) -> str:
    """Return a word for the type of a value, for messages."""
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


class Section:
    """A mapping that is read key by key. ``finish`` refuses the keys that were never read."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise ConfigError(f"{where or 'the configuration'}: a mapping is needed, not {kind_of(data)}")
        self.where = where
        self._left: dict[Any, Any] = dict(data)
        self._asked: list[str] = []

    def place(self, key: str) -> str:
        """Return the name of a key as messages show it."""
        return f"{self.where}.{key}" if self.where else key

    def error(self, key: str, message: str) -> ConfigError:
        """Return the error to raise about the value of a key."""
        return ConfigError(f"{self.place(key)}: {message}")

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def left(self) -> dict[str, Any]:
        """Return what has not been taken yet."""
        return {str(key): value for key, value in self._left.items()}

    def is_null(self, key: str) -> bool:
        """Tell whether a key is there without a value."""
        return key in self._left and self._left[key] is None

    def take(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return the value of a key, of whatever type."""
        self._asked.append(key)
        if key in self._left:
            return self._left.pop(key)
        if default is _NO_DEFAULT:
            raise self.error(key, "is needed")
        return default

    def _typed(self, key: str, default: Any, kinds: tuple[type, ...], expected: str) -> Any:
        given = key in self._left
        value = self.take(key, default)
        if not given or (value is None and default is None):
            return value
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.error(key, f"{expected} is needed, not {kind_of(value)} ({value!r})")
        return value

    def text(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return a text."""
        return self._typed(key, default, (str,), "a text (in quotes, if it looks like something else)")

    def boolean(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return true or false."""
        return self._typed(key, default, (bool,), "true or false")

    def listing(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return a list."""
        return self._typed(key, default, (list, tuple), "a list")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where there is none."""
        entries = self.listing(key, [])
        for entry in entries:
            if not isinstance(entry, str):
                raise self.error(key, f"texts are needed, not {kind_of(entry)} ({entry!r})")
        return tuple(entries)

    def mapping(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return a mapping."""
        return self._typed(key, default, (dict,), "a mapping")

    def integer(self, key: str, default: Any = _NO_DEFAULT, least: int | None = None) -> Any:
        """Return a whole number, not below ``least``."""
        return self._bounded(key, self._typed(key, default, (int,), "a whole number"), least)

    def number(self, key: str, default: Any = _NO_DEFAULT, least: float | None = 0) -> Any:
        """Return a number, not below ``least``."""
        return self._bounded(key, self._typed(key, default, (int, float), "a number"), least)

    def _bounded(self, key: str, value: Any, least: float | None) -> Any:
        if value is not None and least is not None and value < least:
            raise self.error(key, f"{value!r} is below {least}")
        return value

    def boolean_or_integer(self, key: str, default: Any = _NO_DEFAULT, least: int = 1) -> Any:
        """Return true, false or a whole number, not below ``least``."""
        value = self._typed(key, default, (bool, int), "true, false or a whole number")
        return value if isinstance(value, bool) else self._bounded(key, value, least)

    def choice(self, key: str, default: Any = _NO_DEFAULT, choices: tuple[object, ...] = ()) -> Any:
        """Return one of a few values."""
        value = self.take(key, default)
        if value is not default and value not in choices:
            raise self.error(key, f"{value!r} is none of " + ", ".join(map(str, choices)))
        return value

    def nullable(self, key: str, read: Callable[..., Any], default: Any, null: Any = None, **more: Any) -> Any:
        """Return ``null`` where the key is there without a value, and otherwise what ``read`` returns."""
        if self.is_null(key):
            self.take(key)
            return null
        return read(key, default, **more)

    def finish(self) -> None:
        """Refuse the keys that were never read."""
        for key in self._left:
            name = str(key)
            near = difflib.get_close_matches(name, self._asked, 1)
            if name.lower() == "true":
                advice = "many YAML readers take an unquoted on for a boolean: quote it"
            elif near:
                advice = f"did you mean {near[0]}?"
            else:
                advice = "known: " + ", ".join(sorted(self._asked))
            raise self.error(name, f"unknown key ({advice})")
