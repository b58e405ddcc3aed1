#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_account
short_description: Manage a WeCom customer service account
version_added: 0.3.0
description:
  - Creates, renames and deletes one customer service (微信客服, KF) account of the corp, sets its avatar, and returns
    its contact link.
  - If the response to a creation is lost, the accounts are listed before the call is repeated. If WeCom carries out the
    first call even later, the task fails and names both accounts.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.connection
attributes:
  check_mode:
    support: full
    details:
      - Lists the accounts and reports what the real run would do. RV(url) is V(null), because the link is not
        asked for.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Yes, except with O(avatar_update=always), because the service does not tell which avatar an account has.
options:
  open_kfid:
    description:
      - The ID of the account. Needed only to rename an account, or to choose one of several with the same name.
      - The ID of a new account cannot be chosen.
    type: str
  name:
    description:
      - The name of the account, at most 16 characters.
      - Without O(open_kfid) it also says which account is meant, and has to match exactly.
    type: str
  state:
    description:
      - V(present) makes sure that the account exists and has this name, V(absent) that it does not exist.
    type: str
    choices: [present, absent]
    default: present
  avatar:
    description:
      - A JPG or PNG file of at most 10 MB on the host that runs the module. Older editions of the service take 2 MB.
      - Give an absolute path, on the controller for example with C(playbook_dir). A relative path is relative to the
        folder in which the module runs, which differs from host to host.
    type: path
  avatar_update:
    description:
      - V(on_create) sets the avatar of a new account only.
      - V(always) sets it each time, and the task is changed each time.
    type: str
    choices: [on_create, always]
    default: on_create
  scene:
    description:
      - Also return the contact link for this scene, at most 32 of the characters V(0-9A-Za-z_-). WeCom passes the
        scene on when a customer uses the link.
      - An empty text is the link without a scene.
    type: str
seealso:
  - module: wecom.kf.wecom_kf_account_info
  - module: wecom.kf.wecom_kf_servicer
  - name: API reference
    description: Creating, changing and deleting accounts.
    link: https://developer.work.weixin.qq.com/document/path/94662
"""

EXAMPLES = r"""
- name: Open an account for the store
  wecom.kf.wecom_kf_account:
    name: 西湖店客服
    avatar: "{{ playbook_dir }}/files/store.png"
    scene: poster
  register: store

- name: Let its people serve
  wecom.kf.wecom_kf_servicer:
    open_kfid: "{{ store.account.open_kfid }}"
    userids: [zhangsan, lisi]

- name: Rename an account
  wecom.kf.wecom_kf_account:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    name: 售后客服

- name: Close an account
  wecom.kf.wecom_kf_account:
    name: 西湖店客服
    state: absent
"""

RETURN = r"""
msg:
  description: What was done, or why it failed, in one line.
  returned: always
  type: str
  sample: "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q (West Lake store): created"
account:
  description:
    - The account; V(null) where there is none. What the response to a creation or a change does not tell is V(null).
  returned: always
  type: dict
  contains:
    open_kfid:
      description: The account's ID; V(null) for an account that check mode would create.
      type: str
      returned: always
    name:
      description: The account's name.
      type: str
      returned: always
    avatar:
      description: The URL of the account's avatar.
      type: str
      returned: always
    manage_privilege:
      description: Whether the app may manage the account.
      type: bool
      returned: always
  sample:
    open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
    name: West Lake store
    avatar: null
    manage_privilege: null
