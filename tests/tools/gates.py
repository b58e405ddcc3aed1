# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ecosystem asks of a collection: ``python -m tests.tools.gates [GATE…]``.

Each gate works on a copy of what git knows, or on the tarball that is built from it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import tarball
from .checkout import CACHE, claim, copy_collection, environment
from .commands import FindingError, run, tool

WORK = CACHE / "gates"


@dataclass(frozen=True)
class Place:
    """Where the gates find what they look at."""

    source: Path
    tarball: Path
    variables: dict[str, str]

    def tool(self, name: str, *arguments: str | Path, folder: Path | None = None) -> str:
        """Run a tool of the virtual environment on the copy of the checkout."""
        return run(tool(name), *arguments, variables=self.variables, folder=folder or self.source)


def documentation(place: Place) -> None:
    """Documentation of plugins and guides, with all that they refer to."""
    checks = ["--plugin-docs", "--validate-collection-refs", "all", "--check-extra-docs-refs"]
    place.tool("antsibull-docs", "lint-collection-docs", *checks, ".")


def changelog(place: Place) -> None:
    """Fragments, and the changelog itself."""
    place.tool("antsibull-changelog", "lint")
    place.tool("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml")


def ansible_lint(place: Place) -> None:
    """The production profile, and once more without a profile: that one leaves out some rules, args among them."""
    settings = yaml.safe_load((place.source / ".ansible-lint").read_text(encoding="utf-8"))
    del settings["profile"]
    all_rules = WORK / "ansible-lint.yml"
    all_rules.write_text(yaml.safe_dump(settings), encoding="utf-8")
    common = ["--offline", "--strict", "--nocolor"]
    place.tool("ansible-lint", *common, "--profile", "production")
    place.tool("ansible-lint", *common, "--config-file", all_rules, "--project-dir", ".")


def content(place: Place) -> None:
    """The tarball holds what users need, and nothing else."""
    tarball.check_files(place.tarball)


def importer(place: Place) -> None:
    """What Galaxy does with an upload. It only warns of most things, and of tools that it does not find."""
    output = place.tool("python", "-m", "galaxy_importer.main", place.tarball, folder=WORK)
    seen = ("Getting doc strings via ansible-doc", "ansible-lint run complete", "processing completed successfully")
    left_out = [f"galaxy-importer did not say {words!r}" for words in seen if words not in output]
    if left_out or re.search(r"^(WARNING|ERROR|CRITICAL)\b", output, re.MULTILINE):
        raise FindingError("\n".join([output, *left_out]))


def execution_environment(place: Place) -> None:
    """What an execution environment with the collection gets: requests, and nothing of the system."""
    collections = WORK / "collections"
    installed = tarball.install(place.tarball, collections, place.variables)
    output = place.tool("ansible-builder", "introspect", collections, folder=WORK)
    asked = yaml.safe_load(output[output.index("---") :])
    needed = (installed / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in needed if line.startswith("requests")]
    if [line.partition("#")[0].strip() for line in asked["python"]] != wanted or asked["system"]:
        raise FindingError(f"requests is wanted and nothing else, but ansible-builder introspect says:\n{output}")
    if noise := re.findall(r"(?i).*\b(?:warning|error)\b.*", output):
        raise FindingError("\n".join(noise))


def execution_environment_guide(place: Place) -> None:
    """ansible-builder accepts the definition in the guide."""
    guide = (place.source / "docs" / "docsite" / "rst" / "awx.rst").read_text(encoding="utf-8")
    block = re.search(r"^  version: 3\n(?:  .*\n|\n)+", guide, re.MULTILINE)
    if block is None:
        raise FindingError("docs/docsite/rst/awx.rst has no definition of an execution environment")
    definition, context = WORK / "execution-environment.yml", WORK / "context"
    definition.write_text(textwrap.dedent(block[0]), encoding="utf-8")
    shutil.rmtree(context, ignore_errors=True)
    into: list[str | Path] = ["--context", context, "--output-filename", "Containerfile"]
    place.tool("ansible-builder", "create", "--file", definition, *into, folder=WORK)
    collections = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    if not (context / "Containerfile").is_file() or collections != {"collections": [{"name": "wecom.kf"}]}:
        raise FindingError(f"ansible-builder create made of it: {json.dumps(collections)}")


GATES: dict[str, Callable[[Place], None]] = {
    "antsibull-docs": documentation,
    "antsibull-changelog": changelog,
    "ansible-lint": ansible_lint,
    "tarball": content,
    "galaxy-importer": importer,
    "ansible-builder-introspect": execution_environment,
    "ansible-builder-create": execution_environment_guide,
}


def prepare() -> Place:
    """Copy the checkout and build the tarball."""
    claim("gates")
    temporary = WORK / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    source = copy_collection("gates/source")
    variables = environment(
        ANSIBLE_COLLECTIONS_PATH=f"{source.parents[2]}:{WORK / 'collections'}",
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
        # Tools that ask git what to look at must not ask the checkout's repository, which ignores all of this.
        GIT_CEILING_DIRECTORIES=str(CACHE),
        NO_COLOR="1",
        TMPDIR=str(temporary),
    )
    subprocess.run(["git", "init", "--quiet"], cwd=source, env=variables, check=True)
    return Place(source, tarball.build(source, WORK, variables), variables)


def main() -> None:
    """Run the gates and tell which one the checkout does not pass."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.gates", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="GATE", help=f"all, if none is named: {', '.join(GATES)}")
    chosen = parser.parse_args().gates or list(GATES)
    if unknown := set(chosen) - set(GATES):
        parser.error(f"there is no gate {', '.join(sorted(unknown))}")
    try:
        place = prepare()
    except FindingError as finding:
        sys.exit(str(finding))
    closed = []
    for name in chosen:
        began = time.monotonic()
        try:
            GATES[name](place)
        except FindingError as finding:
            print(finding)
            closed.append(name)
        verdict = "FAILED" if name in closed else "ok"
        print(f"{name:<28}{verdict:<8}{time.monotonic() - began:.1f} s", flush=True)
    if closed:
        sys.exit(f"Not passed: {', '.join(closed)}")


if __name__ == "__main__":
    main()
