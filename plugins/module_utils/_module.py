# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Connects Ansible to the rest: makes the module, passes its parameters on, and turns errors into results."""

from __future__ import annotations

import gc
import traceback
import typing as t
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._argspec import ArgumentSpec
from ._kf.api import KfApi
from ._params import CREDENTIALS_HINT, ParamError, Params, read_connection, sends_secrets_unencrypted
from ._wecom.client import WecomClient
from ._wecom.transport import REQUESTS_IMPORT_ERROR

_MAX_SHOWN = 20
_OMITTED = "__omit_place_holder__"
"""How the placeholder begins that ansible-core before 2.19 leaves for ``omit`` inside lists and mappings."""

_Params_contra = t.TypeVar("_Params_contra", contravariant=True)
Result = t.Dict[str, t.Any]


class Manage(t.Protocol[_Params_contra]):
    """What a module does once its parameters are read: returns the result, without ``api_calls``."""

    def __call__(self, params: _Params_contra, /, api: KfApi, *, check_mode: bool, diff: bool) -> Result:
        """Return the result."""


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core has no types
    """An AnsibleModule whose result has all its keys, also where Ansible refuses the options."""

    params: dict[str, t.Any]

    def __init__(
        self,
        spec: ArgumentSpec,
        empty_result: t.Callable[[Params], Result],
        explain: t.Callable[[str, Params], str],
    ) -> None:
        self._empty_result = empty_result
        self._explain = explain
        self._spec = spec
        self._given: Params = {}
        self._is_ready = False
        super().__init__(argument_spec=spec.options, supports_check_mode=True, **spec.constraints())
        self._is_ready = True

    def empty_result(self) -> Result:
        """Return the result where nothing was done, without ``msg``."""
        return {"changed": False, "api_calls": 0, **self._empty_result(self.params), **self.invocation()}

    def invocation(self) -> Result:
        """Return the options as -vvv shows them: a roster of thousands is not sent back as a whole."""
        shown = {
            name: f"{len(value)} entries" if isinstance(value, list) and len(value) > _MAX_SHOWN else value
            for name, value in self.params.items()
        }
        return {"invocation": {"module_args": shown}}

    def hide(self, secret: str) -> None:
        """Mask a secret in all output, raw and percent-encoded."""
        self.no_log_values.update((secret, quote(secret), quote(secret, safe="")))

    def _load_params(self) -> None:
        # The one place where the options are as they were given, before Ansible reads them:
        # https://github.com/ansible/ansible/blob/stable-2.19/lib/ansible/module_utils/basic.py#L421
        super()._load_params()
        _drop_omitted(self.params)
        self._given = dict(self.params)
        _keep_lone_numbers(self.params, self._spec.options)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        """End the module with a failure; where Ansible refuses the options, with all keys of the result."""
        if not self._is_ready:
            # Where an account is not a mapping, Ansible stops before it has gathered the secrets.
            secrets = (self._given.get(name) for name, option in self._spec.options.items() if option.get("no_log"))
            for secret in filter(None, secrets):
                self.hide(str(secret))
            msg = self._explain(msg, self._given)
            if "required: corpid, access_token" in msg:
                msg = f"no credentials ({msg}); {CREDENTIALS_HINT}"
            elif "required together: corpid, corpsecret" in msg:
                msg = f"{msg}; {CREDENTIALS_HINT}"
            result = {**self.empty_result(), **result}
        super().fail_json(msg=msg, **result)
        raise AssertionError("fail_json ends the process")


def _drop_omitted(value: t.Any) -> None:
    """Leave out what was omitted, as later versions of Ansible do."""
    if isinstance(value, dict):
        for key in [key for key, inner in value.items() if _is_omitted(inner)]:
            del value[key]
        value = list(value.values())
    elif any(map(_is_omitted, value)):
        value[:] = [inner for inner in value if not _is_omitted(inner)]
    for inner in value:
        if isinstance(inner, (dict, list)):
            _drop_omitted(inner)


def _is_omitted(value: t.Any) -> bool:
    return isinstance(value, str) and value.startswith(_OMITTED)


def _keep_lone_numbers(params: t.Any, options: dict[str, dict[str, t.Any]]) -> None:
    """Put a lone number or boolean into a list, so that it arrives as what it is and not as the text of it."""
    for name, option in options.items():
        for key in (name, *option.get("aliases", ())):
            value = params.get(key) if isinstance(params, dict) else None
            if option.get("elements") == "raw" and isinstance(value, (int, float)):
                params[key] = [value]
            elif "options" in option and isinstance(value, list):
                for entry in value:
                    _keep_lone_numbers(entry, option["options"])


def run_module(
    spec: ArgumentSpec,
    read_params: t.Callable[[Params], _Params_contra],
    manage: Manage[_Params_contra],
    empty_result: t.Callable[[Params], Result],
    explain: t.Callable[[str, Params], str] = lambda msg, given: msg,
) -> None:
    """Run a module from its parameters to its result, and exit.

    empty_result: the keys of the result where the module fails before it did anything.
    explain: improves Ansible's message where it refuses the options as they were given.
    """
    module = _Module(spec, empty_result, explain)
    if REQUESTS_IMPORT_ERROR:
        msg = (
            f"{missing_required_lib('requests')}. Where the inventory lists localhost, its interpreter is not that of"
            " ansible-core unless you set ansible_python_interpreter to {{ ansible_playbook_python }} for it"
        )
        module.fail_json(msg=msg, exception=REQUESTS_IMPORT_ERROR, **module.empty_result())
    try:
        params = read_params(module.params)
        connection = read_connection(module.params)
    except ParamError as error:
        module.fail_json(msg=str(error), **module.empty_result())
    if sends_secrets_unencrypted(connection):
        module.warn("api_url is http://: the secret and the token cross the network unencrypted.")
    # Ansible knows them as they were given, possibly with a line break at the end.
    for secret in filter(None, (connection.corpsecret, connection.access_token)):
        module.hide(secret)
    client = WecomClient(connection, concurrency=module.params.get("concurrency", 1), on_secret=module.hide)
    try:
        # _diff is what core documents for diff mode, and has no public name:
        # https://docs.ansible.com/ansible/latest/dev_guide/developing_program_flow_modules.html#ansible-diff
        result = manage(params, KfApi(client), check_mode=module.check_mode, diff=module._diff)
    except Exception as exception:  # a bug: say so, but let no URL with a token out of it
        empty = {**module.empty_result(), "changed": client.has_written, "api_calls": client.api_calls}
        module.fail_json(
            msg=f"an error in wecom.kf itself, please report it ({type(exception).__name__});"
            " what was done until then is not known; run again to find out",
            exception=client.redactor.clean(traceback.format_exc()),
            **empty,
        )
    finally:
        client.close()
    result.update(module.invocation(), api_calls=client.api_calls)
    gc.freeze()  # saves 20 ms: the process ends here, and Python would first look for garbage in all imported modules
    if result["failed"]:
        module.fail_json(**result)
    module.exit_json(**result)
