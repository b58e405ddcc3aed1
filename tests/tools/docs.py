# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the documentation site: ``python -m tests.tools.docs``.

Module pages and guides become HTML with antsibull-docs and Sphinx, without network access. A warning is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

from . import error_code_pages
from .checkout import CACHE, ROOT, claim, copy_collection, environment
from .commands import FindingError, run, tool

WORK = CACHE / "docs"
SITE = WORK / "html"
SETTINGS = Path(__file__).with_name("docs_settings")

# The labels of Ansible's own documentation that module pages use. With this list nothing has to be downloaded.
_ANSIBLE_LABELS = {
    "ansible_collections.ansible.builtin.from_yaml_filter": "collections/ansible/builtin/from_yaml_filter.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def write_inventory(path: Path) -> None:
    """Write the labels above as an inventory of the kind that Sphinx reads."""
    lines = [
        f"{label} std:label -1 {page}#{label.translate({ord('_'): '-', ord('.'): '-'})} -"
        for label, page in _ANSIBLE_LABELS.items()
    ]
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version:\n# The rest is compressed with zlib.\n"
    path.write_bytes(head.encode() + zlib.compress("\n".join([*lines, ""]).encode()))


def check_documentation(collection: Path, variables: Mapping[str, str]) -> None:
    """Check the documentation of plugins and guides, and all references in it. Raises FindingError."""
    checks = ["--plugin-docs", "--validate-collection-refs", "all", "--check-extra-docs-refs"]
    for is_last in (False, True):
        try:
            run(tool("antsibull-docs"), "lint-collection-docs", *checks, collection, variables=variables)
        except FindingError as error:
            # The pages that it checks hold the path of its temporary folder. Where the random name of that ends with an
            # underscore, it takes the name for a reference.
            if is_last or 'Unknown target name: "antsibull-docs-' not in str(error):
                raise
        else:
            return


def main() -> None:
    """Check the collection's documentation and build the site from it."""
    claim("docs")
    error_code_pages.main()
    collection = copy_collection("docs/source")
    inventory = WORK / "ansible.inv"
    variables = environment(ANSIBLE_COLLECTIONS_PATH=str(collection.parents[2]), DOCS_INVENTORY=str(inventory))
    # Without its own repository the copy counts as files that the checkout's repository ignores.
    subprocess.run(["git", "init", "--quiet", str(collection)], env=variables, check=True)
    pages = WORK / "rst"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    pages.mkdir(mode=0o700, parents=True)
    os.chmod(pages, 0o700)  # antsibull-docs refuses a folder that others can write to
    make = ["--config-file", str(SETTINGS / "antsibull-docs.cfg"), "collection", "--use-current", "--squash-hierarchy"]
    check_documentation(collection, variables)
    subprocess.run(
        [str(tool("antsibull-docs")), *make, "--dest-dir", str(pages), "wecom.kf"], env=variables, check=True
    )
    for picture in (ROOT / "docs" / "docsite" / "rst").glob("*.svg"):
        shutil.copy(picture, pages / "docsite")
    write_inventory(inventory)
    sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-c", str(SETTINGS), "-d", str(WORK / "doctrees")]
    sphinx += ["--fail-on-warning", "--fresh-env", "--quiet"]
    subprocess.run([*sphinx, str(pages), str(SITE)], env=variables, check=True)
    print(f"The site is in {(SITE / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, FindingError, ValueError) as error:
        sys.exit(f"The documentation cannot be built: {error}")
