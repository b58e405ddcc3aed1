# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls for accounts: what they send, and what is made of the responses."""

from __future__ import annotations

import hashlib
import socket
import typing as t

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._kf.account_api import (
    Image,
    add_account,
    create_link,
    delete_account,
    update_account,
    upload_image,
)
from ansible_collections.wecom.kf.plugins.module_utils._wecom.errors import WecomError
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.raw_server import raw_server, read_request
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNT_ADD,
    LINK,
    UPLOAD,
    api_of,
)

PNG = Image(b"\x89PNG\r\n\x1a\n--boundary\r\n\x00\xff", "image/png")


@pytest.fixture
def service(simulator: RunningSimulator) -> RunningSimulator:
    simulator.reset({"accounts": [{"open_kfid": "wkA", "name": "咨询"}, {"open_kfid": "wkB", "name": "售后"}]})
    return simulator


class TestUpload:
    @pytest.mark.parametrize(
        "image", [PNG, Image(b"\xff\xd8\xff" + bytes(range(256)) * 100, "image/jpeg")], ids=["PNG", "JPG"]
    )
    def test_the_bytes_arrive_as_they_are_with_name_type_and_length(
        self, service: RunningSimulator, image: Image
    ) -> None:
        with api_of(service) as api:
            assert upload_image(api, image)
        media = service.log()[-1]["media"]
        assert media == {
            "filename": f"avatar.{image.content_type.partition('/')[2]}",
            "size": len(image.content),
            "sha256": hashlib.sha256(image.content).hexdigest(),
        }

    def test_the_form_says_the_length_of_the_file(self, service: RunningSimulator) -> None:
        request = bytearray()

        def serve(connection: socket.socket) -> None:
            request.extend(read_request(connection))
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"media_id": "mm"}')

        with raw_server(serve) as server, api_of(service, api_url=server.url, access_token="t") as api:
            assert upload_image(api, PNG) == "mm"
        assert b"POST /cgi-bin/media/upload?access_token=t&type=image HTTP/1.1" in request
        assert f'name="media"; filename="avatar.png"; filelength={len(PNG.content)}'.encode() in request
        assert b"Content-Type: multipart/form-data; boundary=" in request

    @pytest.mark.parametrize("media_id", [None, "", 7, "a\nb"], ids=repr)
    def test_a_response_without_a_media_id_is_refused(self, service: RunningSimulator, media_id: t.Any) -> None:
        service.fault(on=UPLOAD, patch={"media_id": media_id})
        with api_of(service) as api, pytest.raises(WecomError, match="it lacks media_id"):
            upload_image(api, PNG)


class TestAddition:
    def test_a_name_and_a_media_id_are_sent_and_the_id_is_returned(self, service: RunningSimulator) -> None:
        with api_of(service) as api:
            media_id = upload_image(api, PNG)
            open_kfid = add_account(api, "西湖店", media_id)
        line = service.log()[-1]
        assert (line["name"], line["media_id"]) == ("西湖店", media_id)
        assert open_kfid in [account["open_kfid"] for account in service.accounts()]

    def test_it_is_not_repeated_by_itself(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNT_ADD, errcode=-1)
        with api_of(service) as api, pytest.raises(WecomError) as raised:
            add_account(api, "西湖店", None)
        assert raised.value.retryable
        assert service.calls(ACCOUNT_ADD) == 1

    @pytest.mark.parametrize("open_kfid", [None, "", 7, "wk\n"], ids=repr)
    def test_a_response_without_an_id_leaves_it_uncertain(self, service: RunningSimulator, open_kfid: t.Any) -> None:
        service.fault(on=ACCOUNT_ADD, patch={"open_kfid": open_kfid})
        with api_of(service) as api, pytest.raises(WecomError, match="it lacks open_kfid") as raised:
            add_account(api, "西湖店", None)
        assert raised.value.uncertain


def test_a_change_sends_only_what_is_given(service: RunningSimulator) -> None:
    with api_of(service) as api:
        media_id = upload_image(api, PNG)
        update_account(api, "wkA", "新", None)
        update_account(api, "wkA", None, media_id)
        update_account(api, "wkA", "更新", media_id)
    sent = [(line.get("name"), line.get("media_id")) for line in service.log()[-3:]]
    assert sent == [("新", None), (None, media_id), ("更新", media_id)]


def test_a_deletion_deletes_that_account_only(service: RunningSimulator) -> None:
    with api_of(service) as api:
        delete_account(api, "wkA")
    assert [account["open_kfid"] for account in service.accounts()] == ["wkB"]


class TestLink:
    def test_a_scene_is_sent_and_an_empty_one_is_not(self, service: RunningSimulator) -> None:
        with api_of(service) as api:
            assert "enc_scene=" in create_link(api, "wkA", "a")
            assert "enc_scene=" not in create_link(api, "wkA", "")
        assert [line.get("scene") for line in service.log()[-2:]] == ["a", None]

    def test_a_busy_service_is_asked_again(self, service: RunningSimulator) -> None:
        service.fault(on=LINK, errcode=-1)
        with api_of(service) as api:
            assert create_link(api, "wkA", "a")
