# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what Ansible's ecosystem requires of a collection: ``python -m tests.tools.gates [GATE…]``.

Each gate checks a copy of the files that git knows, or the tarball built from it.
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

from . import tarball, translations
from .checkout import CACHE, claim, copy_collection, environment
from .commands import FindingError, run, tool
from .docs import check_documentation

WORK = CACHE / "gates"


@dataclass(frozen=True)
class Candidate:
    """The copy of the checkout and the tarball that the gates check."""

    source: Path
    tarball: Path
    variables: dict[str, str]

    def tool(self, name: str, *arguments: str | Path, folder: Path | None = None) -> str:
        """Run a tool of the virtual environment on the copy of the checkout."""
        return run(tool(name), *arguments, variables=self.variables, folder=folder or self.source)


def documentation(candidate: Candidate) -> None:
    """Check the documentation of plugins and guides, and all references in it."""
    check_documentation(candidate.source, candidate.variables)


def changelog(candidate: Candidate) -> None:
    """Check the changelog and its fragments."""
    candidate.tool("antsibull-changelog", "lint")
    candidate.tool("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml")


def ansible_lint(candidate: Candidate) -> None:
    """Run ansible-lint with the production profile, and once without, as that profile leaves out some rules."""
    settings = yaml.safe_load((candidate.source / ".ansible-lint").read_text(encoding="utf-8"))
    del settings["profile"]
    all_rules = WORK / "ansible-lint.yml"
    all_rules.write_text(yaml.safe_dump(settings), encoding="utf-8")
    common = ["--offline", "--strict", "--nocolor"]
    candidate.tool("ansible-lint", *common, "--profile", "production")
    candidate.tool("ansible-lint", *common, "--config-file", all_rules, "--project-dir", ".")


def content(candidate: Candidate) -> None:
    """Check that the tarball holds what users need, and nothing else."""
    tarball.check_files(candidate.tarball)


def importer(candidate: Candidate) -> None:
    """Do what Galaxy does with an upload. Its warnings are errors here, and so is a tool that it does not find."""
    output = candidate.tool("python", "-m", "galaxy_importer.main", candidate.tarball, folder=WORK)
    seen = ("Getting doc strings via ansible-doc", "ansible-lint run complete", "processing completed successfully")
    left_out = [f"galaxy-importer did not say {words!r}" for words in seen if words not in output]
    if left_out or re.search(r"^(WARNING|ERROR|CRITICAL)\b", output, re.MULTILINE):
        raise FindingError("\n".join([output, *left_out]))


def execution_environment(candidate: Candidate) -> None:
    """Check that an execution environment gets requests, and no system package."""
    collections = WORK / "collections"
    installed = tarball.install(candidate.tarball, collections, candidate.variables)
    output = candidate.tool("ansible-builder", "introspect", collections, folder=WORK)
    found = yaml.safe_load(output[output.index("---") :])
    lines = (installed / "requirements.txt").read_text(encoding="utf-8").splitlines()
    expected = [line for line in lines if line.startswith("requests")]
    if [line.partition("#")[0].strip() for line in found["python"]] != expected or found["system"]:
        raise FindingError(f"Only requests is expected, but ansible-builder introspect says:\n{output}")
    if warnings := re.findall(r"(?i).*\b(?:warning|error)\b.*", output):
        raise FindingError("\n".join(warnings))


def execution_environment_guide(candidate: Candidate) -> None:
    """Check that ansible-builder accepts the definition in the guide."""
    guide = (candidate.source / "docs" / "docsite" / "rst" / "awx.rst").read_text(encoding="utf-8")
    block = re.search(r"^  version: 3\n(?:  .*\n|\n)+", guide, re.MULTILINE)
    if block is None:
        raise FindingError("docs/docsite/rst/awx.rst has no definition of an execution environment")
    definition, context = WORK / "execution-environment.yml", WORK / "context"
    definition.write_text(textwrap.dedent(block[0]), encoding="utf-8")
    shutil.rmtree(context, ignore_errors=True)
    into: list[str | Path] = ["--context", context, "--output-filename", "Containerfile"]
    candidate.tool("ansible-builder", "create", "--file", definition, *into, folder=WORK)
    collections = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    if not (context / "Containerfile").is_file() or collections != {"collections": [{"name": "wecom.kf"}]}:
        raise FindingError(f"ansible-builder create made of it: {json.dumps(collections)}")


def translation(candidate: Candidate) -> None:
    """Check that no English page has changed since its Chinese translation."""
    problems = [translations.check(*pair) for pair in translations.pairs(candidate.source).items()]
    if any(problems):
        raise FindingError("\n".join(filter(None, problems)))


def performance(candidate: Candidate) -> None:
    """Check that the performance page shows the benchmark's results."""
    candidate.tool("python", "-m", "tests.benchmark.plot", "--check")


GATES: dict[str, Callable[[Candidate], None]] = {
    "antsibull-docs": documentation,
    "antsibull-changelog": changelog,
    "performance-page": performance,
    "translations": translation,
    "ansible-lint": ansible_lint,
    "tarball": content,
    "galaxy-importer": importer,
    "ansible-builder-introspect": execution_environment,
    "ansible-builder-create": execution_environment_guide,
}


def prepare() -> Candidate:
    """Copy the checkout and build the tarball."""
    claim("gates")
    temporary = WORK / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    source = copy_collection("gates/source")
    variables = environment(
        ANSIBLE_COLLECTIONS_PATH=f"{source.parents[2]}:{WORK / 'collections'}",
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
        # Tools that ask git for files must not ask the checkout's repository, which ignores the copy.
        GIT_CEILING_DIRECTORIES=str(CACHE),
        NO_COLOR="1",
        TMPDIR=str(temporary),
        # ansible-lint runs the argument specs, which want credentials; examples rely on the environment for them.
        WECOM_CORPID="ww1234567890abcdef",
        WECOM_CORPSECRET="not-a-secret",
    )
    subprocess.run(["git", "init", "--quiet"], cwd=source, env=variables, check=True)
    return Candidate(source, tarball.build(source, WORK, variables), variables)


def main() -> None:
    """Run the gates and report those that fail."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.gates", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="GATE", help=f"default: all of {', '.join(GATES)}")
    chosen = parser.parse_args().gates or list(GATES)
    if unknown := set(chosen) - set(GATES):
        parser.error(f"there is no gate {', '.join(sorted(unknown))}")
    try:
        candidate = prepare()
    except FindingError as finding:
        sys.exit(str(finding))
    failed = []
    for name in chosen:
        began = time.monotonic()
        try:
            GATES[name](candidate)
        except FindingError as finding:
            print(finding)
            failed.append(name)
        result = "FAILED" if name in failed else "ok"
        print(f"{name:<28}{result:<8}{time.monotonic() - began:.1f} s", flush=True)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
