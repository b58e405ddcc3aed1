# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real playbook runs at the highest verbosity, down every path: neither secret nor token in any output or log.

Each secret holds characters that encodings change around a core that none of them changes; the core is looked for.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator, running_simulator
from ansible_collections.wecom.kf.tests.tools.checkout import collections_path

ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ANSIBLE_PLAYBOOK.exists(), reason="there is no ansible-playbook beside this Python"),
]

KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
CORES = ("CoreOfTheSecret", "CoreOfTheGivenToken", "CoreOfTheFetchedToken", "CoreOfThePassword")
SECRET, GIVEN, FETCHED = (f'+/=%2B& "\'<>\\é{core}%é\\<"& =+' for core in CORES[:3])
CORP = {
    "corpsecret": SECRET,
    "tokens": [FETCHED],
    "members": ["ann", "Bob"],
    "accounts": [{"open_kfid": KFID, "servicers": ["Bob"]}, {"open_kfid": "wkOther"}],
}

SYSLOG = """
import os

LOG_INFO = LOG_USER = LOG_PID = LOG_ERR = LOG_DEBUG = LOG_NOTICE = LOG_WARNING = LOG_CONS = 0


def _note(*words):
    with open(os.environ["SYSLOG_STAND_IN"], "a", encoding="utf-8", errors="backslashreplace") as file:
        print(*words, file=file)


openlog = syslog = closelog = setlogmask = _note


def __getattr__(name):
    if name.startswith("LOG_"):
        return 0
    raise AttributeError(name)
"""

BREAKS = """
import http.client


def putrequest(self, method, url, *more, **other):
    raise LookupError("unthinkable at " + url)


http.client.HTTPConnection.putrequest = putrequest
"""


