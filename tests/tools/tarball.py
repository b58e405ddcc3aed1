# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build, check and install the collection's tarball."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from .checkout import files_known_to_git
from .commands import FindingError, run, tool

# What users get: these files, and all files that git knows in these folders.
_FILES = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "README.zh.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs/changelog.yaml",
    "requirements.txt",
}
_FOLDERS = {
    "LICENSES": {".txt"},
    "docs": {".png", ".rst", ".svg", ".yml"},
    "meta": {".yml"},
    "playbooks": {".j2", ".yml"},
    "plugins": {".py"},
}
_MADE_BY_THE_BUILD = {"FILES.json", "MANIFEST.json"}


def build(source: Path, folder: Path, variables: Mapping[str, str]) -> Path:
    """Build the collection from a copy of the checkout and return the tarball, the only one in the folder."""
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    run(tool("ansible-galaxy"), "collection", "build", "--output-path", folder, source, variables=variables)
    (tarball,) = folder.glob("*.tar.gz")
    return tarball


def files(tarball: Path) -> set[str]:
    """Return the names of the files in the tarball."""
    with tarfile.open(tarball) as content:
        return {member.name for member in content if not member.isdir()}


def check_files(tarball: Path) -> None:
    """Raise ``FindingError`` unless the tarball holds what users need, and nothing else."""
    found, known = files(tarball), set(files_known_to_git())
    expected = _FILES | {name for name in known if PurePosixPath(name).parts[0] in _FOLDERS} | _MADE_BY_THE_BUILD
    wrong = [f"{name} is missing" for name in sorted(expected - found)]
    wrong += [f"{name} is not for users: see build_ignore in galaxy.yml" for name in sorted(found - expected)]
    wrong += [f"{name} is of a kind that does not belong in its folder" for name in sorted(found) if _is_strange(name)]
    wrong += [f"{folder} is empty" for folder in sorted(_FOLDERS) if not any(n.startswith(f"{folder}/") for n in found)]
    if wrong:
        raise FindingError(f"{tarball.name}:\n" + "\n".join(wrong))


def _is_strange(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] in _FOLDERS and path.suffix not in _FOLDERS[path.parts[0]]


def install(tarball: Path, collections: Path, variables: Mapping[str, str], galaxy: Path | None = None) -> Path:
    """Install the tarball below a folder, without any server, and return the installed folder."""
    command: list[str | Path] = [galaxy or tool("ansible-galaxy"), "collection", "install", "--offline", "--force"]
    run(*command, "--collections-path", collections, tarball, variables=variables)
    return collections / "ansible_collections" / "wecom" / "kf"
