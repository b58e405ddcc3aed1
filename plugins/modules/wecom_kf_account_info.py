#!/usr/bin/python
# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wecom_kf_account_info
short_description: List WeCom customer service accounts
version_added: 0.1.0
description:
  - Lists the customer service (微信客服, KF) accounts of the corp, all pages.
author:
  - wecom.kf contributors (@wecom-kf)
extends_documentation_fragment:
  - wecom.kf.attributes
  - wecom.kf.attributes.info_module
  - wecom.kf.connection
options:
  name:
    description:
      - Return only accounts of exactly this name. There may be several.
    type: str
  open_kfids:
    description:
      - Return only these accounts. One that does not exist is left out.
    type: list
    elements: str
    aliases: [open_kfid]
  scene:
    description:
      - Also return the contact link of each account for this scene, at most 32 of the characters V(0-9A-Za-z_-), at one
        call for each account. An empty text is the link without a scene.
    type: str
    version_added: 0.3.0
  concurrency:
    description:
      - How many links to ask for at a time, V(1) to V(16), in one process with one token.
      - When the service refuses that many calls at once, fewer are made for the rest of the task.
    type: int
    default: 4
    version_added: 0.3.0
seealso:
  - module: wecom.kf.wecom_kf_servicer_info
"""

EXAMPLES = r"""
- name: All accounts
  wecom.kf.wecom_kf_account_info:
  register: kf

- name: The accounts of a name, with their links for a poster
  wecom.kf.wecom_kf_account_info:
    name: 咨询客服
    scene: poster
  register: inquiries
"""

RETURN = r"""
msg:
  description: How many accounts were found, or why that is not known.
  returned: always
  type: str
  sample: 3 accounts
accounts:
  description: The accounts, in the service's order.
  returned: always
  type: list
  elements: dict
  contains:
    open_kfid:
      description: The account's ID.
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
      description: Whether the app may manage the account; V(null) where the service leaves it out.
      type: bool
      returned: always
    url:
      description: The contact link; V(null) where it could not be had.
      type: str
      returned: when O(scene) is given
    failed:
      description: Set where the link could not be had.
      type: bool
      returned: when the link could not be had
    msg:
      description: Why the link could not be had.
      type: str
      returned: when the link could not be had
    failure:
      description: The call that failed; like RV(wecom.kf.wecom_kf_servicer#module:failure).
      type: dict
      returned: when the link could not be had
  sample:
    - open_kfid: wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q
      name: Hotline
      avatar: https://wwcdn.example.com/avatar.png
      manage_privilege: true
api_calls:
  description: HTTP requests made, gettoken and retries included.
  returned: always
  type: int
  sample: 2
failure:
  description: The call that failed as a whole; like RV(wecom.kf.wecom_kf_servicer#module:failure).
  returned: when a call failed as a whole
  type: dict
"""

import typing as t

from ..module_utils._accounts_params import InfoParams, read_account_info_params
from ..module_utils._argspec import CONCURRENCY, CONNECTION, OPEN_KFIDS, ArgumentSpec
from ..module_utils._kf.account_api import create_link
from ..module_utils._kf.api import KfApi
from ..module_utils._kf.models import Account
from ..module_utils._module import run_module
from ..module_utils._pool import Failures, Pool
from ..module_utils._results import count, empty_info_result
from ..module_utils._wecom.errors import WecomError

Result = t.Dict[str, t.Any]

SPEC = (
    ArgumentSpec({"name": {"type": "str"}, **OPEN_KFIDS, "scene": {"type": "str"}}).merge(CONCURRENCY).merge(CONNECTION)
)


def list_accounts(params: InfoParams, api: KfApi, **_modes: bool) -> Result:
    """List the accounts, choose those asked for, add their links, report."""
    try:
        accounts = choose(params, api)
    except WecomError as error:
        failure = error.as_result()
        return {"changed": False, "failed": True, "msg": error.sentence(), "accounts": [], "failure": failure}
    rows = [account._asdict() for account in accounts]
    if params.scene is not None:
        rows = add_links(rows, params.scene, Pool(api, params.concurrency))
    failed = [row for row in rows if row.get("failed")]
    msg = count(len(rows), "account")
    if failed:
        msg += f", {len(failed)} without link: {failed[0]['open_kfid']}: {failed[0]['msg']}"
    return {"changed": False, "failed": bool(failed), "msg": msg, "accounts": rows}


def choose(params: InfoParams, api: KfApi) -> list[Account]:
    """Return the accounts of the name and ids asked for. Raises WecomError."""
    open_kfids = None if params.open_kfids is None else set(params.open_kfids)
    return [
        account
        for account in api.list_accounts()
        if (params.names is None or account.name in params.names)
        and (open_kfids is None or account.open_kfid in open_kfids)
    ]


def add_links(rows: list[Result], scene: str, pool: Pool) -> list[Result]:
    """Return the rows with the contact link of each account, or with why it could not be had."""

    def add_link(row: Result, api: KfApi) -> tuple[Result, Failures]:
        try:
            return {**row, "url": create_link(api, row["open_kfid"], scene)}, ()
        except WecomError as error:
            return fail(row, error), (error,)

    def fail(row: Result, failure: WecomError) -> Result:
        return {**row, "url": None, "failed": True, "msg": failure.sentence(), "failure": failure.as_result()}

    return pool.map(rows, add_link, fail, key=lambda row: row["open_kfid"])


def main() -> None:
    """Run the module."""
    run_module(SPEC, read_account_info_params, list_accounts, empty_info_result)


if __name__ == "__main__":
    main()