url:
  description: The contact link; V(null) where there is no account, and in check mode.
  returned: when O(scene) is given
  type: str
  sample: https://work.weixin.qq.com/kf/kfcbf8f8d07ac7215f?enc_scene=ENCGFSDF567DF
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 5
failure:
  description: The call that failed; like RV(wecom.kf.wecom_kf_servicer#module:failure).
  returned: when a call failed
  type: dict
diff:
  description: The name before and after, and the avatar if it is set; empty where there is no account.
  returned: in diff mode, when the accounts could be listed
  type: dict
  contains:
    before:
      description: The account before.
      type: str
      returned: always
    after:
      description: The account after.
      type: str
      returned: always
    before_header:
      description: The account.
      type: str
      returned: always
    after_header:
      description: The account.
      type: str
      returned: always
  sample: {before: "", after: "name: West Lake store\n", before_header: West Lake store, after_header: West Lake store}
"""

import os
import typing as t
import unicodedata

from ..module_utils._argspec import CONNECTION, ArgumentSpec
from ..module_utils._kf.account_api import Image, create_link
from ..module_utils._kf.account_apply import AccountOutcome, apply_account_plan
from ..module_utils._kf.account_plan import CREATE, DELETE, NONE, AccountPlan, DesiredAccount, make_account_plan
from ..module_utils._kf.api import KfApi
from ..module_utils._kf.models import Account
from ..module_utils._kf.userids import quote
from ..module_utils._module import run_module
from ..module_utils._params import ParamError, Params, read_name, read_open_kfid, read_scene, require_one_of
from ..module_utils._wecom.errors import WecomError

Result = t.Dict[str, t.Any]

MAX_NAME = 16
"""Characters."""
MAX_AVATAR = 10 * 1024 * 1024
"""Bytes."""
_MIN_AVATAR = 6
_CONTENT_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""By the bytes that a file begins with."""

SPEC = ArgumentSpec(
    {
        "open_kfid": {"type": "str"},
        "name": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "avatar": {"type": "path"},
        "avatar_update": {"type": "str", "choices": ["on_create", "always"], "default": "on_create"},
        "scene": {"type": "str"},
    },
    required_one_of=(("open_kfid", "name"),),
).merge(CONNECTION)


class AccountParams(t.NamedTuple):
    """What is wanted of the account."""

    desired: DesiredAccount
    avatar: Image | None
    avatar_path: str | None
    scene: str | None


def read_params(params: Params) -> AccountParams:
    """Return what is wanted of the account. Raises ParamError."""
    require_one_of(params, "open_kfid", "name")
    open_kfid = None if params["open_kfid"] is None else read_open_kfid(params["open_kfid"])
    name = None if params["name"] is None else read_name(params, "name")
    if name and len(name) > MAX_NAME:
        raise ParamError(f"name: {quote(name)} has {len(name)} characters, and at most {MAX_NAME} are allowed")
    if name and any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        raise ParamError(f"name: {quote(name)} holds a control character")
    avatar = None if params["avatar"] is None else read_avatar(params["avatar"])
    always = params["avatar_update"] == "always"
    desired = DesiredAccount(open_kfid, name, params["state"], avatar is not None, always)
    return AccountParams(desired, avatar, params["avatar"], read_scene(params))


def read_avatar(path: str) -> Image:
    """Return the image in a file. Raises ParamError."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            content = file.read(MAX_AVATAR + 1)
    except OSError as error:
        raise ParamError(f"avatar: {path} cannot be read: {error.strerror}") from None
    if not content:
        raise ParamError(f"avatar: {path} is empty")
    if len(content) > MAX_AVATAR:
        raise ParamError(f"avatar: {path} has {size} bytes, and at most {MAX_AVATAR} (10 MB) are allowed")
    for start, content_type in _CONTENT_TYPES.items():
        if content.startswith(start) and len(content) >= _MIN_AVATAR:
            return Image(content, content_type)
    raise ParamError(f"avatar: {path} is neither a JPG nor a PNG image")


def manage_account(params: AccountParams, api: KfApi, *, check_mode: bool, diff: bool) -> Result:
    """Read, plan, apply (not in check mode), fetch the link, report. Raises nothing for what the service does."""
    try:
        known = list(api.list_accounts())
    except WecomError as error:
        return report(params, AccountPlan(NONE), AccountOutcome(None, False, (error,)), "")
    plan = make_account_plan(params.desired, known)
    url = ""
    if plan.refusal:
        outcome = AccountOutcome(None, False, refusal=plan.refusal)
    elif check_mode or plan.action == NONE:
        outcome = AccountOutcome(plan.predict(), plan.action != NONE)
    else:
        outcome = apply_account_plan(plan, known, params.avatar, api)
    if params.scene is not None and not check_mode:
        outcome, url = fetch_link(outcome, params.scene, api)
    result = report(params, plan, outcome, url)
    if diff and not plan.refusal:
        result["diff"] = account_diff(params, plan, outcome)
    return result


def fetch_link(outcome: AccountOutcome, scene: str, api: KfApi) -> tuple[AccountOutcome, str]:
    """Return the outcome with the account's link; empty where there is no account or no link."""
    if outcome.account is None or outcome.failures or outcome.refusal:
        return outcome, ""
    try:
        return outcome, create_link(api, outcome.account.open_kfid, scene)
    except WecomError as error:
        return outcome._replace(failures=(error,)), ""


def report(params: AccountParams, plan: AccountPlan, outcome: AccountOutcome, url: str) -> Result:
    """Return the result."""
    result: Result = {
        "changed": outcome.changed,
        "failed": bool(outcome.failures or outcome.refusal),
        "msg": describe(params, plan, outcome),
        "account": outcome.account and {**outcome.account._asdict(), "open_kfid": outcome.account.open_kfid or None},
    }
    if params.scene is not None:
        result["url"] = url or None
    if outcome.failures:
        result["failure"] = outcome.failures[0].as_result()
    return result


def describe(params: AccountParams, plan: AccountPlan, outcome: AccountOutcome) -> str:
    """Return what was done, and what failed, in one line."""
    problem = outcome.refusal or "; then ".join(dict.fromkeys(error.sentence() for error in outcome.failures))
    if not outcome.is_known:
        done = {CREATE: "created", DELETE: "deleted"}.get(plan.action, "changed")
        return f"not known whether the account was {done}: {problem}"
    if problem and not outcome.changed:
        return problem
    account = outcome.account or plan.current or Account(params.desired.open_kfid or "", params.desired.name)
    label = f"{account.open_kfid} ({account.name})" if account.open_kfid and account.name else None
    done = "unchanged" if outcome.account else "already absent"
    if outcome.changed:
        renamed = [f"renamed from {quote(plan.current.name)}"] if plan.current and plan.name else []
        changes = renamed + (["avatar set"] if plan.set_avatar else [])
        done = {CREATE: "created", DELETE: "deleted"}.get(plan.action) or ", ".join(changes)
    text = f"{label or account.open_kfid or account.name}: {done}"
    return f"{text}; {problem}" if problem else text


def account_diff(params: AccountParams, plan: AccountPlan, outcome: AccountOutcome) -> Result:
    """Return the account's name before and after, and its avatar if it is set."""
    created = Account("", plan.name) if outcome.changed and plan.action == CREATE else None
    before, after = (f"name: {found.name}\n" if found else "" for found in (plan.current, outcome.account or created))
    if outcome.changed and plan.set_avatar:
        after += f"avatar: {params.avatar_path}\n"
    account = plan.current or outcome.account
    header = account.open_kfid if account and account.open_kfid else params.desired.name or params.desired.open_kfid
    return {"before": before, "after": after, "before_header": header, "after_header": header}


def empty_result(params: Params) -> Result:
    """Return the result where nothing was tried, without ``changed`` and ``msg``."""
    return {"account": None, **({"url": None} if params.get("scene") is not None else {})}


def main() -> None:
    """Run the module."""
    run_module(SPEC, read_params, manage_account, empty_result)


if __name__ == "__main__":
    main()
