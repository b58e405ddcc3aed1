# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module wecom_kf_account: one account created, renamed, deleted, with its avatar and its link."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._params import ParamError
from ansible_collections.wecom.kf.plugins.modules.wecom_kf_account import MAX_AVATAR, SPEC, manage_account, read_params
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator
from ansible_collections.wecom.kf.tests.unit.support.module_process import run_on
from ansible_collections.wecom.kf.tests.unit.support.service import (
    ACCOUNT_ADD,
    ACCOUNT_DEL,
    ACCOUNT_UPDATE,
    ACCOUNTS,
    GETTOKEN,
    LINK,
    UPLOAD,
    api_of,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPG = b"\xff\xd8\xff\xe0" + bytes(100)

ACCOUNTS_BEFORE = [
    {"open_kfid": "wkA", "name": "咨询", "avatar": "https://a"},
    {"open_kfid": "wkB", "name": "售后", "avatar": "https://b"},
    {"open_kfid": "wkC", "name": "双"},
    {"open_kfid": "wkD", "name": "双"},
]


@pytest.fixture
def service(simulator: RunningSimulator) -> RunningSimulator:
    """Return a service with four accounts, two of which have the same name."""
    simulator.reset({"accounts": ACCOUNTS_BEFORE})
    return simulator


@pytest.fixture
def png(tmp_path: Path) -> str:
    (tmp_path / "avatar.png").write_bytes(PNG)
    return str(tmp_path / "avatar.png")


def params_of(**options: t.Any) -> dict[str, t.Any]:
    """Return these options with every other key, as Ansible passes them on."""
    return {**{name: option.get("default") for name, option in SPEC.options.items()}, **options}


def manage(
    service: RunningSimulator, *, check_mode: bool = False, how: dict[str, t.Any] | None = None, **options: t.Any
) -> dict[str, t.Any]:
    with api_of(service, **(how or {})) as api:
        result = manage_account(read_params(params_of(**options)), api, check_mode=check_mode, diff=True)
    assert len(result["msg"].splitlines()) == 1
    assert ("failure" in result) <= result["failed"]
    return result


def names(service: RunningSimulator) -> list[tuple[str, str]]:
    return [(account["open_kfid"], account["name"]) for account in service.accounts()]


def called(service: RunningSimulator) -> list[str]:
    return [line["endpoint"] for line in service.log()]


class TestPresent:
    def test_an_account_that_does_not_exist_is_created(self, service: RunningSimulator) -> None:
        result = manage(service, name="西湖店")
        (created,) = set(names(service)) - {(a["open_kfid"], a["name"]) for a in ACCOUNTS_BEFORE}
        assert created[1] == "西湖店"
        assert (result["changed"], result["failed"]) == (True, False)
        assert result["account"] == {
            "open_kfid": created[0],
            "name": "西湖店",
            "avatar": None,
            "manage_privilege": None,
        }
        assert result["msg"] == f"{created[0]} (西湖店): created"
        assert called(service) == [GETTOKEN, ACCOUNTS, ACCOUNT_ADD]
        assert "url" not in result

    def test_an_account_that_exists_stays_as_it_is(self, service: RunningSimulator) -> None:
        result = manage(service, name="咨询")
        assert (result["changed"], result["failed"]) == (False, False)
        assert result["account"] == {
            "open_kfid": "wkA",
            "name": "咨询",
            "avatar": "https://a",
            "manage_privilege": True,
        }
        assert result["msg"] == "wkA (咨询): unchanged"
        assert called(service) == [GETTOKEN, ACCOUNTS]

    def test_a_second_run_changes_nothing(self, service: RunningSimulator) -> None:
        assert manage(service, name="西湖店")["changed"]
        before = names(service)
        assert not manage(service, name="西湖店")["changed"]
        assert names(service) == before

    def test_several_accounts_of_that_name_are_refused_with_their_ids(self, service: RunningSimulator) -> None:
        result = manage(service, name="双")
        assert (result["changed"], result["failed"], result["account"]) == (False, True, None)
        assert result["msg"] == "name: 2 accounts are called '双': wkC, wkD; name one by its open_kfid"
        assert called(service) == [GETTOKEN, ACCOUNTS]
        assert "diff" not in result

    def test_an_account_with_another_name_is_renamed_by_its_id(self, service: RunningSimulator) -> None:
        result = manage(service, open_kfid="wkC", name="单")
        assert (result["changed"], result["failed"]) == (True, False)
        assert result["account"]["name"] == "单"
        assert result["msg"] == "wkC (单): renamed from '双'"
        assert names(service)[2:] == [("wkC", "单"), ("wkD", "双")]
        assert called(service) == [GETTOKEN, ACCOUNTS, ACCOUNT_UPDATE]

    def test_an_account_with_that_name_is_not_renamed(self, service: RunningSimulator) -> None:
        assert not manage(service, open_kfid="wkA", name="咨询")["changed"]
        assert not manage(service, open_kfid="wkA")["changed"]
        assert service.calls(ACCOUNT_UPDATE) == 0

    def test_an_id_that_does_not_exist_is_refused(self, service: RunningSimulator) -> None:
        result = manage(service, open_kfid="wkNo", name="新")
        assert (result["changed"], result["failed"]) == (False, True)
        assert result["msg"] == "open_kfid: there is no account wkNo, and the ID of a new one cannot be chosen"
        assert service.calls(ACCOUNT_ADD) == 0

    def test_a_name_on_a_later_page_is_found(self, simulator: RunningSimulator) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": 150}, {"open_kfid": "wkZ", "name": "尾"}]})
        assert manage(simulator, name="尾")["account"]["open_kfid"] == "wkZ"
        assert simulator.calls(ACCOUNTS) == 2


class TestAbsent:
    def test_an_account_is_deleted_by_id(self, service: RunningSimulator) -> None:
        result = manage(service, open_kfid="wkC", state="absent")
        assert (result["changed"], result["failed"], result["account"]) == (True, False, None)
        assert result["msg"] == "wkC (双): deleted"
        assert [kfid for kfid, _name in names(service)] == ["wkA", "wkB", "wkD"]
        assert called(service) == [GETTOKEN, ACCOUNTS, ACCOUNT_DEL]

    def test_an_account_is_deleted_by_a_name_that_is_unique(self, service: RunningSimulator) -> None:
        assert manage(service, name="售后", state="absent")["changed"]
        assert [kfid for kfid, _name in names(service)] == ["wkA", "wkC", "wkD"]

    def test_several_accounts_of_that_name_are_refused_and_none_is_deleted(self, service: RunningSimulator) -> None:
        result = manage(service, name="双", state="absent")
        assert (result["changed"], result["failed"]) == (False, True)
        assert "wkC, wkD" in result["msg"]
        assert service.calls(ACCOUNT_DEL) == 0

    @pytest.mark.parametrize("which", [{"open_kfid": "wkNo"}, {"name": "没有"}], ids=str)
    def test_one_that_is_gone_is_as_wanted(self, service: RunningSimulator, which: dict[str, t.Any]) -> None:
        result = manage(service, **which, state="absent")
        assert (result["changed"], result["failed"], result["account"]) == (False, False, None)
        assert result["msg"] == f"{next(iter(which.values()))}: already absent"
        assert service.calls(ACCOUNT_DEL) == 0

    def test_with_id_and_another_name_the_id_decides(self, service: RunningSimulator) -> None:
        assert manage(service, open_kfid="wkC", name="咨询", state="absent")["changed"]
        assert [kfid for kfid, _name in names(service)] == ["wkA", "wkB", "wkD"]

    def test_the_last_account_stays_and_the_hint_says_why(self, simulator: RunningSimulator) -> None:
        simulator.reset({"accounts": ACCOUNTS_BEFORE[:1]})
        result = manage(simulator, open_kfid="wkA", state="absent")
        assert (result["changed"], result["failed"]) == (False, True)
        assert result["failure"]["errcode"] == 95005
        assert result["failure"]["hint"] == "the last account of the corp cannot be deleted"
        assert len(names(simulator)) == 1


class TestAvatar:
    def test_a_new_account_gets_the_file_that_was_named(self, service: RunningSimulator, png: str) -> None:
        result = manage(service, name="西湖店", avatar=png)
        assert result["changed"]
        assert called(service) == [GETTOKEN, ACCOUNTS, UPLOAD, ACCOUNT_ADD]
        upload, addition = service.log()[-2:]
        assert upload["media"]["size"] == len(PNG)
        assert upload["media"]["filename"] == "avatar.png"
        assert addition["media_id"] == upload["media_id"]

    def test_an_account_that_exists_keeps_its_avatar_by_default(self, service: RunningSimulator, png: str) -> None:
        assert not manage(service, name="咨询", avatar=png)["changed"]
        assert service.calls(UPLOAD) == 0

    def test_always_sets_it_each_time(self, service: RunningSimulator, png: str) -> None:
        for _run in range(2):
            result = manage(service, name="咨询", avatar=png, avatar_update="always")
            assert result["changed"]
            assert result["msg"] == "wkA (咨询): avatar set"
            assert result["account"]["avatar"] is None, "what the service does not tell is null"
        assert service.calls(ACCOUNT_UPDATE) == 2

    def test_a_rename_and_an_avatar_are_one_call(self, service: RunningSimulator, png: str) -> None:
        result = manage(service, open_kfid="wkA", name="新咨询", avatar=png, avatar_update="always")
        assert result["msg"] == "wkA (新咨询): renamed from '咨询', avatar set"
        assert called(service) == [GETTOKEN, ACCOUNTS, UPLOAD, ACCOUNT_UPDATE]

    @pytest.mark.parametrize("retry_timeout", [0.0, 120.0])
    def test_a_rename_with_an_avatar_whose_response_is_lost_is_known_by_the_name(
        self, service: RunningSimulator, png: str, retry_timeout: float
    ) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="after")
        how = {"retry_timeout": retry_timeout}
        result = manage(service, open_kfid="wkC", name="单", avatar=png, avatar_update="always", how=how)
        assert (result["changed"], result["failed"], result["account"]["name"]) == (True, False, "单")
        assert called(service).count(ACCOUNT_UPDATE) == 1

    @pytest.mark.parametrize("second", [{"errcode": 40007}, {"errcode": 48002}], ids=str)
    def test_an_avatar_alone_that_is_lost_and_then_refused_is_not_known(
        self, service: RunningSimulator, png: str, second: dict[str, t.Any]
    ) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="after")
        service.fault(on=ACCOUNT_UPDATE, nth=2, **second)
        result = manage(service, open_kfid="wkA", avatar=png, avatar_update="always")
        assert (result["changed"], result["failed"]) == (False, True)
        assert result["msg"].startswith("not known whether the account was changed: kf/account/update failed: ")
        assert result["account"]["avatar"] is None

    def test_an_avatar_alone_whose_response_is_lost_is_set_again(self, service: RunningSimulator, png: str) -> None:
        service.fault(on=ACCOUNT_UPDATE, drop="after")
        result = manage(service, open_kfid="wkC", avatar=png, avatar_update="always")
        assert (result["changed"], result["failed"]) == (True, False)
        assert called(service).count(ACCOUNT_UPDATE) == 2

    def test_a_deletion_uploads_nothing(self, service: RunningSimulator, png: str) -> None:
        manage(service, name="咨询", avatar=png, avatar_update="always", state="absent")
        assert service.calls(UPLOAD) == 0

    def test_an_upload_that_fails_creates_nothing(self, service: RunningSimulator, png: str) -> None:
        service.fault(on=UPLOAD, errcode=45001)
        result = manage(service, name="西湖店", avatar=png)
        assert (result["changed"], result["failed"]) == (False, True)
        assert (result["failure"]["call"], result["failure"]["errcode"]) == (UPLOAD, 45001)
        assert service.calls(ACCOUNT_ADD) == 0

    @pytest.mark.parametrize("fault", [{"errcode": -1}, {"drop": "after"}, {"http_status": 502}], ids=str)
    def test_an_upload_is_retried(self, service: RunningSimulator, png: str, fault: dict[str, t.Any]) -> None:
        service.fault(on=UPLOAD, **fault)
        assert manage(service, name="西湖店", avatar=png)["changed"]
        assert service.calls(UPLOAD) == 2


