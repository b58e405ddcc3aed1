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
      - The corp. Goes together with O(corpsecret).
      - If not set, the environment variable E(WECOM_CORPID) is used.
    type: str
  corpsecret:
    description:
      - The secret of the app that may call the customer service API. A wrong one is tried once and never again, since
        repeating it bans the caller's IP for an hour.
      - If not set, the environment variable E(WECOM_CORPSECRET) is used.
    type: str
  access_token:
    description:
      - A ready token, instead of O(corpid) and O(corpsecret) or beside them. With both, the token is used first, and
        the pair renews it when the service calls it invalid or expired.
      - If not set, the environment variable E(WECOM_ACCESS_TOKEN) is used.
    type: str
  api_url:
    description:
      - The base URL of the service. Private deployments have another one. Redirects are not followed.
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
      - A file or folder with the certificates of the CAs to trust, instead of those that C(requests) trusts.
    type: path
  timeout:
    description:
      - Seconds that one HTTP request may take to connect, for each address of the host; as many to set the connection
        up with TLS or through a proxy; and as many again until its whole answer is there.
    type: float
    default: 10
  retry_timeout:
    description:
      - Seconds that one task may spend in all on retries and on waiting for them. When the service says that it is
        called too often, that is waited out within this time.
      - V(0) switches retries off. Reading back after a write whose answer was lost and the one renewal of a token are
        no retries and still happen.
    type: float
    default: 120
notes:
  - The service accepts calls only from the corp's trusted IPs (企业可信IP). Use C(delegate_to) to run the task on a
    host that has one.
  - Proxies are taken from the usual environment variables.
  - What Ansible itself prints is out of a module's hands. A secret in a task's C(environment) shows at C(-vvv); and a
    failed task runs no handlers and shows no diff although it may have changed something.
"""
