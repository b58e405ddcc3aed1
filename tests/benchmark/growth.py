# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How time and memory grow with the number of accounts and of servicers.

The modules' own processes are measured, started as Ansible starts them but without the playbook around them:
their memory would otherwise drown in that of ansible-playbook.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .measuring import Service
from .situations import Situation

# What getrusage says of a child's memory counts its parent's too, as it was before the child's program was loaded.
_RUN = """\
import atexit, os, runpy, sys
module, options, status = sys.argv[1:]
atexit.register(lambda: os.write(int(status), open("/proc/self/status", "rb").read()))
sys.argv = [module, options]
runpy.run_path(module, run_name="__main__")
"""

ACCOUNTS = (10, 100, 1000, 5000)
SERVICERS = (10, 100, 500, 2000)


def measure_growth(variables: dict[str, str], service: Service, runs: int) -> list[dict[str, Any]]:
    """Measure, print tables, and return the rows of both."""
    series = [
        (
            "accounts of 500 servicers, one to add in every hundredth",
            "wecom_kf_servicers",
            [Situation(str(number), accounts=number, servicers=500, missing=0) for number in ACCOUNTS],
        ),
        (
            "servicers to add to one account",
            "wecom_kf_servicer",
            [Situation(str(number), accounts=1, servicers=number, missing=number) for number in SERVICERS],
        ),
    ]
    results = []
    for title, module, steps in series:
        print(f"\n{module}: {title}\n{'':>10}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'calls':>8}")
        rows = []
        for step in steps:
            samples = [_measure(module, step, variables, service) for _run in range(runs)]
            wall, cpu, peak = (statistics.median(figures) for figures in list(zip(*samples, strict=True))[:3])
            row = {
                "size": int(step.title),
                "wall": round(wall, 3),
                "cpu": round(cpu, 3),
                "peak_mib": round(peak, 1),
                "calls": samples[0][3],
            }
            rows.append(row)
            print(f"{row['size']:>10}{wall:>9.2f}{cpu:>9.2f}{peak:>10.1f}{row['calls']:>8}")
        results.append({"title": title, "module": module, "rows": rows})
    return results


def _measure(
    module: str, step: Situation, variables: dict[str, str], service: Service
) -> tuple[float, float, float, int]:
    """Seconds, seconds of processor time, the most memory in MiB, and API calls."""
    service.reset(step.config(0.0))
    accounts = step.roster()
    if module == "wecom_kf_servicers":
        for account in accounts[::100]:
            service.take_away(account["open_kfid"], account["userids"][-1])
        options: dict[str, Any] = {"accounts": accounts}
    else:
        options = accounts[0]
    root = Path(variables["ANSIBLE_COLLECTIONS_PATH"])
    path = root / "ansible_collections" / "wecom" / "kf" / "plugins" / "modules" / f"{module}.py"
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file, tempfile.TemporaryFile() as status:
        json.dump({"ANSIBLE_MODULE_ARGS": options}, file)
        file.flush()
        environment = {**variables, **service.variables, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", _RUN, str(path), file.name, str(status.fileno())]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        process = subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, pass_fds=[status.fileno()], check=False
        )
        wall = time.perf_counter() - start
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            sys.exit(f"{module} failed with {step.title}.")
        status.seek(0)
        peak = int(re.findall(rb"VmHWM:\s*(\d+) kB", status.read())[0]) / 1024
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    calls = sum(service.counters()["calls"].values())
    return wall, cpu, peak, calls
