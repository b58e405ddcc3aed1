# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Says which accounts of a list Ansible refused, and why: its own message tells neither."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.wecom.kf.plugins.module_utils import _argspec
from ansible_collections.wecom.kf.plugins.module_utils._many_options import Problem, tell_problems
from ansible_collections.wecom.kf.plugins.module_utils._options import Options, shown


def explain_refusal(options: Options) -> str:
    """One sentence that names every account that is not of the argument spec; empty where it is not the accounts.

    options: as they were given, before Ansible read them.
    """
    accounts = options.get("accounts")
    validator = ArgumentSpecValidator(_argspec.servicers()["accounts"]["options"])
    problems: list[Problem] = []
    for number, account in enumerate(accounts if isinstance(accounts, list) else (), start=1):
        problems.extend(_problems_of(account, number, validator))
    return tell_problems(problems)


def _problems_of(account: t.Any, number: int, validator: ArgumentSpecValidator) -> t.Iterator[Problem]:
    try:
        account = check_type_dict(account)
    except (TypeError, ValueError):
        yield Problem(None, number, f"{shown(account)} is no account, which is a dictionary with open_kfid and more")
        return
    for error in validator.validate(account).errors:
        text = f"unknown option {error.msg}" if isinstance(error, UnsupportedError) else error.msg
        yield Problem(account.get("open_kfid"), number, text)