class Runs(t.NamedTuple):
    """Where playbooks are run, and what is there for them."""

    folder: Path
    simulator: RunningSimulator
    tls: RunningSimulator

    def play(self, tasks: list[dict[str, t.Any]], *arguments: str, **environment: str) -> str:
        """Return everything that a run of these tasks leaves behind in words."""
        playbook, variables, log = (self.folder / name for name in ("play.json", "vars.json", "syslog"))
        defaults = {"corpid": "{{ corpid }}", "corpsecret": "{{ corpsecret }}", "api_url": self.simulator.url}
        for number, task in enumerate(tasks):
            task.setdefault("name", f"task {number}")
            task.setdefault("ignore_errors", True)
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {"group/wecom.kf.wecom": {**defaults, "timeout": 2, "retry_timeout": 0}},
            "tasks": tasks,
        }
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        secrets = {"corpid": self.simulator.corpid, "corpsecret": SECRET, "given_token": GIVEN}
        variables.write_text(json.dumps(secrets), encoding="utf-8")
        log.unlink(missing_ok=True)
        done = subprocess.run(
            [str(ANSIBLE_PLAYBOOK), "-vvvv", str(playbook), "-e", f"@{variables}", *arguments],
            env={**self._environment(), "SYSLOG_STAND_IN": str(log), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("TASK [") == len(tasks)
        logged = log.read_text(encoding="utf-8")
        assert logged.count("Invoked with") >= 1
        return done.stdout + logged

    def _environment(self) -> dict[str, str]:
        foreign = ("ANSIBLE_", "WECOM_", "PYTHON")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            environment.pop(name, None)
        return {
            **environment,
            "HOME": str(self.folder),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "PYTHONPATH": str(self.folder / "stand-ins"),
            "LC_ALL": "C.UTF-8",
        }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Runs]:
    folder = tmp_path_factory.mktemp("runs")
    for name, content in (("stand-ins/syslog.py", SYSLOG), ("broken/sitecustomize.py", BREAKS)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "avatar.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    with running_simulator(CORP) as simulator, running_simulator(CORP, tls=True) as tls:
        yield Runs(folder, simulator, tls)


def leaks(output: str) -> list[str]:
    return [line for line in output.splitlines() if any(core in line for core in CORES)]


def servicer(**options: t.Any) -> dict[str, t.Any]:
    return {"wecom.kf.wecom_kf_servicer": {"open_kfid": KFID, "userids": ["ann"], "state": "exact", **options}}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def paths(runs: Runs) -> list[dict[str, t.Any]]:
    """Return tasks for every way that a run can end."""
    given = {"access_token": "{{ given_token }}", "corpid": "", "corpsecret": ""}
    broken = {"environment": {"PYTHONPATH": f"{runs.folder / 'broken'}:{runs.folder / 'stand-ins'}"}}
    return [
        servicer(),
        servicer(userids=["stranger"]),
        servicer(**given),
        servicer(access_token="{{ given_token }}"),
        servicer(corpsecret="{{ given_token }}"),
        servicer(userids=["no id"]),
        servicer(corpid=""),
        servicer(api_url=f"http://127.0.0.1:{closed_port()}"),
        servicer(api_url="http://no-such-host.invalid", **given),
        servicer(api_url=runs.tls.url),
        servicer(api_url=runs.tls.url, validate_certs=False),
        servicer(api_url=runs.simulator.url.replace("http", "https"), **given),
        {**servicer(), **broken},
        {**servicer(**given), **broken},
        {"wecom.kf.wecom_kf_servicer_info": {"open_kfids": [KFID]}},
        {"wecom.kf.wecom_kf_servicer_info": {"open_kfids": [KFID], **given}},
        {"wecom.kf.wecom_kf_account_info": {}},
        {"wecom.kf.wecom_kf_account_info": dict(given)},
        servicer(open_kfid="{{ omit }}", account="no such name"),
        {"wecom.kf.wecom_kf_account": {"name": "Sales", "scene": ""}},
        {"wecom.kf.wecom_kf_account": {"name": "Support", "avatar": str(runs.folder / "avatar.png"), **given}},
        {"wecom.kf.wecom_kf_account": {"name": "Support", "avatar": "/no/such/file"}},
        {"wecom.kf.wecom_kf_account": {"name": "Support", "state": "absent"}, **broken},
        {"wecom.kf.wecom_kf_account_info": {"scene": ""}},
        {"wecom.kf.wecom_kf_servicers": {"all_accounts": True, "userids": ["ann"], "state": "absent"}},
        {"wecom.kf.wecom_kf_servicers": {"accounts": ["not a mapping"]}},
        {"wecom.kf.wecom_kf_servicers": {"accounts": ["not a mapping"], **given}},
        {"wecom.kf.wecom_kf_servicers": {"accounts": [{"open_kfid": KFID, "userids": ["ann"]}]}},
        {"wecom.kf.wecom_kf_servicers": {"accounts": [{"open_kfid": "wkOther", "userids": ["who"]}], **given}},
        {"wecom.kf.wecom_kf_servicers": {"accounts": [{"open_kfid": KFID, "userids": ["ann"]}]}, **broken},
    ]


@pytest.mark.parametrize("arguments", [[], ["--check", "--diff"]], ids=["real", "check and diff"])
def test_no_path_shows_a_secret(runs: Runs, arguments: list[str]) -> None:
    runs.simulator.reset(CORP)
    output = runs.play(paths(runs), *arguments)
    assert "an error in wecom.kf itself" in output
    assert "unthinkable at" in output
    assert leaks(output) == []


def faults(secret: str) -> list[dict[str, t.Any]]:
    """Return what the service or a proxy may respond, some of it with the secret in its words."""
    said = f"said {secret} and {SECRET}"
    return [
        {"delay": 60, "times": 1},
        {"http_status": 302, "headers": {"Location": "http://127.0.0.1:1/?access_token=x"}},
        {"body": "<html>proxy</html>"},
        {"http_status": 502, "body": said},
        {"truncate": 10},
        {"drop": "after"},
        {"errcode": 48002, "errmsg": said},
        {"errcode": 42001, "errmsg": json.dumps(said)},
        {"errcode": 4711, "errmsg": quote(said)},
        {"patch": {"errcode": said}},
        {"patch": {"servicer_list": [{"userid": said}]}},
        {"patch": {"servicer_list": [{"userid": quote(secret)}, {"userid": quote(secret, safe="")}]}},
    ]


@pytest.mark.parametrize("arguments", [[], ["--check", "--diff"]], ids=["real", "check and diff"])
def test_no_response_of_the_service_makes_a_secret_show(runs: Runs, arguments: list[str]) -> None:
    tasks: list[dict[str, t.Any]] = []
    runs.simulator.reset(CORP)
    for secret, token in ((FETCHED, {}), (GIVEN, {"access_token": "{{ given_token }}"})):
        for fault in faults(secret):
            kfid = f"wkFault{len(tasks)}"
            tasks.append(servicer(open_kfid=kfid, **token))
            runs.simulator.fault(on="kf/servicer/list", open_kfid=kfid, **{"times": None, **fault})
    output = runs.play(tasks, *arguments)
    assert "said ********" in output
    assert leaks(output) == []


def test_credentials_from_the_environment_of_the_run_are_not_shown(runs: Runs) -> None:
    runs.simulator.reset(CORP)
    port = closed_port()
    output = runs.play(
        [
            servicer(corpid="{{ omit }}", corpsecret="{{ omit }}"),
            servicer(api_url="http://wecom.invalid"),
        ],
        WECOM_CORPID=runs.simulator.corpid,
        WECOM_CORPSECRET=SECRET,
        http_proxy=f"http://somebody:{CORES[3]}@127.0.0.1:{port}",
        no_proxy="127.0.0.1",
    )
    assert f"the proxy 127.0.0.1:{port} refused the connection" in output
    assert leaks(output) == []


def test_a_secret_in_the_environment_of_a_task_is_shown_by_ansible_as_documented(runs: Runs) -> None:
    """A secret in a task's environment is out of a module's hands."""
    task = {**servicer(), "environment": {"WECOM_CORPSECRET": "{{ corpsecret }}"}}
    assert leaks(runs.play([task])) != []
