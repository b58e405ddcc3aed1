# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test on a copy of the checkout: ``python -m tests.tools.ansible_test sanity …``.

This uses the ansible-test of the Python environment it runs in. With ``--requests VERSION`` before the command, units
and integration use that version of requests.

ansible-test requires a certain folder name, downloads pip from a host that many networks block, writes to the home
folder and passes on little of its environment. This tool provides for all of that.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from .checkout import CACHE, HOME, ROOT, claim, copy_collection, environment

# What ansible-test runs to install pip into an empty environment, with the arguments of pip's own get-pip.py.
_GET_PIP = """\
import subprocess
import sys

wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--upgrade"] + wanted)
"""


def provide_get_pip() -> None:
    """Put pip's bootstrap script where ansible-test looks before it downloads one."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("ansible-test is not installed in this Python environment.")
    requirements = Path(spec.submodule_search_locations[0]) / "_internal" / "python_requirements.py"
    folder = HOME / ".ansible" / "test" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"\bpip='([\d.]+)'", requirements.read_text(encoding="utf-8"))):
        (folder / f"get_pip_{version.replace('.', '_')}.py").write_text(_GET_PIP, encoding="utf-8")


def provide_pip_settings() -> None:
    """Write pip's settings to a file, as ansible-test passes on no variable for pip."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    settings = configparser.RawConfigParser()
    settings.add_section("global")
    from_variables: dict[str, str] = {}
    for line in listed.splitlines():
        name, value = line.split("=", 1)
        section, option = name.rsplit(".", 1)
        if section == ":env:":
            from_variables[option] = ast.literal_eval(value)
        else:
            if section not in settings:
                settings.add_section(section)
            settings[section][option] = ast.literal_eval(value)
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    settings["global"].update(({"proxy": proxy} if proxy else {}) | from_variables | {"cache-dir": str(CACHE / "pip")})
    settings["global"]["quiet"] = "2"  # errors only
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        settings.write(file)


def pin_requests(collection: Path, version: str) -> None:
    """Have ansible-test install this version of requests."""
    for name in ("unit/requirements.txt", "integration/target.requirements.txt"):
        path = collection / "tests" / name
        pinned = re.sub(r"^requests\b.*$", f"requests == {version}", path.read_text("utf-8"), flags=re.MULTILINE)
        path.write_text(pinned, encoding="utf-8")


def main() -> None:
    """Replace this process by ansible-test."""
    arguments = sys.argv[1:]
    requests = ""
    if arguments[:1] == ["--requests"]:
        _option, requests, *arguments = arguments
    if not arguments:
        sys.exit("Usage: python -m tests.tools.ansible_test [--requests VERSION] COMMAND [ARGUMENT…]")
    if arguments[0] == "integration" and " " in str(ROOT):
        sys.exit(f"ansible-test integration needs a checkout whose path has no spaces, unlike {ROOT}")
    provide_get_pip()
    provide_pip_settings()
    # One copy for each command and version, so that different ones can run at the same time.
    core = ".".join(metadata.version("ansible-core").split(".")[:2])
    purpose = f"ansible-test-{core}-{arguments[0]}"
    claim(purpose)
    collection = copy_collection(purpose)
    if requests:
        pin_requests(collection, requests)
    os.chdir(collection)
    # Without its own repository the copy counts as files that the checkout's repository ignores.
    subprocess.run(["git", "init", "--quiet"], env=environment(), check=True)
    os.execve(str(Path(sys.prefix) / "bin" / "ansible-test"), ["ansible-test", *arguments], environment())


if __name__ == "__main__":
    main()
