# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of error codes into the guides: ``python -m tests.tools.error_code_pages``.

What the codes mean is said in plugins/module_utils/_wecom/errors.py and nowhere else. The Chinese page translates it,
phrase by phrase; a phrase without a translation, or a translation without a phrase, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from .checkout import PACKAGE, ROOT, make_importable

SOURCE = f"{PACKAGE}.plugins.module_utils._wecom.errors"
PAGES = ROOT / "docs" / "docsite" / "rst"
_BEGIN, _END = ".. begin {group}\n", ".. end {group}\n"

# Words of the code, and what a Chinese page says in their place.
_CHINESE = {
    "Code": "错误码",
    "Meaning": "含义",
    "What to do": "处理办法",
    "—": "——",
    "the address in errmsg": "errmsg 中给出的 IP",
    # meanings
    "system busy": "系统繁忙",
    "data version conflict": "数据版本冲突",
    "wrong secret, or the app was stopped": "Secret 错误，或应用已停用",
    "no such userid": "userid 不存在",
    "unsupported type of media file": "不支持的媒体文件类型",
    "unsupported size of media file": "媒体文件大小不符合要求",
    "invalid media_id": "media_id 无效",
    "wrong corpid": "corpid 错误",
    "access_token invalid": "access_token 无效",
    "bad parameter, or too many elements": "参数不合法，或列表元素过多",
    "a required parameter is missing": "缺少必填参数",
    "no such department": "部门不存在",
    "suite access_token invalid": "第三方应用的 suite_access_token 无效",
    "permanent code invalid": "永久授权码无效",
    "suite ticket invalid": "suite_ticket 无效",
    "secret does not belong to the corpid": "Secret 与 corpid 不匹配",
    "access_token missing": "缺少 access_token",
    "access_token expired": "access_token 已过期",
    "suite access_token expired": "第三方应用的 suite_access_token 已过期",
    "empty media file": "媒体文件为空",
    "media file too large": "媒体文件过大",
    "call frequency limit": "接口调用超过频率限制",
    "too many calls at once": "接口并发调用超过限制",
    "the API is not authorized for this app": "应用未获得该接口的授权",
    "the API is forbidden to this app": "应用没有调用该接口的权限",
    "the app's authorization is invalid or was withdrawn": "应用的授权无效或已取消",
    "the API is discontinued": "接口已废弃",
    "the API permission was withdrawn because the app did not use it for long": "应用长期未调用，接口权限已被收回",
    "this KF account is not authorized for this app": "该客服账号未授权给此应用管理",
    "member out of scope": "成员不在权限范围内",
    "the app is disabled": "应用已停用",
    "no privilege": "没有权限",
    "the caller's IP is not trusted": "调用方的 IP 不在企业可信IP中",
    "outside the app's visible scope": "不在应用的可见范围内",
    "no privilege over this member or department": "对该成员或部门没有权限",
    "the app may not call this API": "应用不可调用该接口",
    "userid not found": "找不到该 userid",
    "not a servicer of this account": "不是该客服账号的接待人员",
    "too many elements, or the account is full": "列表元素过多，或客服账号的接待人员已满",
    "no privilege over this department": "对该部门没有权限",
    "bad open_kfid": "open_kfid 不合法",
    "no such KF account": "客服账号不存在",
    "the limit of accounts is reached": "客服账号数量已达上限",
    "bad account name": "客服账号名称不合法",
    "secret of the other edition: the corp uses 微信客服 in WeCom": (
        "使用了另一版本微信客服的 Secret：该企业在企业微信中使用微信客服"
    ),
    "secret of the other edition: the corp does not use 微信客服 in WeCom": (
        "使用了另一版本微信客服的 Secret：该企业没有在企业微信中使用微信客服"
    ),
    "not a servicer, or the member never activated WeCom": "不是接待人员，或该成员尚未激活企业微信",
    "the API switch is off": "API 功能未开启",
    "the API is assigned to another app": "API 已授权给其他应用使用",
    "the existing accounts are used too little for a new one": "现有客服账号使用率过低，不能新建",
    "a corp that is not verified can have 10 accounts at most": "未认证的企业最多 10 个客服账号",
    "no interoperability license": "成员没有激活互通账号",
    # hints
    "try again later": "稍后重试",
    "somebody else changed it at the same moment; run again": "其他人同时修改了数据，请重新运行",
    "take the corpid from 我的企业 → 企业信息 in the admin console": "在管理后台「我的企业 → 企业信息」中查看企业ID",
    "wait for the window to end (a minute or an hour) or raise retry_timeout":
        "等待限制窗口结束（一分钟或一小时），或调大 retry_timeout",
    "lower concurrency, or run fewer tasks at once": "调小 concurrency，或减少同时运行的任务",
    "check the app's API permissions in the admin console: 微信客服 → 可调用接口的应用":
        "在管理后台检查应用的接口权限：「微信客服 → 可调用接口的应用」",
    "add the app under 微信客服 → 可调用接口的应用, then fetch a new token":
        "在「微信客服 → 可调用接口的应用」中添加该应用，然后重新获取 token",
    "ask an administrator to switch it on again in the admin console": "由管理员在管理后台重新启用",
    "add the account under 可管理的客服账号 of the app": "把该账号加入此应用的「可管理的客服账号」",
    "enable the app in the admin console": "在管理后台启用该应用",
    "add {ip} under 企业可信IP (takes effect after about a minute); for a third-party or agent-developed app under"
    " 服务商管理后台 → 服务商信息 → 基本信息 → IP白名单":
        "把 {ip} 加入「企业可信IP」（约一分钟后生效）；第三方应用和代开发应用在"
        "服务商管理后台的「服务商信息 → 基本信息 → IP白名单」中添加",
    "take the ID from the account list (wk…); the one shown in the admin console (kfc…) is a different ID":
        "使用客服账号列表接口返回的 ID（wk…）；管理后台显示的 ID（kfc…）是另一种，不能用于接口",
    "take the ID from the account list (wk…); was the account deleted?":
        "使用客服账号列表接口返回的 ID（wk…）；请确认账号是否已被删除",
    "first delete an account that nobody needs": "先删除不再需要的客服账号",
    "give a name of 1 to 16 characters": "名称应为 1 到 16 个字符",
    "use the secret of an app in WeCom": "使用企业微信中应用的 Secret",
    "use the secret of 微信客服 itself": "使用「微信客服」自身的 Secret",
    "let the member sign in to WeCom once": "请该成员登录一次企业微信以激活账号",
    "switch the API on: admin console → 微信客服": "在管理后台的「微信客服」中开启 API",
    "change the app: admin console → 微信客服": "在管理后台的「微信客服」中更换应用",
    "use or delete the existing accounts first": "先使用或删除现有的客服账号",
    "verify the corp (企业认证)": "完成企业认证",
    "assign the member an interoperability license (互通账号)": "为该成员激活互通账号（接口调用许可）",
    "give a fresh access_token, or corpid and corpsecret so that it can be renewed":
        "提供新的 access_token，或提供 corpid 和 corpsecret 以便自动更新",
    "check corpid and corpsecret: the secret is that of the self-built app (that of 微信客服 works only in corps that"
    " used it before December 2023), and changes when it is reset":
        "检查 corpid 和 corpsecret：应为自建应用的 Secret"
        "（「微信客服」的 Secret 仅限 2023 年 12 月之前已使用它的企业），重置后旧值即失效",
    "widen the app's 可见范围 (visible scope) in the admin console": "在管理后台扩大应用的「可见范围」",
    "the member has left, is outside the app's 可见范围 (visible scope), "
    "or a plain userid was given where the app sees open_userids":
        "成员已离职、不在应用的「可见范围」内，或应给出密文 open_userid 却给了明文 userid",
    "please report this with the errmsg: the collection should not have sent it":
        "请附上 errmsg 提交问题报告：本集合不应发出这样的请求",
    "if the account holds 500 servicers (in newer editions 2,000, and 20 departments), it is full: remove some first;"
    " otherwise please report this with the errmsg":
        "如果该账号已有 500 名接待人员（新版为 2000 名，部门 20 个），则已满，请先移除一部分；"
        "否则请附上 errmsg 提交问题报告",
    "give a JPG or PNG file of at most 2 MB (10 MB in newer editions)":
        "使用不超过 2 MB（新版为 10 MB）的 JPG 或 PNG 文件",
    "take the department's ID from the address book, and check that the app can see it":
        "在通讯录中查看部门 ID，并确认应用可以看到该部门",
    "renew the caller's own token: the access_token of a third-party app comes from service/get_corp_token":
        "更新调用方自己的 token：第三方应用的 access_token 通过 service/get_corp_token 获取",
}  # fmt: skip


