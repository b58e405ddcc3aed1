# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a certificate for the simulator, and the authority that signs it, for one run."""

from __future__ import annotations

import ssl


def make_tls(ca_path: str, host: str = "127.0.0.1") -> ssl.SSLContext:
    """Write the authority's certificate to a file and return the server's context."""
    import trustme

    authority = trustme.CA(organization_name="WeCom simulator")
    names = list(dict.fromkeys([host, "127.0.0.1", "localhost"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    authority.cert_pem.write_to_path(ca_path)
    return context
