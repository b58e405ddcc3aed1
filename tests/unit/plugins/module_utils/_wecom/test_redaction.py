# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret is taken out of a text however it was encoded on its way into it."""

from __future__ import annotations

import html
import json
import typing as t
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.wecom.kf.plugins.module_utils._wecom.redaction import MASK, Redactor

ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "itself": str,
    "percent": quote,
    "percent, all of it": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent, as in a form": quote_plus,
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, raw characters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "JSON, every character": lambda text: "".join(
        rf"\u{int.from_bytes(text16, 'big'):04X}"
        for text16 in (text.encode("utf-16-be")[at : at + 2] for at in range(0, 2 * _units(text), 2))
    ),
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(character):X};" for character in text),
    "a mixture": lambda text: "".join(
        quote(character, safe="") if at % 2 else character for at, character in enumerate(text)
    ),
}

secrets = st.text(min_size=1, max_size=12)
surroundings = st.sampled_from(["", "https://host/cgi-bin/gettoken?corpid=ww1&corpsecret=", '{"errmsg": "', " ", "&"])


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(secret=secrets, before=surroundings, after=surroundings)
def test_any_encoding_of_any_secret_is_masked(encoding: str, secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    encoded = ENCODINGS[encoding](secret)
    # A secret of one letter may also stand in the surroundings; what is left must not hold it anyhow.
    cleaned = redactor.clean(f"{before}{encoded}{after}")
    assert MASK in cleaned
    assert encoded not in cleaned.replace(MASK, "")


@given(secret=secrets, text=st.text(max_size=40))
def test_a_text_without_the_secret_stays_as_it_is_and_one_with_it_has_it_no_more(secret: str, text: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    cleaned = redactor.clean(text)
    if MASK not in cleaned:
        assert cleaned == text
        assert secret not in cleaned


@given(st.lists(st.text("abc%+", min_size=1, max_size=6), min_size=2, max_size=4, unique=True))
def test_several_secrets_are_masked_even_where_one_holds_another(several: list[str]) -> None:
    redactor = Redactor()
    for secret in several:
        redactor.add(secret)
    for secret in several:
        assert redactor.clean(secret).replace("*", "") == ""


def test_a_token_in_an_error_of_the_service() -> None:
    redactor = Redactor()
    redactor.add("a+b/c=%&")
    said = "invalid access_token a%2Bb%2fc%3D%25%26, hint: [1745], more at https://host?t=a+b\\/c=%&amp;"
    assert redactor.clean(said) == f"invalid access_token {MASK}, hint: [1745], more at https://host?t={MASK}"


@pytest.mark.parametrize("written", ["&apos;", "&quot;", "&lt;", "&gt;", "&amp;"])
def test_named_entities_are_known(written: str) -> None:
    redactor = Redactor()
    redactor.add(f"a{html.unescape(written)}b")
    assert redactor.clean(f"<a{written}b>") == f"<{MASK}>"


def test_a_plus_sign_stands_for_a_blank_and_for_nothing_else() -> None:
    redactor = Redactor()
    redactor.add("a b")
    redactor.add("xyz")
    assert redactor.clean("a+b x+z +++") == f"{MASK} x+z +++"


def test_nothing_known_nothing_masked() -> None:
    redactor = Redactor()
    redactor.add("")
    assert redactor.clean("text") == "text"


@pytest.mark.parametrize("secret", ["x" * 100, "%" * 100, "\\" * 100, "\\n" * 50, "\\" * 50 + "n", "&" * 100])
def test_no_text_takes_long(secret: str) -> None:
    """The patterns must not find too many ways to match: this would hang."""
    redactor = Redactor()
    redactor.add(secret)
    for text in ((secret[:-1] + "!") * 20, "%25" * 3000, "\\" * 10000, "&amp;" * 2000, "&#0" * 3000):
        redactor.clean(text)