class TestLink:
    def test_it_is_fetched_for_an_account_that_exists(self, service: RunningSimulator) -> None:
        result = manage(service, name="咨询", scene="store_1")
        assert result["url"].startswith("https://work.weixin.qq.com/kf/")
        assert "enc_scene" in result["url"]
        assert not result["changed"], "asking for a link changes nothing"
        assert called(service) == [GETTOKEN, ACCOUNTS, LINK]

    def test_an_empty_scene_is_the_link_without_one(self, service: RunningSimulator) -> None:
        assert "enc_scene" not in manage(service, name="咨询", scene="")["url"]

    def test_an_account_with_avatar_and_link_takes_five_calls(self, service: RunningSimulator, png: str) -> None:
        result = manage(service, name="西湖店", avatar=png, scene="a")
        assert called(service) == [GETTOKEN, ACCOUNTS, UPLOAD, ACCOUNT_ADD, LINK]
        assert result["url"] == manage(service, name="西湖店", scene="a")["url"]

    def test_there_is_none_for_an_account_that_was_deleted(self, service: RunningSimulator) -> None:
        result = manage(service, name="咨询", state="absent", scene="a")
        assert (result["changed"], result["failed"], result["url"]) == (True, False, None)
        assert service.calls(LINK) == 0

    def test_one_that_cannot_be_had_fails_the_task_and_the_creation_is_reported(
        self, service: RunningSimulator
    ) -> None:
        service.fault(on=LINK, errcode=48007)
        result = manage(service, name="西湖店", scene="a")
        assert (result["changed"], result["failed"], result["url"]) == (True, True, None)
        assert result["failure"]["call"] == LINK
        assert ": created; kf/add_contact_way failed: 48007" in result["msg"]


