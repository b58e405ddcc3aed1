# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rehearse a release: ``python -m tests.tools.release``.

Checks that version and changelog agree, builds the tarball into .cache/release, installs it into an empty environment,
and runs playbooks from there against the simulator. The checkout is not changed.
"""

from __future__ import annotations

import datetime
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from ..simulator.running import RunningSimulator, running_simulator
from . import tarball
from .checkout import CACHE, ROOT, claim, copy_collection, environment
from .commands import FindingError, run, tool

WORK = CACHE / "release"
DEMO = ROOT / "tests" / "tools" / "demo_settings"


def check_version(source: Path, variables: dict[str, str]) -> str:
    """Return the version of galaxy.yml, which must be the newest entry of the changelog.

    If the changelog does not have it yet, the entry is made from the fragments, in the copy.
    """
    version = str(_read(source / "galaxy.yml")["version"])
    if not all(part.isdigit() for part in version.split(".")) or version.count(".") != 2:
        raise FindingError(f"galaxy.yml: {version} is not a version of the form X.Y.Z")
    run(tool("antsibull-changelog"), "lint", variables=variables, folder=source)
    changelog = source / "changelogs" / "changelog.yaml"
    waiting = sorted(path.name for path in (source / "changelogs" / "fragments").glob("*.y*ml"))
    if version not in _read(changelog)["releases"]:
        if not waiting:
            raise FindingError(f"{version} is not in the changelog, and changelogs/fragments is empty")
        run(tool("antsibull-changelog"), "release", variables=variables, folder=source)
        print(f"The entry for {version} comes from {', '.join(waiting)}: run antsibull-changelog release")
    elif waiting:
        raise FindingError(f"{version} is in the changelog already, but there are fragments: {', '.join(waiting)}")
    run(tool("antsibull-changelog"), "lint-changelog-yaml", "--strict", changelog, variables=variables, folder=source)
    releases = _read(changelog)["releases"]
    newest = max(releases, key=lambda name: [int(part) for part in name.split(".")])
    if newest != version:
        raise FindingError(f"galaxy.yml says {version}, but the newest entry of the changelog is {newest}")
    if not releases[version].get("changes", {}).get("release_summary"):
        raise FindingError(f"the changelog's entry for {version} has no release_summary")
    dated = datetime.date.fromisoformat(str(releases[version]["release_date"]))
    written = (source / "CHANGELOG.md").read_bytes()
    run(tool("antsibull-changelog"), "generate", variables=variables, folder=source)
    if (source / "CHANGELOG.md").read_bytes() != written:
        raise FindingError("CHANGELOG.md differs from changelogs/changelog.yaml: run antsibull-changelog generate")
    print(f"Version {version}, changelog of {dated}")
    return version


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def make_empty_environment(built: Path, variables: dict[str, str]) -> Path:
    """Install Ansible, the tarball and its requirements; return the folder of the programs."""
    programs = WORK / "venv" / "bin"
    run(sys.executable, "-m", "venv", programs.parent, variables=variables)
    pip: list[str | Path] = [programs / "python", "-m", "pip", "install", "-qq"]
    run(*pip, f"ansible-core == {metadata.version('ansible-core')}", variables=variables)
    installed = tarball.install(built, WORK / "collections", variables, galaxy=programs / "ansible-galaxy")
    run(*pip, "--requirement", installed / "requirements.txt", variables=variables)
    print("Installed into an empty environment")
    return programs


def check_smoke(programs: Path, simulator: RunningSimulator, variables: dict[str, str]) -> None:
    """Try what the tarball holds: documentation, an example, and the playbooks."""
    collection = WORK / "collections" / "ansible_collections" / "wecom" / "kf"
    examples = collection / "docs" / "examples"
    roster = WORK / "roster.yml"

    def ansible(*arguments: str | Path, says: str) -> None:
        command = " ".join(str(word).replace(f"{WORK}/", "") for word in arguments)
        output = run(programs / arguments[0], *arguments[1:], variables=variables, folder=WORK)
        if says not in output:
            raise FindingError(f"{command} did not say {says!r}:\n{output}")
        print(f"ok: {command}", flush=True)

    for kind, folder in (("module", "modules"), ("filter", "filter")):
        for plugin in sorted((collection / "plugins" / folder).glob("*.py")):
            ansible("ansible-doc", "--type", kind, f"wecom.kf.{plugin.stem}", says="EXAMPLES")
    ansible("ansible-playbook", examples / "add_a_team.yml", says="250 added")
    ansible("ansible-playbook", examples / "add_a_team.yml", says="250 unchanged")
    ansible("ansible-playbook", "wecom.kf.roster_export", "-e", f"roster_file={roster}", says="changed=1")
    ansible("ansible-playbook", "wecom.kf.roster_apply", "-e", f"roster_file={roster}", says="changed=0")
    if len(simulator.serving("wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q")) != 250:
        raise FindingError("the service lacks the 250 servicers that the playbook added")


def main() -> None:
    """Rehearse a release."""
    claim("release")
    shutil.rmtree(WORK, ignore_errors=True)
    temporary = WORK / "tmp"
    temporary.mkdir(parents=True)
    variables = environment(
        ANSIBLE_COLLECTIONS_PATH=str(WORK / "collections"),
        ANSIBLE_CONFIG=str(DEMO / "ansible.cfg"),
        ANSIBLE_REMOTE_TMP=str(temporary / "ansible"),  # not in the real home folder
        NO_PROXY="127.0.0.1",
        PIP_CACHE_DIR=str(CACHE / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        TMPDIR=str(temporary),
        no_proxy="127.0.0.1",
    )
    try:
        source = copy_collection("release/source")
        version = check_version(source, variables)
        built = tarball.build(source, WORK, variables)
        tarball.check_files(built)
        if built.name != f"wecom-kf-{version}.tar.gz":
            raise FindingError(f"the name of the tarball is {built.name}")
        programs = make_empty_environment(built, variables)
        with running_simulator(_read(DEMO / "service.yml")) as simulator:
            credentials = {"WECOM_CORPID": simulator.corpid, "WECOM_CORPSECRET": simulator.corpsecret}
            check_smoke(programs, simulator, variables | credentials | {"WECOM_API_URL": simulator.url})
    except FindingError as finding:
        sys.exit(f"Not ready for a release: {finding}")
    print(f"Ready for a release: {built.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
