# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only what cannot be a userid at all is refused, in words that name the value and the usual slip."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.userids import (
    describe_invalid_userid,
    hint_for_slip,
    hint_for_typing,
    quote,
)


@pytest.mark.parametrize(
    "userid",
    [
        "a",
        "zhangsan",
        "007",
        "_x",
        "-",
        "a+b",
        "a/b",
        "张三",
        "None",
        "True",
        "false",
        "null",
        "wo😀",
        "a" * 64,
        "张" * 21,
        "张" * 21 + "a",
    ],
)
def test_whatever_may_be_a_userid_is_left_to_the_service(userid: str) -> None:
    assert describe_invalid_userid(userid) == ""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "'' is empty: has a lookup or a variable returned nothing?"),
        ("a" * 65, f"'{'a' * 65}' is longer than 64 bytes: is it a display name, or several userids in one text?"),
        ("张" * 22, f"'{'张' * 22}' is longer than 64 bytes: it looks like a display name, not like an id"),
        ("zhang san", "'zhang san' holds a blank: is it a display name, or several userids in one text?"),
        ("a, b", "'a, b' holds a blank: is it a display name, or several userids in one text?"),
        ("a， b", "'a， b' holds a blank: it holds full-width ， where , is meant"),
        ("a ", "'a ' holds a blank: there is a blank at its end"),
        ("a\nb", r"'a\nb' holds a blank: is it a display name, or several userids in one text?"),
        ("a\u3000b", r"'a\u3000b' holds a blank: it holds full-width blanks where a plain blank is meant"),
        ("a\x00b", r"'a\x00b' holds a control character: is it a display name, or several userids in one text?"),
        ("a\x7fb", r"'a\x7fb' holds a control character: is it a display name, or several userids in one text?"),
        ("a\x9fb", r"'a\x9fb' holds a control character: is it a display name, or several userids in one text?"),
        ("a\udcff", r"'a\udcff' holds half a character: is it a display name, or several userids in one text?"),
        (None, "null is not a userid: has a lookup or a variable returned nothing?"),
        (True, "true is a boolean: put the userid in quotes, since YAML makes true of yes and on"),
        (False, "false is a boolean: put the userid in quotes, since YAML makes true of yes and on"),
        (83, "83 is a number: put the userid in quotes, since YAML makes 83 of 00123"),
        (1.5, "1.5 is a number: put the userid in quotes, since YAML makes 83 of 00123"),
        (["a"], "['a'] is a list: each entry must be one userid (are there brackets or a dash too many?)"),
        (
            {"userid": "a"},
            "{'userid': 'a'} is a mapping: each entry must be one userid"
            " (is there a colon too many, or is map(attribute='userid') missing?)",
        ),
        (datetime.date(2026, 1, 2), "datetime.date(2026, 1, 2) is not a text: put the userid in quotes"),
    ],
    ids=repr,
)
def test_what_cannot_be_a_userid_is_named_with_the_slip(value: object, says: str) -> None:
    assert describe_invalid_userid(value) == says


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("zhangsan", ""),
        ("wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q", ""),
        ("lisi，wangwu；", "it holds full-width ， ； where , ; is meant"),
        ("roster：", "it holds full-width ： where : is meant"),
        ("\u201clisi\u201d", 'it holds full-width \u201c \u201d where " is meant'),
        ("\u2018lisi\u2019", "it holds full-width \u2018 \u2019 where ' is meant"),
        ("！a～", "it holds full-width ！ ～ where ! ~ is meant"),
        ("ｌisi", "it holds full-width ｌ where l is meant"),
        ("张三 ", "there is a blank at its end"),
        ("\tlisi", "there is a blank at its beginning"),
        ("张三", "it looks like a display name, not like an id"),
        ("田中さん", "it looks like a display name, not like an id"),
        ("김", "it looks like a display name, not like an id"),
        ("Zoë", ""),
    ],
    ids=repr,
)
def test_the_usual_slip_is_named(text: str, hint: str) -> None:
    assert hint_for_slip(text) == hint


def test_a_word_in_chinese_is_no_typing_slip() -> None:
    assert hint_for_typing("名称") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"'a\nb'"),
        ("x" * 80, f"'{'x' * 80}'"),
        ("x" * 81, f"'{'x' * 80}'…"),
        (["x" * 76], f"['{'x' * 76}']"),
        (["x" * 77], f"['{'x' * 77}'…"),
        (["x" * 100], "['" + "x" * 78 + "…"),
        (None, "null"),
        (True, "true"),
        (7, "7"),
    ],
    ids=repr,
)
def test_a_quoted_value_is_one_short_line(value: object, shown: str) -> None:
    assert quote(value) == shown