class TestCheckMode:
    @pytest.mark.parametrize(
        "options",
        [
            {"name": "咨询"},
            {"open_kfid": "wkC", "name": "单"},
            {"open_kfid": "wkC", "state": "absent"},
            {"name": "没有", "state": "absent"},
            {"name": "双"},
            {"open_kfid": "wkNo"},
        ],
        ids=str,
    )
    def test_it_writes_nothing_and_predicts_the_real_result(
        self, service: RunningSimulator, options: dict[str, t.Any]
    ) -> None:
        predicted = manage(service, **options, check_mode=True)
        assert names(service) == [(a["open_kfid"], a["name"]) for a in ACCOUNTS_BEFORE]
        assert set(called(service)) == {GETTOKEN, ACCOUNTS}
        assert predicted == manage(service, **options)

    def test_a_creation_is_predicted_without_an_id(self, service: RunningSimulator, png: str) -> None:
        result = manage(service, name="西湖店", avatar=png, scene="a", check_mode=True)
        assert (result["changed"], result["url"]) == (True, None)
        assert result["account"] == {"open_kfid": None, "name": "西湖店", "avatar": None, "manage_privilege": None}
        assert result["msg"] == "西湖店: created"
        assert called(service) == [GETTOKEN, ACCOUNTS]


class TestDiff:
    def test_it_shows_the_name_before_and_after(self, service: RunningSimulator) -> None:
        assert manage(service, open_kfid="wkC", name="单")["diff"] == {
            "before": "name: 双\n",
            "after": "name: 单\n",
            "before_header": "wkC",
            "after_header": "wkC",
        }

    def test_a_creation_has_nothing_before_and_a_deletion_nothing_after(
        self, service: RunningSimulator, png: str
    ) -> None:
        created = manage(service, name="西湖店", avatar=png)["diff"]
        assert (created["before"], created["after"]) == ("", f"name: 西湖店\navatar: {png}\n")
        deleted = manage(service, name="西湖店", state="absent")["diff"]
        assert (deleted["before"], deleted["after"]) == ("name: 西湖店\n", "")

    def test_without_an_account_the_header_is_what_was_asked_for(self, service: RunningSimulator) -> None:
        assert manage(service, open_kfid="wkGone", state="absent")["diff"]["before_header"] == "wkGone"
        assert manage(service, name="没有", state="absent")["diff"]["before_header"] == "没有"

    def test_nothing_changed_is_no_difference(self, service: RunningSimulator, png: str) -> None:
        diff = manage(service, name="咨询", avatar=png)["diff"]
        assert diff["before"] == diff["after"]


