# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the calls of wecom_kf_servicer in a plain script.

Usage: plain_one_account.py ROSTER
"""

from __future__ import annotations

import json
import os
import sys

import requests


def main() -> None:
    """Get a token, list the servicers, and add those that are missing, 100 at a time."""
    with open(sys.argv[1], encoding="utf-8") as file:
        account = json.load(file)["roster"][0]
    api = os.environ["WECOM_API_URL"] + "/cgi-bin"
    session = requests.Session()
    credentials = {"corpid": os.environ["WECOM_CORPID"], "corpsecret": os.environ["WECOM_CORPSECRET"]}
    token = session.get(f"{api}/gettoken", params=credentials, timeout=10).json()["access_token"]
    query = {"access_token": token}
    listed = session.get(
        f"{api}/kf/servicer/list", params={**query, "open_kfid": account["open_kfid"]}, timeout=10
    ).json()
    serving = {servicer["userid"].lower() for servicer in listed["servicer_list"]}
    missing = [userid for userid in account["userids"] if userid.lower() not in serving]
    for start in range(0, len(missing), 100):
        body = {"open_kfid": account["open_kfid"], "userid_list": missing[start : start + 100]}
        response = session.post(f"{api}/kf/servicer/add", params=query, json=body, timeout=10).json()
        if response["errcode"]:
            sys.exit(str(response["errcode"]))


if __name__ == "__main__":
    main()
