# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the simulator inside a test: a real server on its own thread, with methods to inspect and change it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from . import admin
from .corp import ServicerId
from .server import SimulatorServer
from .simulator import Simulator
from .tls import make_tls

T = TypeVar("T")
_TIMEOUT = 60.0


class RunningSimulator:
    """A simulator that listens on a loopback port; every method may be called from any thread."""

    def __init__(self, config: object | None = None, tls: bool = False) -> None:
        self._simulator = Simulator(config)
        self.ca_path: str | None = None
        context = None
        self._folder: str | None = None
        if tls:
            self._folder = tempfile.mkdtemp(prefix="wecom-simulator-")
            self.ca_path = os.path.join(self._folder, "ca.pem")
            context = make_tls(self.ca_path)
        self._scheme = "https" if tls else "http"
        self._server = SimulatorServer(self._simulator, context)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="wecom-simulator", daemon=True)
        self._thread.start()
        self.port = self._await(self._server.start)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _await(self, start: Callable[..., Any], *args: Any) -> Any:
        async def call() -> Any:
            return await start(*args)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_TIMEOUT)

    def _do(self, function: Callable[[], T]) -> T:
        """Run a function on the server's thread, between two requests."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return future.result(_TIMEOUT)

    @property
    def url(self) -> str:
        """The value for ``api_url``."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def corpid(self) -> str:
        """The id of its corp."""
        return self._simulator.corpid

    @property
    def corpsecret(self) -> str:
        """The secret of its app."""
        return self._simulator.corpsecret

    def reset(self, config: object | None = None) -> None:
        """Start from the configuration again, or from another one; calls in progress are cancelled."""
        self._do(lambda: self._server.reset(config))

    def fault(self, **fault: Any) -> None:
        """Set one more fault, with the keys that it has in a configuration."""
        self._do(lambda: self._simulator.set_fault(fault))

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._do(self._simulator.script.clear)

    def state(self, *open_kfids: str) -> dict[str, Any]:
        """Return what ``GET /_sim/state`` shows, of all accounts or of those named."""
        return self._do(lambda: self._simulator.report(list(open_kfids) or None))

    def serving(self, open_kfid: str) -> list[ServicerId]:
        """Return the servicers of an account: userids as the service spells them, and department ids."""
        return self._do(lambda: self._simulator.serving(open_kfid))

    def calls(self, endpoint: str | None = None) -> int:
        """Return the number of calls, to one endpoint or in all."""
        calls = self._do(lambda: dict(self._simulator.counters.calls))
        return sum(calls.values()) if endpoint is None else calls.get(endpoint, 0)

    def connections(self) -> int:
        """Return the number of connections."""
        return self._do(lambda: self._simulator.counters.connections)

    def log(self) -> list[dict[str, Any]]:
        """Return the last calls, oldest first."""
        return self._do(lambda: [dict(line) for line in self._simulator.counters.log])

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are set, each with the number of calls that it waited for and that it acted on."""
        return self._do(self._simulator.script.report)

    def reset_counters(self) -> None:
        """Empty the log and count from zero."""
        self._do(self._simulator.counters.reset)

    def settings(self, **settings: Any) -> None:
        """Change some settings."""
        self._do(lambda: self._simulator.update_settings(settings))

    def change(
        self, open_kfid: str, add: Iterable[ServicerId] = (), remove: Iterable[ServicerId] = (), **more: Any
    ) -> list[ServicerId]:
        """Change an account as an administrator does; return the servicers who were added or removed."""
        data = {"add": list(add), "remove": list(remove), **more}
        return self._do(lambda: admin.change_account(self._simulator, open_kfid, data))

    def accounts(self) -> list[dict[str, Any]]:
        """Return the accounts in the service's order, each as in the state and with its ``open_kfid``."""
        accounts = self._do(lambda: self._simulator.report()["accounts"])
        return [{"open_kfid": open_kfid, **account} for open_kfid, account in accounts.items()]

    def create_account(self, name: str, **more: Any) -> str:
        """Create an account as an administrator, with the keys that it has in a configuration; return its id."""
        return self._do(lambda: admin.create_account(self._simulator, {"name": name, **more}))

    def delete_account(self, open_kfid: str) -> None:
        """Delete an account as an administrator."""
        self._do(lambda: admin.delete_account(self._simulator, open_kfid))

    def members(self, add: Iterable[str | Mapping[str, Any]] = (), remove: Iterable[str] = ()) -> None:
        """Let people join the corp or leave it."""
        data = {"add": list(add), "remove": list(remove)}
        self._do(lambda: admin.change_members(self._simulator, data))

    def token(self) -> str:
        """Return a token that is valid now."""
        return self._do(lambda: self._simulator.fetch_token()[0])

    def expire_tokens(self, as_invalid: bool = False) -> None:
        """Expire the token, or make it unknown."""
        data = {"as": "invalid" if as_invalid else "expired"}
        self._do(lambda: admin.expire_tokens(self._simulator, data))

    def wait_idle(self, timeout: float = 10.0) -> None:
        """Wait until no call is in progress, not even one whose client is gone."""
        until = time.monotonic() + timeout
        while self._do(lambda: self._simulator.counters.in_progress):
            if time.monotonic() > until:
                raise TimeoutError(f"calls are still in progress after {timeout} seconds")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop like a service that crashes: connections are closed and refused, calls in progress are cancelled."""
        self._await(self._server.stop)

    def start_again(self) -> None:
        """Listen on the same port again, with the state as it is."""
        self._await(self._server.start, "127.0.0.1", self.port)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_TIMEOUT)
        self._loop.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def running_simulator(config: object | None = None, tls: bool = False) -> Iterator[RunningSimulator]:
    """Run a simulator for the time of a ``with`` block."""
    simulator = RunningSimulator(config, tls)
    try:
        yield simulator
    finally:
        simulator.close()
