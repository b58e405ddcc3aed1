# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for all these tests, and a client that calls it as any program does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from ansible_collections.wecom.kf.tests.simulator.running import RunningSimulator, running_simulator

KFID = "wkSupport"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"\r\n\r\n--\n\r"
CORP: dict[str, Any] = {
    "corpid": "wwcorp",
    "corpsecret": "s3cret+/=%&",
    "members": [
        "zhangsan",
        "LiSi",
        "wangwu",
        {"userid": "unlicensed", "refuse": 701008},
        {"prefix": "agent", "count": 250},
    ],
    "departments": [2, 4, 2147483650],
    "accounts": [
        {
            "open_kfid": KFID,
            "name": "咨询客服",
            "servicers": ["zhangsan", {"userid": "LiSi", "status": 1, "stop_type": 1}, {"department_id": 2}],
        },
        {"open_kfid": "wkEmpty"},
        {"open_kfid": "wkForeign", "authorized": False},
        {"open_kfid": "wkUnprivileged", "manage_privilege": False, "servicers": ["wangwu"]},
    ],
}


class Client:
    """Calls with ``requests`` over one connection."""

    def __init__(self, sim: RunningSimulator) -> None:
        self.sim = sim
        self.http = requests.Session()
        self.http.trust_env = False

    def gettoken(self, **params: str) -> dict[str, Any]:
        """Call gettoken, with the right credentials unless others are given."""
        return self.get("gettoken", **{"corpid": self.sim.corpid, "corpsecret": self.sim.corpsecret, **params})

    def get(self, endpoint: str, **params: str) -> dict[str, Any]:
        """Make a GET call and return its JSON."""
        return self._json(self.http.get(self.url(endpoint), params=params, timeout=30))

    def post(self, endpoint: str, body: dict[str, Any] | str | None = None, **params: str) -> dict[str, Any]:
        """Make a POST call and return its JSON."""
        return self._json(self.raw(endpoint, body, **params))

    def raw(self, endpoint: str, body: dict[str, Any] | str | None = None, **params: str) -> requests.Response:
        """Make a POST call, with a token that is valid unless another one is given."""
        params.setdefault("access_token", self.sim.token())
        text = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body
        data = None if text is None else text.encode()
        return self.http.post(self.url(endpoint), params=params, data=data, timeout=30, allow_redirects=False)

    def url(self, endpoint: str) -> str:
        """Return the address of a call."""
        return f"{self.sim.url}/cgi-bin/{endpoint}"

    def add(self, *names: str | int, open_kfid: str = KFID) -> dict[str, Any]:
        """Add servicers."""
        return self.post("kf/servicer/add", self.body(*names, open_kfid=open_kfid))

    def remove(self, *names: str | int, open_kfid: str = KFID) -> dict[str, Any]:
        """Remove servicers."""
        return self.post("kf/servicer/del", self.body(*names, open_kfid=open_kfid))

    def upload(self, content: bytes = PNG, type: str = "image", **files: Any) -> dict[str, Any]:  # noqa: A002 -- the name of the field
        """Upload a file as most programs do: with a name and a content type."""
        params = {"access_token": self.sim.token(), "type": type}
        files = files or {"media": ("avatar.png", content, "image/png")}
        return self._json(self.http.post(self.url("media/upload"), params=params, files=files, timeout=30))

    def accounts(self) -> list[dict[str, Any]]:
        """Return the first page of the accounts."""
        rows: list[dict[str, Any]] = self.post("kf/account/list", {})["account_list"]
        return rows

    def servicers(self, open_kfid: str = KFID) -> dict[str, Any]:
        """Call kf/servicer/list."""
        return self.get("kf/servicer/list", access_token=self.sim.token(), open_kfid=open_kfid)

    @staticmethod
    def body(*names: str | int, open_kfid: str = KFID) -> dict[str, Any]:
        """Return what add and del send."""
        body: dict[str, Any] = {"open_kfid": open_kfid}
        userids = [name for name in names if isinstance(name, str)]
        departments = [name for name in names if isinstance(name, int)]
        if userids:
            body["userid_list"] = userids
        if departments:
            body["department_id_list"] = departments
        return body

    @staticmethod
    def codes(response: dict[str, Any]) -> dict[str | int, tuple[int, str]]:
        """Return the codes and texts of a result list by servicer."""
        return {
            item.get("userid", item.get("department_id")): (item["errcode"], item["errmsg"])
            for item in response["result_list"]
        }

    @staticmethod
    def _json(response: requests.Response) -> dict[str, Any]:
        assert response.status_code == 200
        read: dict[str, Any] = response.json()
        return read


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    """Run one server for all tests."""
    with running_simulator(CORP) as sim:
        yield sim


@pytest.fixture
def sim(running: RunningSimulator) -> RunningSimulator:
    """Return the server, with the corp above as it was in the beginning."""
    running.reset(CORP)
    return running


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[Client]:
    """Return a client of the server."""
    client = Client(sim)
    yield client
    client.http.close()
