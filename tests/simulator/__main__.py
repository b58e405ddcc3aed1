# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.simulator``: starts the simulator for people, playbooks and demos."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator, Sequence

from . import admin
from .config import load_file
from .fields import ConfigError
from .server import SimulatorServer
from .simulator import Simulator

_EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "example.yml")
_MAX_SHOWN = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal says to stop."""
    options = _parser().parse_args(argv)
    try:
        simulator = Simulator(load_file(options.config))
        if options.latency is not None:
            simulator.update_settings({"latency": options.latency})
    except ConfigError as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2
    try:
        with _ca_file(options.tls, options.ready_file) as ca_path:
            asyncio.run(_serve(simulator, options, ca_path))
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator",
        description="Simulates WeCom's customer service, to run playbooks and tests against. README.md beside the code "
        "describes the configuration, the faults and the control routes.",
    )
    parser.add_argument("config", nargs="?", default=_EXAMPLE, help="YAML file (default: example.yml beside the code)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--tls", action="store_true", help="serve HTTPS, with a certificate authority made for this run"
    )
    parser.add_argument(
        "--ready-file",
        metavar="PATH",
        help="write URL and credentials to this file, as JSON, as soon as the server listens",
    )
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="seconds added to each response")
    return parser


@contextlib.contextmanager
def _ca_file(tls: bool, ready_file: str | None) -> Iterator[str | None]:
    """Return the path for the authority's certificate, and remove the file afterwards."""
    if not tls:
        yield None
    elif ready_file:
        path = os.path.abspath(ready_file) + ".ca.pem"
        try:
            yield path
        finally:
            _remove(path)
    else:
        with tempfile.TemporaryDirectory(prefix="wecom-simulator-") as folder:
            yield os.path.join(folder, "ca.pem")


def _tls(ca_path: str | None, host: str) -> ssl.SSLContext | None:
    if ca_path is None:
        return None
    from .tls import make_tls

    return make_tls(ca_path, host)


async def _serve(simulator: Simulator, options: argparse.Namespace, ca_path: str | None) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = SimulatorServer(simulator, _tls(ca_path, options.host))
    port = await server.start(options.host, options.port)
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "http" if ca_path is None else "https"
    url = f"{scheme}://{host}:{port}"
    try:
        _announce(simulator, url, ca_path)
        if options.ready_file:
            _write_ready_file(options.ready_file, simulator, url, ca_path)
        await stopped.wait()
    finally:
        await server.stop()
        if options.ready_file:
            _remove(options.ready_file)


def _announce(simulator: Simulator, url: str, ca_path: str | None) -> None:
    corp = simulator.corp
    accounts = list(corp.accounts)
    lines = [f"WeCom simulator: {len(accounts)} accounts, {len(corp.members)} members (Ctrl-C stops it)", ""]
    for name, value in (("API_URL", url), ("CORPID", simulator.corpid), ("CORPSECRET", simulator.corpsecret)):
        lines.append(f"export WECOM_{name}={shlex.quote(value)}")
    lines.append("")
    if ca_path is not None:
        lines.append(f"ca_path: {ca_path}")
    lines.append(f"state:   {url}{admin.PREFIX}state")
    for open_kfid in accounts[:_MAX_SHOWN]:
        account = corp.accounts[open_kfid]
        serving = len(account.users) + len(account.departments)
        lines.append(f"account: {open_kfid}  {account.name} ({serving} {'servicer' if serving == 1 else 'servicers'})")
    if len(accounts) > _MAX_SHOWN:
        lines.append(f"         and {len(accounts) - _MAX_SHOWN} more")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print("\n".join(lines), flush=True)


def _write_ready_file(path: str, simulator: Simulator, url: str, ca_path: str | None) -> None:
    """Write the file as a whole: nobody sees half of it."""
    ready = {"url": url, "corpid": simulator.corpid, "corpsecret": simulator.corpsecret, "pid": os.getpid()}
    if ca_path is not None:
        ready["ca_path"] = ca_path
    unfinished = f"{path}.{os.getpid()}.tmp"
    with open(unfinished, "w", encoding="utf-8") as handle:
        json.dump(ready, handle)
        handle.write("\n")
    os.replace(unfinished, path)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


if __name__ == "__main__":
    sys.exit(main())
