# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of error codes into the guides: ``python -m tests.tools.error_code_pages``.

What the codes mean is said in plugins/module_utils/_error_codes.py and nowhere else. The Chinese page translates it,
phrase by phrase; a phrase without a translation, or a translation without a phrase, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from .checkout import PACKAGE, ROOT, make_importable

SOURCE = f"{PACKAGE}.plugins.module_utils._error_codes"
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
    "wrong secret": "secret 错误",
    "no such userid": "userid 不存在",
    "wrong corpid": "corpid 错误",
    "access_token invalid": "access_token 无效",
    "bad parameter": "参数不合法",
    "empty parameter": "参数为空",
    "no such department": "部门不存在",
    "suite access_token invalid": "第三方应用的 suite_access_token 无效",
    "permanent code invalid": "永久授权码无效",
    "suite ticket invalid": "suite_ticket 无效",
    "secret does not belong to the corpid": "secret 与 corpid 不匹配",
    "access_token missing": "缺少 access_token",
    "access_token expired": "access_token 已过期",
    "suite access_token expired": "第三方应用的 suite_access_token 已过期",
    "call frequency limit": "接口调用超过频率限制",
    "too many calls at once": "接口并发调用超过限制",
    "the API is forbidden to this app": "应用没有调用该接口的权限",
    "this KF account is not authorised to this app": "该客服账号未授权给此应用管理",
    "member out of scope": "成员不在权限范围内",
    "the app is disabled": "应用已停用",
    "no privilege": "没有权限",
    "the caller's IP is not trusted": "调用方的 IP 不在企业可信IP中",
    "outside the app's visible scope": "不在应用的可见范围内",
    "no privilege over this member or department": "对该成员或部门没有权限",
    "userid not found": "找不到该 userid",
    "not a servicer of this account": "不是该客服账号的接待人员",
    "too many parameters": "参数个数超过限制",
    "no privilege over this department": "对该部门没有权限",
    "bad open_kfid": "open_kfid 不合法",
    "no such KF account": "客服账号不存在",
    "secret of the other edition": "使用了另一版本微信客服的 secret",
    "not a servicer, or the member never activated WeCom": "不是接待人员，或该成员尚未激活企业微信",
    "the API switch is off": "API 功能未开启",
    "the API is given to another app": "API 已授权给其他应用使用",
    "no interoperability licence": "成员没有互通许可",
    # cures
    "try again later": "稍后重试",
    "somebody else changed it meanwhile; run again": "其间有其他人修改了数据，请重新运行",
    "take the corpid from 我的企业 → 企业信息 in the admin console": "在管理后台 我的企业 → 企业信息 查看企业ID",
    "wait for the window to end (a minute or an hour) or raise retry_timeout":
        "等待限制窗口结束（一分钟或一小时），或调大 retry_timeout",
    "lower concurrency, or run fewer tasks at once": "调小 concurrency，或减少同时运行的任务",
    "add the app under 微信客服 → 可调用接口的应用, then fetch a new token":
        "在 微信客服 → 可调用接口的应用 中添加该应用，然后重新获取 token",
    "add it under 可管理的客服账号 of the app": "把该账号加入此应用的 可管理的客服账号",
    "enable the app in the admin console": "在管理后台启用该应用",
    "add {ip} under 企业可信IP (works after about a minute)": "把 {ip} 加入 企业可信IP（约一分钟后生效）",
    "take the id from the account list (wk…); the one shown in the admin console (kfc…) is another":
        "使用客服账号列表接口返回的 id（wk…）；管理后台显示的 id（kfc…）不能用于接口",
    "take the id from the account list (wk…); was the account deleted?":
        "使用客服账号列表接口返回的 id（wk…）；请确认账号是否已被删除",
    "use the secret of the app that manages the account": "使用管理该账号的应用的 secret",
    "use the secret of 微信客服 itself": "使用 微信客服 自身的 secret",
    "let the member sign in to WeCom once": "请该成员登录一次企业微信以激活账号",
    "switch the API on: admin console → 微信客服": "开启 API：管理后台 → 微信客服",
    "change the app: admin console → 微信客服": "更换应用：管理后台 → 微信客服",
    "assign the member an interoperability licence (互通账号)": "为该成员分配互通账号许可",
    "give a fresh access_token, or corpid and corpsecret so that it can be renewed":
        "提供新的 access_token，或提供 corpid 和 corpsecret 以便自动更新",
    "check corpid and corpsecret: the secret is that of 微信客服 or of the self-built app, "
    "and changes when it is reset":
        "检查 corpid 和 corpsecret：应为 微信客服 或自建应用的 secret，重置后旧值即失效",
    "widen the app's 可见范围 (visible scope) in the admin console": "在管理后台扩大应用的 可见范围",
    "the member has left, is outside the app's 可见范围 (visible scope), "
    "or a plain userid was given where the app sees open_userids":
        "成员已离职、不在应用的 可见范围 内，或应给出密文 open_userid 却给了明文 userid",
    "please report this with the errmsg: the collection should not have sent it":
        "请附上 errmsg 提交问题报告：本合集不应发出这样的请求",
    "take the department's id from the address book, and check that the app can see it":
        "在通讯录中查看部门 id，并确认应用可以看到该部门",
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
    return "every account" if known.every_account else "others"


def _table(group: str, say: Callable[[str], str]) -> Iterator[str]:
    yield ".. list-table::\n  :header-rows: 1\n  :widths: 10 30 60\n\n"
    rows = [(say("Code"), say("Meaning"), say("What to do"))]
    for code, known in sorted(_error_codes().items()):
        if _group(known) == group:
            cure = say(known.cure or "—").replace("{ip}", say("the address in errmsg"))
            rows.append((f"``{code}``", say(known.meaning), cure))
    for row in rows:
        yield "  * - {}\n    - {}\n    - {}\n".format(*row)


def render(text: str, say: Callable[[str], str]) -> str:
    """Return a page with its tables written anew."""
    for group in ("retried", "every account", "others"):
        before, begin, rest = text.partition(_BEGIN.format(group=group))
        _old, end, after = rest.partition(_END.format(group=group))
        if not begin or not end:
            raise ValueError(f"the page has no place for the table of {group!r}")
        text = f"{before}{begin}\n{''.join(_table(group, say))}\n{end}{after}"
    return text


def pages() -> dict[Path, str]:
    """Return what the pages have to hold. Raises ValueError where a translation is missing or not needed."""
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
