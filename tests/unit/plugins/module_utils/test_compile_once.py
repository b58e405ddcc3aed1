# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is imported from a zip file is compiled once, and is what it was otherwise."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.wecom.kf.plugins.module_utils import _compile_once

COUNT = """
import sys, zipimport
compiled = []
compile_source = zipimport._compile_source
def counting(path, source):
    compiled.append(path)
    return compile_source(path, source)
zipimport._compile_source = counting
sys.path.insert(0, sys.argv[1])
if sys.argv[2:]:
    exec(open(sys.argv[2]).read())
import package.first
print(len(compiled), package.first.VALUE, package.first.__file__.endswith("first.py"))
"""


@pytest.fixture(name="archive")
def _archive(tmp_path: Path) -> Path:
    path = tmp_path / "modules.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("package/__init__.py", "")
        archive.writestr("package/first.py", "from package import second\nVALUE = second.VALUE + 1\n")
        archive.writestr("package/second.py", "VALUE = 1\n")
    return path


def run(*arguments: str) -> list[str]:
    command = [sys.executable, "-c", COUNT, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def test_each_file_is_compiled_once(archive: Path) -> None:
    compiled, *rest = run(str(archive), _compile_once.__file__)
    assert int(compiled) == 3
    assert rest == run(str(archive))[1:] == ["2", "True"]


def test_a_python_without_that_function_is_left_as_it_is(archive: Path) -> None:
    code = "import zipimport\ndel zipimport._compile_source\n"
    code += f"exec(open({_compile_once.__file__!r}).read())\nassert not hasattr(zipimport, '_compile_source')"
    subprocess.run([sys.executable, "-c", code], check=True)
