# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection behind a real nginx: a path prefix, few requests a connection, 502 pages, a reload during a run."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.plugins.module_utils._accounts_params import read_servicers_params
from ansible_collections.wecom.kf.plugins.module_utils._kf.api import KfApi
from ansible_collections.wecom.kf.plugins.module_utils._wecom.client import WecomClient
from ansible_collections.wecom.kf.plugins.module_utils._wecom.connection import Connection
from ansible_collections.wecom.kf.plugins.modules import wecom_kf_servicers
from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator, running_simulator

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]

CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 7;
    server {{
        listen 127.0.0.1:{port};
        location /wecom/ {{ proxy_pass {upstream}/; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""
ACCOUNTS = 60


class Nginx:
    """A running nginx in front of a simulator."""

    def __init__(self, folder: Path, upstream: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/wecom"
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=self._port, upstream=upstream), encoding="utf-8")
        self._command = [str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)]
        self._process = subprocess.Popen(self._command)
        for _attempt in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.05)
        raise AssertionError("nginx does not listen")

    def reload(self) -> None:
        subprocess.run([*self._command, "-s", "reload"], check=True)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def simulator() -> t.Iterator[RunningSimulator]:
    accounts = {"prefix": "wkFleet", "count": ACCOUNTS, "servicers_each": 2}
    with running_simulator({"members": [{"prefix": "u", "count": 200}, "ann"], "accounts": [accounts]}) as simulator:
        yield simulator


@pytest.fixture
def nginx(simulator: RunningSimulator, tmp_path: Path) -> t.Iterator[Nginx]:
    server = Nginx(tmp_path, simulator.url)
    try:
        yield server
    finally:
        server.close()


def add_ann_everywhere(simulator: RunningSimulator, nginx: Nginx) -> dict[str, t.Any]:
    spec = wecom_kf_servicers.SPEC.options
    params = {name: option.get("default") for name, option in spec.items()}
    client = WecomClient(Connection(nginx.url, simulator.corpid, simulator.corpsecret, retry_timeout=20), concurrency=4)
    try:
        return wecom_kf_servicers.manage_accounts(
            read_servicers_params({**params, "all_accounts": True, "userids": ["ann"]}),
            KfApi(client),
            check_mode=False,
            diff=False,
        )
    finally:
        client.close()


def serving_ann(simulator: RunningSimulator) -> int:
    return sum("ann" in simulator.serving(account["open_kfid"]) for account in simulator.accounts())


def test_connections_that_nginx_closes_every_few_requests_lose_nothing(
    simulator: RunningSimulator, nginx: Nginx
) -> None:
    result = add_ann_everywhere(simulator, nginx)
    assert not result["failed"], result["msg"]
    assert result["summary"]["added"] == serving_ann(simulator) == ACCOUNTS


def test_a_502_page_of_nginx_after_a_write_is_settled_by_the_list(simulator: RunningSimulator, nginx: Nginx) -> None:
    simulator.fault(on="kf/servicer/add", drop="after", times=3)
    result = add_ann_everywhere(simulator, nginx)
    assert not result["failed"], result["msg"]
    assert result["summary"]["added"] == serving_ann(simulator) == ACCOUNTS


def test_a_reload_of_nginx_during_a_run_fails_no_account(simulator: RunningSimulator, nginx: Nginx) -> None:
    simulator.settings(latency=0.02)
    done: list[dict[str, t.Any]] = []
    worker = threading.Thread(target=lambda: done.append(add_ann_everywhere(simulator, nginx)))
    worker.start()
    for _reload in range(3):
        time.sleep(0.25)
        nginx.reload()
    worker.join(60)
    (result,) = done
    assert not result["failed"], result["msg"]
    assert result["summary"]["added"] == serving_ann(simulator) == ACCOUNTS