def _error_codes() -> dict[int, Any]:
    make_importable()
    codes: dict[int, Any] = import_module(SOURCE).ERROR_CODES
    return codes


def _group(known: Any) -> str:
    if known.retryable:
        return "retried"
    return "fatal" if known.fatal else "others"


def _table(group: str, say: Callable[[str], str]) -> Iterator[str]:
    yield ".. list-table::\n  :header-rows: 1\n  :class: codes\n  :widths: 10 30 60\n\n"
    rows = [(say("Code"), say("Meaning"), say("What to do"))]
    for code, known in sorted(_error_codes().items()):
        if _group(known) == group:
            hint = say(known.hint or "—").replace("{ip}", say("the address in errmsg"))
            rows.append((f"``{code}``", say(known.meaning), hint))
    for row in rows:
        yield "  * - {}\n    - {}\n    - {}\n".format(*row)


def render(text: str, say: Callable[[str], str]) -> str:
    """Return a page with its tables replaced."""
    for group in ("retried", "fatal", "others"):
        before, begin, rest = text.partition(_BEGIN.format(group=group))
        _old, end, after = rest.partition(_END.format(group=group))
        if not begin or not end:
            raise ValueError(f"the page has no place for the table of {group!r}")
        text = f"{before}{begin}\n{''.join(_table(group, say))}\n{end}{after}"
    return text


def pages() -> dict[Path, str]:
    """Return what the pages must contain. Raises ValueError where a translation is missing or not needed."""
    used: set[str] = set()

    def in_chinese(words: str) -> str:
        used.add(words)
        if words not in _CHINESE:
            raise ValueError(f"{Path(__file__).name} has no translation of {words!r}")
        return _CHINESE[words]

    languages: dict[str, Callable[[str], str]] = {"error_codes.rst": str, "error_codes_zh.rst": in_chinese}
    texts = {PAGES / name: render((PAGES / name).read_text(encoding="utf-8"), say) for name, say in languages.items()}
    if unused := _CHINESE.keys() - used:
        raise ValueError(f"{Path(__file__).name} translates what no error code says: {sorted(unused)}")
    return texts


def main() -> None:
    """Bring the pages up to date."""
    for path, text in pages().items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"Wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
