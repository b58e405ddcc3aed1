# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Where Ansible meets the rest: makes the module, hands the options on, and turns errors into results."""

from __future__ import annotations

import gc
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

# Before the others, for which it is.
from ansible_collections.wecom.kf.plugins.module_utils import _compile_once  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.wecom.kf.plugins.module_utils._argspec import ArgumentSpec
from ansible_collections.wecom.kf.plugins.module_utils._client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._http import REQUESTS_IMPORT_ERROR
from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._options import (
    OptionError,
    Options,
    read_connection,
    sends_secrets_in_the_clear,
)

_MOST_SHOWN = 20

_Request = t.TypeVar("_Request")


class Job(t.Protocol[_Request]):  # type: ignore[misc]
    """What a module does once its options are read: returns the result, but for C(api_calls)."""

    def __call__(self, request: _Request, /, api: KfApi, *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
        """Do it."""


class _Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule whose result is whole where Ansible refuses the options, and that logs no roster of millions."""

    params: dict[str, t.Any]

    def __init__(
        self,
        argument_spec: ArgumentSpec,
        nothing_done: t.Callable[[Options], dict[str, t.Any]],
        explain: t.Callable[[Options], str],
    ) -> None:
        self._nothing_done = nothing_done
        self._explain = explain
        self._given: Options | None = None
        super().__init__(argument_spec=argument_spec, supports_check_mode=True)
        self._given = None

    def nothing(self) -> dict[str, t.Any]:
        """The result where nothing was done, but for C(msg)."""
        return {
            "changed": False,
            "api_calls": 0,
            **self._nothing_done(self.params),
            "invocation": {"module_args": _shown(self.params)},
        }

    def _load_params(self) -> None:
        super()._load_params()
        self._given = dict(self.params)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        if self._given is not None:  # it is Ansible that refuses the options
            msg = self._explain(self._given) or msg
            result = {**self.nothing(), **result}
        super().fail_json(msg=msg, **result)
        raise AssertionError("fail_json ends the process")

    def _log_invocation(self) -> None:
        options = self.params
        self.params = _shown(options)
        try:
            super()._log_invocation()
        finally:
            self.params = options


def run_module(
    argument_spec: ArgumentSpec,
    read_request: t.Callable[[Options], _Request],
    job: Job[_Request],
    nothing_done: t.Callable[[Options], dict[str, t.Any]],
    explain: t.Callable[[Options], str] = lambda given: "",
) -> None:
    """The whole of a module's main().

    nothing_done: the keys of the result where it fails before it did anything.
    explain: says better than Ansible why it refused the options; empty where it cannot.
    """
    module = _Module(argument_spec, nothing_done, explain)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    nothing = module.nothing()
    try:
        request = read_request(module.params)
        connection = read_connection(module.params)
    except OptionError as error:
        module.fail_json(msg=str(error), **nothing)
    # What is asked of each account is read by now, and twice it would take twice the memory. A short list is yet shown.
    for option in module.params.values():
        if isinstance(option, list) and len(option) > _MOST_SHOWN and isinstance(option[0], dict):
            option.clear()
    if sends_secrets_in_the_clear(connection):
        module.warn("api_url is http://: the secret and the token cross the network unencrypted.")
    # Ansible knows them as they were given, with a line's end perhaps that is no part of them.
    module.no_log_values.update(filter(None, (connection.corpsecret, connection.access_token)))
    client = WecomClient(
        connection, concurrency=module.params.get("concurrency", 1), on_secret=module.no_log_values.add
    )
    try:
        result = job(request, KfApi(client), check_mode=module.check_mode, diff=module._diff)
    except Exception as exception:  # a bug of ours: say so, but let no URL with a token out of it
        module.fail_json(
            msg=f"an error in wecom.kf itself, please report it ({type(exception).__name__});"
            " what was done until then is not known, and running again finds out",
            exception=client.redactor.clean(traceback.format_exc()),
            **{**nothing, "changed": client.has_written, "api_calls": client.api_calls},
        )
    finally:
        client.close()
    del request
    result["api_calls"] = client.api_calls
    result["invocation"] = nothing["invocation"]
    gc.freeze()  # the process ends here, and Python would first look for garbage in all that was imported
    if result["failed"]:
        module.fail_json(**result)
    module.exit_json(**result)


def _shown(options: Options) -> dict[str, t.Any]:
    """The options as -vvv shows them: a roster of thousands is not sent back as a whole."""
    return {
        name: f"{len(value)} entries" if isinstance(value, list) and len(value) > _MOST_SHOWN else value
        for name, value in options.items()
    }
