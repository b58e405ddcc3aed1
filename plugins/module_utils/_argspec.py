# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Builds the argument specs of all modules, as values that merge. What the options mean is in the doc fragments."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

ArgumentSpec = t.Dict[str, t.Dict[str, t.Any]]

CONNECTION: ArgumentSpec = {
    "corpid": {"type": "str", "fallback": (env_fallback, ["WECOM_CORPID"])},
    "corpsecret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["WECOM_CORPSECRET"])},
    "access_token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["WECOM_ACCESS_TOKEN"])},
    "api_url": {
        "type": "str",
        "default": "https://qyapi.weixin.qq.com",
        "fallback": (env_fallback, ["WECOM_API_URL"]),
    },
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 10.0},
    "retry_timeout": {"type": "float", "default": 120.0},
}
"""How to reach the service and as whom."""

_SERVICERS: ArgumentSpec = {
    "open_kfid": {"type": "str", "required": True},
    "userids": {"type": "list", "elements": "str", "aliases": ["userid", "userid_list"]},
    "department_ids": {"type": "list", "elements": "raw", "aliases": ["department_id_list"]},
}

_STATES = ["present", "absent", "exact"]

_HOW: ArgumentSpec = {
    "state": {"type": "str", "choices": _STATES, "default": "present"},
    "max_removals": {"type": "str"},
    "allow_empty": {"type": "bool", "default": False},
}

_CONCURRENCY: ArgumentSpec = {"concurrency": {"type": "int", "default": 4}}


def servicer() -> ArgumentSpec:
    """The spec of wecom_kf_servicer."""
    return {**_SERVICERS, **_HOW, **CONNECTION}


def servicers() -> ArgumentSpec:
    """The spec of wecom_kf_servicers: the options of one account again and again, the task's own as their defaults."""
    return {
        "accounts": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                **_SERVICERS,
                "state": {"type": "str", "choices": _STATES},
                "max_removals": {"type": "str"},
                "allow_empty": {"type": "bool"},
            },
        },
        **_HOW,
        **_CONCURRENCY,
        **CONNECTION,
    }


def servicer_info() -> ArgumentSpec:
    """The spec of wecom_kf_servicer_info."""
    return {
        "open_kfids": {"type": "list", "elements": "str", "required": True, "aliases": ["open_kfid"]},
        **_CONCURRENCY,
        **CONNECTION,
    }


def account_info() -> ArgumentSpec:
    """The spec of wecom_kf_account_info."""
    return {"name": {"type": "str"}, "open_kfids": {"type": "list", "elements": "str"}, **CONNECTION}