class TestRefusalsOfTheService:
    @pytest.mark.parametrize(
        ("settings", "errcode", "hint"),
        [
            ({"limits": {"accounts_per_corp": 4}}, 95005, "first delete an account that nobody needs"),
            ({"accounts_underused": True}, 95026, "use or delete the existing accounts first"),
            ({"avatar_required": True}, 40063, "as avatar"),
        ],
    )
    def test_a_creation_that_is_refused_has_a_hint_of_its_own(
        self, service: RunningSimulator, settings: dict[str, t.Any], errcode: int, hint: str
    ) -> None:
        service.settings(**settings)
        result = manage(service, name="西湖店")
        assert (result["changed"], result["failed"], result["account"]) == (False, True, None)
        assert result["failure"]["errcode"] == errcode
        assert hint in result["failure"]["hint"]
        assert service.calls(ACCOUNT_ADD) == 1, "it is not retried"

    def test_a_corp_that_is_not_verified_can_have_ten(self, simulator: RunningSimulator) -> None:
        simulator.reset({"accounts": [{"prefix": "wkF", "count": 10}], "verified": False})
        assert manage(simulator, name="西湖店")["failure"]["errcode"] == 95027

    @pytest.mark.parametrize("options", [{"name": "新"}, {"state": "absent"}], ids=str)
    def test_without_management_privilege_the_account_stays(
        self, service: RunningSimulator, options: dict[str, t.Any]
    ) -> None:
        service.change("wkA", manage_privilege=False)
        result = manage(service, open_kfid="wkA", **options)
        assert (result["changed"], result["failed"]) == (False, True)
        assert "可管理的客服账号" in result["failure"]["hint"]
        assert result["account"]["name"] == "咨询"

    def test_accounts_that_cannot_be_listed_are_the_failure(self, service: RunningSimulator) -> None:
        service.fault(on=ACCOUNTS, errcode=48002)
        result = manage(service, name="西湖店", scene="a")
        assert (result["changed"], result["failed"], result["account"], result["url"]) == (False, True, None, None)
        assert result["failure"]["call"] == ACCOUNTS
        assert service.calls(ACCOUNT_ADD) == 0


