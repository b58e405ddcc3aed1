# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that can be changed while the simulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import errors
from .fields import Section
from .limits import Limits


@dataclass(frozen=True)
class Settings:
    """How the service behaves at the moment. README.md describes each field."""

    latency: float = 0
    token_ttl: float = 7200
    token_calls: int | None = None
    token_calls_errcode: int = errors.TOKEN_EXPIRED
    ip_trusted: bool = True
    api_enabled: bool = True
    verified: bool = True
    accounts_underused: bool = False
    avatar_required: bool = False
    media_ttl: float = 3 * 24 * 3600
    lenient: bool = False
    strict_removal: bool | int = False
    covered_by_department: str = "added"
    numbers_as_text: bool = False
    odd_bytes: bool = False
    extra_keys: bool = False
    empty_list: str = "list"
    client_ip: str = "203.0.113.7"
    limits: Limits = field(default_factory=Limits)

    def updated(self, data: object, where: str = "settings") -> Settings:
        """Return these settings with those in a mapping changed."""
        section = Section(data, where)
        settings = self.taken_from(section)
        section.finish()
        return settings

    def taken_from(self, section: Section) -> Settings:
        """Do the same with a mapping that has other keys as well."""
        limits: Any = section.mapping("limits", None)
        return Settings(
            latency=section.number("latency", self.latency),
            token_ttl=section.number("token_ttl", self.token_ttl),
            token_calls=section.nullable("token_calls", section.integer, self.token_calls, least=1),
            token_calls_errcode=section.choice(
                "token_calls_errcode", self.token_calls_errcode, (errors.TOKEN_EXPIRED, errors.INVALID_TOKEN)
            ),
            ip_trusted=section.boolean("ip_trusted", self.ip_trusted),
            api_enabled=section.boolean("api_enabled", self.api_enabled),
            verified=section.boolean("verified", self.verified),
            accounts_underused=section.boolean("accounts_underused", self.accounts_underused),
            avatar_required=section.boolean("avatar_required", self.avatar_required),
            media_ttl=section.number("media_ttl", self.media_ttl),
            lenient=section.boolean("lenient", self.lenient),
            strict_removal=section.boolean_or_integer("strict_removal", self.strict_removal),
            covered_by_department=section.choice(
                "covered_by_department", self.covered_by_department, ("added", "ignored")
            ),
            numbers_as_text=section.boolean("numbers_as_text", self.numbers_as_text),
            odd_bytes=section.boolean("odd_bytes", self.odd_bytes),
            extra_keys=section.boolean("extra_keys", self.extra_keys),
            # YAML reads an unquoted null as nothing.
            empty_list=section.nullable(
                "empty_list", section.choice, self.empty_list, null="null", choices=("list", "null", "absent")
            ),
            client_ip=section.text("client_ip", self.client_ip),
            limits=self.limits if limits is None else self.limits.updated(limits, section.place("limits")),
        )

    @property
    def removal_errcode(self) -> int:
        """The item code for removing somebody who does not serve; 0 means ``ignored``."""
        return errors.NOT_SERVING if self.strict_removal is True else int(self.strict_removal)
