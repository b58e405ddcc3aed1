# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what a module costs before it does anything: ``python -m tests.benchmark.startup [MODULE…]``.

That is the packing on the controller, and the import of the collection's own files in the module's process, from a zip
file as Ansible makes it. What else the module imports is imported before the clock starts. All modules take turns, and
the figures are medians of processor time. The packing of ``ansible.builtin.ping`` is there for comparison.
"""

from __future__ import annotations

import argparse
import base64
import io
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..tools.checkout import PACKAGE, ROOT, collections_path, environment

MODULES = tuple(path.stem for path in sorted((ROOT / "plugins" / "modules").glob("wecom_*.py")))
PING = "ansible.builtin.ping"
_IMPORT = f"""\
import contextlib, sys, time
archive, module, *others = sys.argv[1:]
sys.path.insert(0, archive)
for name in others:
    with contextlib.suppress(ImportError):  # some modules exist only within others
        __import__(name)
start = time.process_time()
__import__(f"{PACKAGE}.plugins.modules.{{module}}")
print(time.process_time() - start)
print(*(name for name in sys.modules if name.partition(".")[0] not in ("__main__", "ansible_collections")))
"""


@dataclass(frozen=True)
class Startup:
    """What the start of one module costs."""

    module: str
    packing_ms: float
    ping_packing_ms: float
    import_ms: float
    """Of the collection's own files."""
    files: int
    """How many of its own files the module needs, itself included."""
    bytes: int
    """Their size."""


def _packer() -> Callable[[str], bytes]:
    """Return a function that packs a module as an action plugin does."""
    os.environ.update(environment())  # before Ansible is imported, as it reads its settings then
    from ansible.executor.module_common import modify_module
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader([str(collections_path())])
    templar = Templar(loader=DataLoader())

    def pack(name: str) -> bytes:
        found = module_loader.find_plugin_with_context(name)
        built = modify_module(
            module_name=found.resolved_fqcn,
            module_path=found.plugin_resolved_path,
            module_args={},
            templar=templar,
            task_vars={"ansible_python_interpreter": sys.executable},
            module_compression="ZIP_DEFLATED",
        )
        packed: bytes = built.b_module_data
        return packed

    return pack


def _in_new_process(function: Callable[[], Any]) -> Any:
    """Return the function's result from a fork of this process, so that no cache is warmer than in another fork."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: sender.send(function()))
    process.start()
    sender.close()
    result = receiver.recv()
    process.join()
    return result


def _packing_ms(pack: Callable[[str], bytes], name: str) -> float:
    def measure() -> float:
        start = time.process_time()
        pack(name)
        return time.process_time() - start

    return 1000 * float(_in_new_process(measure))


def _run_import(archive: Path, module: str, others: list[str]) -> tuple[float, list[str]]:
    """Import a module in a new process. Return the milliseconds, and the names of all foreign modules it imports."""
    command = [sys.executable, "-c", _IMPORT, str(archive), module, *others]
    output = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, names = output.splitlines()
    return 1000 * float(seconds), names.split()


def measure_startup(modules: tuple[str, ...] = MODULES, runs: int = 9) -> list[Startup]:
    """Measure modules and return what each costs."""
    pack = _packer()
    archives, sizes, others = {}, {}, {}
    packing: dict[str, list[float]] = defaultdict(list)
    importing: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for module in modules:
            packed = _in_new_process(partial(pack, f"wecom.kf.{module}"))
            encoded = max(re.findall(rb"[A-Za-z0-9+/=]{200,}", packed), key=len)
            archives[module] = Path(folder) / f"{module}.zip"
            archives[module].write_bytes(base64.b64decode(encoded))
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(encoded))) as content:
                entries = [entry for entry in content.infolist() if entry.filename.startswith("ansible_collections/")]
            others[module] = _run_import(archives[module], module, [])[1]
            sizes[module] = [entry.file_size for entry in entries if entry.file_size]
        for _turn in range(runs):
            packing[PING].append(_packing_ms(pack, PING))
            for module in modules:
                packing[module].append(_packing_ms(pack, f"wecom.kf.{module}"))
                importing[module].append(_run_import(archives[module], module, others[module])[0])

    def median(figures: list[float]) -> float:
        return round(statistics.median(figures), 1)

    return [
        Startup(
            module,
            median(packing[module]),
            median(packing[PING]),
            median(importing[module]),
            len(sizes[module]),
            sum(sizes[module]),
        )
        for module in modules
    ]


def show_startup(measured: list[Startup]) -> list[dict[str, Any]]:
    """Print a table, and return its rows."""
    print(f"\n{'':26}{'packing ms':>12}{'of ping':>9}{'import ms':>11}{'files':>7}{'bytes':>9}")
    for row in measured:
        print(
            f"{row.module:26}{row.packing_ms:>12.1f}{row.ping_packing_ms:>9.1f}{row.import_ms:>11.1f}"
            f"{row.files:>7}{row.bytes:>9}"
        )
    return [asdict(row) for row in measured]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark.startup", description="What a module's start costs."
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"default: all of {', '.join(MODULES)}")
    parser.add_argument("--runs", type=int, default=9, help="how often each is measured (default: 9)")
    options = parser.parse_args()
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"there is no module {', '.join(sorted(unknown))}")
    show_startup(measure_startup(tuple(options.modules) or MODULES, options.runs))


if __name__ == "__main__":
    main()