def refusal(**options: t.Any) -> str:
    with pytest.raises(ParamError) as raised:
        read_params(params_of(**options))
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", ["全\u3000角", "a\u00a0b", "\U0001f468\u200d\U0001f469"])
def test_blanks_of_other_scripts_and_joined_emoji_are_no_control_characters(
    service: RunningSimulator, name: str
) -> None:
    assert manage(service, name=name)["account"]["name"] == name


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "neither open_kfid nor name is given"),
            ({"name": ""}, "name is empty"),
            ({"name": "  "}, "name is empty"),
            ({"name": "十七个字的名字太长了不行不行不行"[:16] + "!"}, "has 17 characters, and at most 16 are allowed"),
            ({"name": "a\tb"}, "holds a control character"),
            ({"name": "a\nb"}, "holds a control character"),
            ({"open_kfid": "客服"}, "open_kfid: '客服' is not a valid account ID"),
            ({"open_kfid": ""}, "open_kfid is empty"),
            ({"name": "咨询", "scene": "a b"}, "scene: 'a b' is not a valid scene"),
            ({"name": "咨询", "scene": "x" * 33}, "at most 32"),
            ({"name": "咨询", "avatar": "/no/such/file.png"}, "avatar: /no/such/file.png cannot be read: No such file"),
        ],
        ids=str,
    )
    def test_it_is_refused_in_one_sentence(self, options: dict[str, t.Any], words: str) -> None:
        assert words in refusal(**options)

    @pytest.mark.parametrize("name", ["a", "十六个字的名字正好可以用没有问题", "😀" * 16])
    def test_a_name_of_up_to_sixteen_characters_is_taken(self, name: str) -> None:
        assert read_params(params_of(name=name)).desired.name == name

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (b"GIF89a" + bytes(50), "is neither a JPG nor a PNG image"),
            (PNG[:5], "is neither a JPG nor a PNG image"),
            (JPG[:4], "is neither a JPG nor a PNG image"),
            (b"<svg/>", "is neither a JPG nor a PNG image"),
            (PNG + bytes(MAX_AVATAR - len(PNG) + 1), f"has {MAX_AVATAR + 1} bytes, and at most {MAX_AVATAR}"),
        ],
        ids=["empty", "GIF", "PNG cut short", "JPG cut short", "SVG", "too large"],
    )
    def test_an_avatar_that_cannot_be_one_is_refused(self, tmp_path: Path, content: bytes, words: str) -> None:
        (tmp_path / "image").write_bytes(content)
        assert words in refusal(name="咨询", avatar=str(tmp_path / "image"))

    def test_a_folder_is_not_an_avatar(self, tmp_path: Path) -> None:
        assert "cannot be read: Is a directory" in refusal(name="咨询", avatar=str(tmp_path))

    @pytest.mark.parametrize(
        ("content", "content_type"), [(PNG, "image/png"), (JPG, "image/jpeg"), (PNG + bytes(1000), "image/png")]
    )
    def test_an_avatar_is_known_by_its_content(self, tmp_path: Path, content: bytes, content_type: str) -> None:
        (tmp_path / "image.gif").write_bytes(content)
        avatar = read_params(params_of(name="咨询", avatar=str(tmp_path / "image.gif"))).avatar
        assert avatar is not None
        assert (avatar.content, avatar.content_type) == (content, content_type)

    def test_an_avatar_of_exactly_ten_megabytes_is_taken(self, tmp_path: Path) -> None:
        (tmp_path / "image").write_bytes(PNG + bytes(MAX_AVATAR - len(PNG)))
        assert read_params(params_of(name="咨询", avatar=str(tmp_path / "image"))).avatar is not None

    def test_it_costs_no_call(self, service: RunningSimulator, tmp_path: Path) -> None:
        result = run_on(service, "wecom_kf_account", name="咨询", avatar=str(tmp_path / "none.png"), scene="a").result
        assert (result["changed"], result["failed"], result["account"], result["url"]) == (False, True, None, None)
        assert (service.calls(), result["api_calls"]) == (0, 0)


@pytest.mark.slow
def test_the_module_as_a_whole(service: RunningSimulator, png: str) -> None:
    given = {"name": "西湖店", "avatar": png, "scene": ""}
    predicted = run_on(service, "wecom_kf_account", {"check": True, "diff": True}, **given).result
    service.reset_counters()
    done = run_on(service, "wecom_kf_account", {"diff": True}, **given).result
    assert done["changed"]
    assert done["api_calls"] == service.calls() == 5
    assert done["url"].startswith("https://")
    assert predicted["diff"] == {**done["diff"], "before_header": "西湖店", "after_header": "西湖店"}
    assert not run_on(service, "wecom_kf_account", **given).result["changed"]
    assert run_on(service, "wecom_kf_account", name="西湖店", state="absent").result["changed"]
    assert names(service) == [(a["open_kfid"], a["name"]) for a in ACCOUNTS_BEFORE]
