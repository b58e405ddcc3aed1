# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Argument specs of all modules, as values that merge. The doc fragments say what the options mean."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleFallbackNotFound

Options = t.Dict[str, t.Dict[str, t.Any]]


class ArgumentSpec(t.NamedTuple):
    """Options and the constraints between them, as AnsibleModule takes them."""

    options: Options
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_together: tuple[tuple[str, ...], ...] = ()

    def constraints(self) -> dict[str, t.Any]:
        """Return the constraints as keyword arguments of AnsibleModule."""
        return {name: value for name, value in self._asdict().items() if name != "options"}

    def merge(self, other: ArgumentSpec) -> ArgumentSpec:
        """Return both specs as one."""
        return ArgumentSpec(
            {**self.options, **other.options},
            self.mutually_exclusive + other.mutually_exclusive,
            self.required_one_of + other.required_one_of,
            self.required_together + other.required_together,
        )


def env_unless_empty(name: str) -> str:
    """Return an environment variable, stripped. Raises AnsibleFallbackNotFound where it is not set or empty."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _env(name: str) -> dict[str, t.Any]:
    return {"type": "str", "fallback": (env_unless_empty, [name])}


CONNECTION = ArgumentSpec(
    {
        "corpid": _env("WECOM_CORPID"),
        "corpsecret": {**_env("WECOM_CORPSECRET"), "no_log": True},
        "access_token": {**_env("WECOM_ACCESS_TOKEN"), "no_log": True},
        "api_url": {**_env("WECOM_API_URL"), "default": "https://qyapi.weixin.qq.com"},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "float", "default": 10.0},
        "retry_timeout": {"type": "float", "default": 120.0},
    },
    required_one_of=(("corpid", "access_token"),),
    required_together=(("corpid", "corpsecret"),),
)
"""How to reach the service, and the credentials."""

CONCURRENCY = ArgumentSpec({"concurrency": {"type": "int", "default": 4}})

SERVICERS: Options = {
    # raw: with str and int Ansible would convert numbers to strings, and name neither the value nor the account.
    "userids": {"type": "list", "elements": "raw", "aliases": ["userid", "userid_list"]},
    "department_ids": {"type": "list", "elements": "raw", "aliases": ["department_id", "department_id_list"]},
}

STATE: Options = {
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
    "max_removals": {"type": "str"},
    "allow_empty": {"type": "bool", "default": False},
}

OPEN_KFIDS: Options = {"open_kfids": {"type": "list", "elements": "str", "aliases": ["open_kfid"]}}
