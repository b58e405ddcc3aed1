# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that all modules share."""

    DOCUMENTATION = r"""
options:
  corpid:
    description:
      - The ID of the corp (企业ID). Needed together with O(corpsecret), unless there is an O(access_token).
      - If not set, the environment variable E(WECOM_CORPID) is used.
    type: str
  corpsecret:
    description:
      - The secret of the app that may call the customer service API. A wrong one is tried once a task, because
        repeating it bans the caller's IP for an hour.
      - If not set, the environment variable E(WECOM_CORPSECRET) is used.
    type: str
  access_token:
    description:
      - A ready token, instead of O(corpid) and O(corpsecret) or in addition to them. With both, the token is used
        first, and the pair renews it when the service calls it invalid or expired.
      - If not set, the environment variable E(WECOM_ACCESS_TOKEN) is used.
    type: str
  api_url:
    description:
      - The base URL of the service. Private deployments have another one. Blanks around it and V(/cgi-bin) at its
        end are dropped. Redirects are not followed.
      - If not set, the environment variable E(WECOM_API_URL) is used.
    type: str
    default: https://qyapi.weixin.qq.com
  validate_certs:
    description:
      - Whether to check the service's TLS certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A PEM file, or a folder prepared with C(openssl rehash), with the certificates of the CAs to trust, instead of
        those that C(requests) trusts.
    type: path
  timeout:
    description:
      - Seconds for one HTTP request as a whole, from resolving the host's name to the last byte of the response;
        more than V(0) and at most V(3600).
      - Within it, connecting to each address of the host takes at most a third.
    type: float
    default: 10
  retry_timeout:
    description:
      - Seconds that one task may spend on retries and on waiting for them. When the service says that it is called too
        often, the task waits within this time.
      - At most V(86400). V(0) switches retries off. Listing again after a write whose response was lost and renewing a
        token are not retries and still happen.
    type: float
    default: 120
notes:
  - The service accepts calls only from the corp's trusted IPs (企业可信IP). Use C(delegate_to) to run the task on a
    host that has one.
  - Proxies are taken from the usual environment variables. An environment variable that is set and empty counts as not
    set.
  - A module cannot control what Ansible itself prints. A secret in a task's C(environment) shows at C(-vvv), and a
    failed task runs no handlers and shows no diff although it may have changed something.
"""
