# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""What is known about one servicer while a plan is applied. Pure: takes responses and lists in, and makes no calls."""

from __future__ import annotations

from .._wecom.errors import NO_SUCH_SERVICER, lookup
from .api import ADD_SERVICERS, DELETE_SERVICERS
from .models import ItemResponse, ServicerId, normalize
from .outcome import DONE, Status
from .plan import ADD, NONE, Step


class Record:
    """One servicer of a plan: what is wanted, what the service said, and whether this one serves."""

    def __init__(self, step: Step, before: dict[ServicerId, ServicerId]) -> None:
        self.id = step.id
        self.key = normalize(step.id)
        self.action = step.action
        self.was_serving = self.key in before
        self.serving: ServicerId | None = before.get(self.key)
        """The id in the spelling that serves, None for one who does not serve."""
        self.is_wanted = self.was_serving if step.action == NONE else step.action == ADD
        self.refused: ItemResponse | None = None
        self.is_sent = False
        """Whether a call about this one may have reached the service."""
        self.is_in_doubt = False
        """Whether nothing usable was said since the last call about this one."""
        self.was_lost = False
        """Whether a call about this one may have been carried out although no usable response says so."""
        self.was_unanswered = False
        """Whether such a call got no usable response, so that it may be carried out even after a list."""
        self.is_confirmed = False
        """Whether the service said that this one is as wanted."""
        self.is_ignored = False
        """Whether the last response said ``ignored``: already as wanted before that call."""
        self.is_by_others = False
        """Whether this one was as wanted before any call of this task can have made it so."""
        self.is_in_question = False
        """Whether only another list can tell what the response means."""
        self.is_removed_in_vain = False
        """Whether this one made room for an addition that failed, and could not be added again."""
        self.kept: Status | None = None

    @property
    def kind(self) -> type:
        """``str`` for a user, ``int`` for a department."""
        return type(self.id)

    @property
    def needs_room(self) -> bool:
        """Whether this one was not added and the reason can be that the account is full."""
        return self.serving is None and self.refused is not None and lookup(self.refused.errcode).may_mean_full

    @property
    def is_added(self) -> bool:
        """Whether this one serves, by name or, as the service says, in a way that the list does not show."""
        return self.serving is not None or (self.action == ADD and self.is_ignored and self.refused is None)

    @property
    def is_done_by_us(self) -> bool:
        """Whether it is this task that made this one as wanted, for one who is."""
        return (self.is_confirmed or self.was_lost) and not self.is_by_others

    def is_open(self, call: str) -> bool:
        """Return whether this call still has something to do for this one."""
        return self.refused is None and (self.serving is None) == (call == ADD_SERVICERS)

    def note(self, call: str, response: ItemResponse | None) -> None:
        """Take in what a response says about this one; None for nothing usable."""
        if response is None:
            self.note_failure(reached_service=True, may_be_done=True, is_unanswered=True)
            return
        was_in_doubt, self.is_in_doubt = self.is_in_doubt, False
        self.is_sent = True
        if response.errcode == 0:
            self.refused = None
            self.serving = self.id if call == ADD_SERVICERS else None
            self.is_confirmed = True
            self.is_ignored = self.is_in_question = response.is_ignored
            self.is_by_others = response.is_ignored and not self.was_lost
            return
        self.refused = response
        if was_in_doubt:  # the call before may have done it, and this one came too late
            self.is_in_doubt = True
        elif call == DELETE_SERVICERS and response.errcode in NO_SUCH_SERVICER:
            self.is_in_question = True

    def note_failure(self, *, reached_service: bool, may_be_done: bool, is_unanswered: bool) -> None:
        """Take in that a call about this one failed as a whole, or said nothing about this one."""
        self.is_in_doubt = True
        self.is_sent = self.is_sent or reached_service
        self.was_lost = self.was_lost or may_be_done
        self.was_unanswered = self.was_unanswered or is_unanswered
        if self.is_ignored:  # that was so before this call
            self.is_ignored = self.is_confirmed = False
            self.is_by_others = self.is_by_others and not may_be_done

    def note_list(self, listed: ServicerId | None) -> None:
        """Take in what the account's list says about this one."""
        self.serving = listed
        if self.is_in_doubt and self.refused and (listed is not None) != self.was_serving:
            self.refused = None  # an earlier call had done it, before this refusal
        elif self.is_in_question and (listed is not None) == self.is_wanted:
            self.refused = None  # the service found nobody to remove, and that is as wanted
        self.is_in_doubt = self.is_in_question = False
        if (listed is not None) != self.is_wanted and not self.was_unanswered:
            self.was_lost = False  # no call has done it so far

    def status(self) -> Status:
        """Return what became of this one."""
        serves = self.serving is not None
        if self.action == NONE:
            if serves != self.was_serving:
                return Status.REVERTED
            return Status.ALREADY_PRESENT if serves else Status.ALREADY_ABSENT
        if self.is_in_doubt or (self.is_in_question and not self.is_by_others):
            # A refused connection never reached the service, so there is no doubt about those.
            return Status.UNKNOWN if self.is_sent else Status.NOT_APPLIED
        if serves == self.is_wanted:
            if not self.is_done_by_us:
                return Status.CHANGED_CONCURRENTLY
            return Status.REMOVED_IN_VAIN if self.is_removed_in_vain else DONE[self.action]
        if self.kept:
            return self.kept
        if self.refused:
            return Status.REFUSED
        if self.is_ignored and self.action == ADD:
            return Status.COVERED
        if self.is_confirmed:
            return Status.REVERTED
        return Status.NOT_APPLIED if self.is_sent else Status.SKIPPED
