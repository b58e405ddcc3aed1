# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Importing this file makes the imports that follow cheaper.

Ansible starts a module from a zip file. Python's zip importer compiles each file of it twice in a row, first to find
its name out and then to run it, and compiling is most of what our own files cost. Here it keeps the last result.
"""

from __future__ import annotations

import functools
import typing as t
import zipimport

_compile: t.Any = getattr(zipimport, "_compile_source", None)
# A Python that has no function of this name is left as it is.
if _compile is not None and not hasattr(_compile, "cache_info"):
    setattr(zipimport, "_compile_source", functools.lru_cache(maxsize=1)(_compile))  # noqa: B010
