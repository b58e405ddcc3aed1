# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the calls of wecom_kf_servicers in a plain script with the same number of threads.

Usage: plain_many_accounts.py ROSTER THREADS
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests


def main() -> None:
    """Get a token, list the servicers of each account, and add those that are missing."""
    with open(sys.argv[1], encoding="utf-8") as file:
        accounts = json.load(file)["roster"]
    api = os.environ["WECOM_API_URL"] + "/cgi-bin"
    session = requests.Session()
    credentials = {"corpid": os.environ["WECOM_CORPID"], "corpsecret": os.environ["WECOM_CORPSECRET"]}
    token = session.get(f"{api}/gettoken", params=credentials, timeout=10).json()["access_token"]
    query = {"access_token": token}

    def missing(account: dict[str, Any]) -> list[str]:
        listed = session.get(
            f"{api}/kf/servicer/list", params={**query, "open_kfid": account["open_kfid"]}, timeout=10
        ).json()
        serving = {servicer["userid"].lower() for servicer in listed["servicer_list"]}
        return [userid for userid in account["userids"] if userid.lower() not in serving]

    def add(account: dict[str, Any], userids: list[str]) -> None:
        for start in range(0, len(userids), 100):
            body = {"open_kfid": account["open_kfid"], "userid_list": userids[start : start + 100]}
            response = session.post(f"{api}/kf/servicer/add", params=query, json=body, timeout=10).json()
            if response["errcode"]:
                sys.exit(str(response["errcode"]))

    with ThreadPoolExecutor(int(sys.argv[2])) as threads:
        everywhere = list(threads.map(missing, accounts))
        list(threads.map(add, accounts, everywhere))


if __name__ == "__main__":
    main()
