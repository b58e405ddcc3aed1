# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same histories as in the unit tests, many more of them: ``python -m tests.soak``."""
