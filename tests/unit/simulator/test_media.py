# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploading images for avatars."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import PNG

if TYPE_CHECKING:
    from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator

    from .conftest import Client

JPG = b"\xff\xd8\xff" + b"x" * 10
DISPOSITION = b'Content-Disposition: form-data; name="media"; filename="a.png"'


def part(content: bytes = PNG, head: bytes = DISPOSITION + b"\r\nContent-Type: image/png") -> bytes:
    return b"--limit\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def send(client: Client, body: bytes, content_type: str = "multipart/form-data; boundary=limit") -> dict[str, Any]:
    """Upload a body that was made by hand."""
    response = client.http.post(
        client.url("media/upload"),
        params={"access_token": client.sim.token(), "type": "image"},
        data=body,
        headers={"Content-Type": content_type},
        timeout=30,
    )
    read: dict[str, Any] = response.json()
    return read


@pytest.mark.parametrize("content", [PNG, JPG], ids=["png", "jpg"])
def test_an_image_gets_a_media_id(client: Client, content: bytes) -> None:
    response = client.upload(content)
    assert re.fullmatch(r"3[0-9A-Za-z_-]{63}", response.pop("media_id"))
    assert re.fullmatch(r"[0-9]+", response.pop("created_at"))
    assert response == {"errcode": 0, "errmsg": "", "type": "image"}


def test_each_upload_gives_another_avatar(client: Client) -> None:
    avatars = []
    for _time in range(2):
        client.post("kf/account/add", {"name": "a", "media_id": client.upload()["media_id"]})
        avatars.append(client.accounts()[-1]["avatar"])
    assert len(set(avatars)) == 2


def test_the_log_describes_the_file_byte_for_byte(sim: RunningSimulator, client: Client) -> None:
    media_id = client.upload(media=("头像.png", PNG, "image/png"))["media_id"]
    line = sim.log()[-1]
    assert line["media"] == {"filename": "头像.png", "size": len(PNG), "sha256": hashlib.sha256(PNG).hexdigest()}
    assert line["media_id"] == media_id


@pytest.mark.parametrize("ttl", [0, 60])
def test_a_media_id_is_valid_for_some_time(sim: RunningSimulator, client: Client, ttl: float) -> None:
    assert sim.state()["settings"]["media_ttl"] == 3 * 24 * 3600
    sim.settings(media_ttl=ttl)
    body = {"name": "a", "media_id": client.upload()["media_id"]}
    assert client.post("kf/account/add", body)["errcode"] == (0 if ttl else 40007)


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        (b"", 44001),
        (b"\xff\xd8\xffab", 40006),
        (b"\xff\xd8\xffabc", 0),
        (b"GIF89a-----", 40004),
        (b"<html></html>", 40004),
        (JPG.ljust(1001), 45001),
        (JPG.ljust(1000), 0),
    ],
    ids=["empty", "five bytes", "six bytes", "gif", "html", "too large", "as large as may be"],
)
def test_files_are_judged_by_size_and_content(
    sim: RunningSimulator, client: Client, content: bytes, errcode: int
) -> None:
    sim.settings(limits={"media_size": 1000})
    assert client.upload(content)["errcode"] == errcode


@pytest.mark.slow
def test_ten_megabytes_are_not_too_large(client: Client) -> None:
    ten = 10 * 1024 * 1024
    assert client.upload(JPG.ljust(ten))["errcode"] == 0
    assert client.upload(JPG.ljust(ten + 1))["errcode"] == 45001


@pytest.mark.parametrize("type", ["file", "voice", ""])
def test_only_images_are_taken(client: Client, type: str) -> None:  # noqa: A002 -- the name of the field
    assert client.upload(type=type)["errcode"] == 40004


def test_a_form_made_by_hand(client: Client) -> None:
    assert send(client, part() + b"--limit--\r\n")["errcode"] == 0
    length = DISPOSITION + b"; filelength=" + str(len(PNG)).encode()
    assert send(client, part(head=length) + b"--limit--\r\n")["errcode"] == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=limit"),
        (PNG, "image/png"),
        (part() + b"--limit--\r\n", "multipart/form-data"),
        (part() + b"--limit--\r\n", "multipart/mixed; boundary=limit"),
        (part(), "multipart/form-data; boundary=limit"),
        (part() + part() + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        (part(head=DISPOSITION.replace(b"media", b"file")) + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        (part(head=DISPOSITION[:-18]) + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        (part(head=DISPOSITION) + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        (part(head=DISPOSITION + b"; filelength=7") + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
    ],
    ids=[
        "nothing",
        "no form",
        "no boundary",
        "another kind of form",
        "no end",
        "two parts",
        "another name",
        "no filename",
        "neither type nor length",
        "wrong length",
    ],
)
def test_forms_that_are_refused(client: Client, body: bytes, content_type: str) -> None:
    assert send(client, body, content_type)["errcode"] == 44001


def test_a_lenient_service_needs_neither_type_nor_length(sim: RunningSimulator, client: Client) -> None:
    sim.settings(lenient=True)
    assert send(client, part(head=DISPOSITION) + b"--limit--\r\n")["errcode"] == 0


def test_an_upload_needs_a_token_and_post(sim: RunningSimulator, client: Client) -> None:
    assert client.http.post(client.url("media/upload"), files={"media": PNG}, timeout=30).json()["errcode"] == 41001
    assert client.get("media/upload", access_token=sim.token(), type="image")["errcode"] == 43002


def test_an_upload_that_is_not_applied_gives_a_media_id_that_nobody_knows(
    sim: RunningSimulator, client: Client
) -> None:
    sim.fault(on="media/upload", applied=False, patch={"note": 1})
    body = {"name": "a", "media_id": client.upload()["media_id"]}
    assert client.post("kf/account/add", body)["errcode"] == 40007
