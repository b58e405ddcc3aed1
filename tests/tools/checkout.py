# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make this checkout importable and copy it, and leave nothing outside it.

Whatever a command writes goes to ``CACHE``, its home folder included. Tests of plugins import this file on Python 3.8.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
HOME = CACHE / "home"
PACKAGE = "ansible_collections.wecom.kf"

# Settings of the user, or of a git hook that runs this, that would change what the commands do.
_FOREIGN = ("ANSIBLE_", "GIT_", "PYTHON", "VIRTUAL_ENV", "WECOM_")


def collections_path() -> Path:
    """Return the folder in which Python and Ansible find this checkout as ``ansible_collections/wecom/kf``.

    A checkout that lies elsewhere is linked to from the cache. Tools that resolve links need ``copy_collection``.
    """
    place = Path(*PACKAGE.split("."))
    if ROOT.parts[-3:] == place.parts:
        return ROOT.parents[2]
    link = CACHE / "tree" / place
    if not link.exists() or link.resolve() != ROOT:  # also where the checkout was moved
        link.parent.mkdir(parents=True, exist_ok=True)
        new = link.with_name(f"kf.{os.getpid()}")
        new.symlink_to(os.path.relpath(ROOT, link.parent))
        new.replace(link)  # in one step, as several processes may be doing this
    return CACHE / "tree"


def make_importable() -> None:
    """Let this process import the checkout as ``ansible_collections.wecom.kf``, unless it already does.

    ``ansible-test units`` has an importer of its own, which is left alone.
    """
    try:
        found = find_spec(PACKAGE)
    except ModuleNotFoundError:
        found = None
    folders = found.submodule_search_locations if found else None
    if ROOT not in [Path(folder).resolve() for folder in folders or []]:
        sys.path.insert(0, str(collections_path()))


def files_known_to_git() -> list[str]:
    """Return the files that git tracks, and new ones that it does not ignore."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(git, cwd=ROOT, env=_without_foreign_settings(), stdout=subprocess.PIPE, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"git could not list the files of this checkout: {error}")
    names = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
    return sorted(name for name in names if os.path.lexists(ROOT / name))


def claim(purpose: str) -> None:
    """Wait until no other process uses the cache for this purpose, and lock it.

    The lock ends with this process, or with the program that replaces it.
    """
    CACHE.mkdir(exist_ok=True)
    lock = os.open(CACHE / f"{purpose}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Waiting until another {purpose} in this checkout ends", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def copy_collection(purpose: str) -> Path:
    """Copy what git knows to a folder where Ansible accepts it as the collection, and return that folder.

    Some of Ansible's tools resolve the link of ``collections_path``, and some take every file they find, ignored
    ones included. The ``tests/output`` of an earlier copy, with ansible-test's virtual
    environments, is kept.
    """
    folder = CACHE / purpose / "ansible_collections" / "wecom" / "kf"
    output, output_aside = folder / "tests" / "output", CACHE / purpose / "output"
    if output.exists():
        shutil.rmtree(output_aside, ignore_errors=True)
        output.rename(output_aside)
    shutil.rmtree(folder, ignore_errors=True)
    for name in files_known_to_git():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    if output_aside.exists():
        output_aside.rename(output)
    return folder


def environment(**settings: str) -> dict[str, str]:
    """Return the environment for a command: a home inside the checkout, and no settings of the user."""
    HOME.mkdir(parents=True, exist_ok=True)
    fixed = {"HOME": str(HOME), "PATH": _path(), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**_without_foreign_settings(), **fixed, **settings}


def _without_foreign_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def _path() -> str:
    """Return PATH with the virtual environment first, and with pyenv's interpreters instead of its shims.

    The shim of a version that is not active fails.
    """
    folders = [str(Path(sys.prefix) / "bin")]
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        versions = Path(folder).parent / "versions"
        if Path(folder).name == "shims" and versions.is_dir():
            folders += sorted(str(version / "bin") for version in versions.iterdir())
        elif Path(folder).name != "shims":
            folders.append(folder)
    return os.pathsep.join(dict.fromkeys(folders))


if __name__ == "__main__":
    print(collections_path())
