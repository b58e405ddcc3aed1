# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be switched while the simulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .fields import Section
from .limits import Limits


@dataclass(frozen=True)
class Settings:
    """How the service is disposed at the moment."""

    latency: float = 0
    token_ttl: float = 7200
    ip_trusted: bool = True
    api_enabled: bool = True
    strict_removal: bool = False
    client_ip: str = "203.0.113.7"
    limits: Limits = field(default_factory=Limits)

    def updated(self, data: object, where: str = "settings") -> Settings:
        """These settings with some of them set anew."""
        section = Section(data, where)
        settings = self.taken_from(section)
        section.finish()
        return settings

    def taken_from(self, section: Section) -> Settings:
        """The same, out of a mapping that has other keys as well."""
        limits: Any = section.mapping("limits", None)
        return Settings(
            latency=section.number("latency", self.latency),
            token_ttl=section.number("token_ttl", self.token_ttl),
            ip_trusted=section.boolean("ip_trusted", self.ip_trusted),
            api_enabled=section.boolean("api_enabled", self.api_enabled),
            strict_removal=section.boolean("strict_removal", self.strict_removal),
            client_ip=section.text("client_ip", self.client_ip),
            limits=self.limits if limits is None else self.limits.updated(limits, section.place("limits")),
        )
