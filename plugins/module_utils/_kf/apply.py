# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Applies a plan in batches and finds out what became of every servicer.

Send; if the result is uncertain, list the account again; drop what is settled; retry while the budget lasts.
Additions come first. Additions that fail hold removals back, and a full account exchanges servicers in batches.
"""

from __future__ import annotations

import collections
import contextlib
import enum
import itertools
import typing as t

from .._wecom.errors import NO_SUCH_SERVICER, WecomError, lookup
from .api import ADD_SERVICERS, DELETE_SERVICERS, MAX_DEPARTMENTS, MAX_USERIDS, KfApi, batches
from .models import ItemResponse, ServicerId, normalize
from .outcome import DONE, Entry, Outcome, Status, unchanged
from .plan import ADD, NONE, REMOVE, Plan, Step

_KNOWN_LIMITS: dict[type, tuple[int, ...]] = {str: (500, 2000), int: (20,)}
"""How many servicers make an account full: users in older and newer editions, departments."""
_MAX_EXCHANGE: dict[type, int] = {str: MAX_USERIDS, int: MAX_DEPARTMENTS[ADD_SERVICERS]}
"""How many are exchanged at a time, but no more than half of those who serve."""


def apply_plan(plan: Plan, api: KfApi) -> Outcome:
    """Make the calls that the plan needs, additions first, and return what is true at the service afterwards.

    Raises nothing: a call that fails as a whole ends the writing and is in the outcome's ``failures``.
    """
    work = _Applier(plan, api)
    try:
        work.add()
        work.remove()
        work.settle()
    except _CallError as error:
        return work.outcome(error.failures)
    return work.outcome(())


class _Result(enum.Enum):
    DONE = "done"
    REJECTED = "rejected"
    """The service refused the call as a whole."""
    UNCERTAIN = "uncertain"
    """The response was lost, or says nothing usable about somebody."""


class _Written(t.NamedTuple):
    """The result of one write."""

    result: _Result
    error: WecomError | None = None


class _CallError(Exception):
    """A call failed as a whole and ends the writing."""

    def __init__(self, *failures: WecomError) -> None:
        super().__init__(*failures)
        self.failures = failures


class _Record:
    """One servicer of the plan: what is wanted, what the service said, and whether this one serves."""

    def __init__(self, step: Step, before: dict[ServicerId, ServicerId]) -> None:
        self.step = step
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
        self.is_confirmed = False
        """Whether the service said that this one is as wanted."""
        self.is_ignored = False
        """Whether the last response said ``ignored``: already as wanted before that call."""
        self.is_by_others = False
        """Whether this one was as wanted before any call of this task can have made it so."""
        self.is_in_question = False
        """Whether only another list can tell what the response means."""
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

    def is_open(self, call: str) -> bool:
        """Return whether this call still has something to do for this one."""
        return self.refused is None and (self.serving is None) == (call == ADD_SERVICERS)

    def note(self, call: str, response: ItemResponse | None) -> None:
        """Take in what a response says about this one; None for nothing usable."""
        if response is None:
            self.note_failure(reached_service=True, may_be_done=True)
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

    def note_failure(self, reached_service: bool, may_be_done: bool) -> None:
        """Take in that a call about this one failed as a whole, or said nothing about this one."""
        self.is_in_doubt = True
        self.is_sent = self.is_sent or reached_service
        self.was_lost = self.was_lost or may_be_done

    def note_list(self, listed: ServicerId | None) -> None:
        """Take in what the account's list says about this one."""
        self.serving = listed
        if self.is_in_doubt and self.refused and (listed is not None) != self.was_serving:
            self.refused = None  # an earlier call had done it, before this refusal
        elif self.is_in_question and (listed is not None) == self.is_wanted:
            self.refused = None  # the service found nobody to remove, and that is as wanted
        self.is_in_doubt = self.is_in_question = False

    def status(self, plan: Plan) -> Status:
        """Return what became of this one."""
        serves = self.serving is not None
        if self.action == NONE:
            return unchanged(plan, self.step) if serves == self.was_serving else Status.REVERTED
        if self.is_in_doubt or (self.is_in_question and not self.is_by_others):
            # A refused connection never reached the service, so there is no doubt about those.
            return Status.UNKNOWN if self.is_sent else Status.NOT_APPLIED
        if serves == self.is_wanted:
            is_ours = (self.is_confirmed or self.was_lost) and not self.is_by_others
            return DONE[self.action] if is_ours else Status.CHANGED_CONCURRENTLY
        if self.kept:
            return self.kept
        if self.refused:
            return Status.REFUSED
        if self.is_ignored and self.action == ADD:
            return Status.COVERED
        if self.is_confirmed:
            return Status.REVERTED
        return Status.NOT_APPLIED if self.is_sent else Status.SKIPPED


class _Applier:
    """One account being changed."""

    def __init__(self, plan: Plan, api: KfApi) -> None:
        self._plan = plan
        self._api = api
        self._records = [_Record(step, plan.before) for step in plan.steps]
        self._additions = [record for record in self._records if record.action == ADD]
        self._removals = [record for record in self._records if record.action == REMOVE]
        named = {record.key for record in self._records}
        self._others = [servicer_id for key, servicer_id in plan.before.items() if key not in named]

    # --- the promise ---

    def add(self) -> None:
        """Add those who are missing, and make room for them where the account is full."""
        full = [kind for kind in (str, int) if self._is_known_to_be_full(kind)]
        rejection = self._write_additions([record for record in self._additions if record.kind not in full])
        for kind in (str, int):
            missing = [r for r in self._additions if r.kind is kind and (r.needs_room or kind in full)]
            going = [r for r in self._removals if r.kind is kind and r.serving is not None]
            going.sort(key=self._is_receiving)  # whoever is receiving customers goes last
            if missing and going:
                rejection = self._exchange(missing, going) or rejection
            elif missing and rejection:  # the other kind may have been what the call was rejected for
                rejection = self._write_additions(missing) or rejection
        if rejection:
            error = rejection.failures[0]
            if any(r.needs_room and r.refused and r.refused.errcode == error.errcode for r in self._additions):
                self._settle(error)
                raise rejection

    def remove(self) -> None:
        """Remove those who are to go, but hold one back for each addition that failed."""
        failed = sum(not record.is_added for record in self._additions)
        going = [record for record in self._removals if record.serving is not None]
        if failed and not any(record.is_wanted and record.is_added for record in self._records):
            for record in going:
                record.kept = Status.ALL_KEPT
        else:
            for record in sorted(going, key=self._is_receiving, reverse=True)[:failed]:
                record.kept = Status.KEPT
        self._write(DELETE_SERVICERS, [record for record in going if not record.kept])

    def settle(self) -> None:
        """List the account once more where a response does not tell what is so."""
        self._settle()
        unlisted = [record for record in self._additions if record.is_ignored and record.serving is None]
        if unlisted and any(record.kind is int and record.serving is None for record in self._removals):
            self._write(ADD_SERVICERS, unlisted)  # the department that covered them may be one that was removed
            self._settle()

    def _settle(self, cause: WecomError | None = None) -> None:
        if any(record.is_in_question for record in self._records):
            self._list_again(cause)

    def _is_receiving(self, record: _Record) -> bool:
        return record.key in self._plan.receiving

    # --- a full account ---

    def _is_known_to_be_full(self, kind: type) -> bool:
        """Return whether the account holds as many as a documented limit, and there is somebody to exchange."""
        is_exchange = all(any(r.kind is kind for r in group) for group in (self._additions, self._removals))
        return is_exchange and self._number_before(kind) in _KNOWN_LIMITS[kind]

    def _number_before(self, kind: type) -> int:
        return sum(isinstance(servicer_id, kind) for servicer_id in self._plan.before.values())

    def _exchange(self, coming: list[_Record], going: list[_Record]) -> _CallError | None:
        """Remove some, add as many, and so on; until an exchange helps, it is a trial with one.

        Returns the last rejection of a whole call. Removes nobody for an addition that then fails: whoever was removed
        in vain is added again.
        """
        kind, size, helps = coming[0].kind, 1, False
        codes = collections.Counter(record.refused.errcode for record in coming if record.refused)
        # First those who are refused like most: the others may be refused for reasons of their own.
        waiting = sorted(coming, key=lambda record: -codes[record.refused.errcode] if record.refused else 0)
        gone: list[_Record] = []
        refused_trials: set[int] = set()
        rejection = None
        filled = 0

        def left_in_vain() -> list[_Record]:
            return gone[filled:]

        try:
            while waiting and (going or left_in_vain()):
                leaving = going[: max(min(size, len(waiting)) - len(left_in_vain()), 0)]
                del going[: len(leaving)]
                self._write(DELETE_SERVICERS, leaving)
                if any(record.is_in_question for record in leaving):
                    self._list_again()
                gone += [record for record in leaving if record.serving is None]
                room = len(left_in_vain())
                batch, waiting = waiting[:room], waiting[room:]
                rejection = self._write_additions(batch) or rejection
                added = sum(record.serving is not None for record in batch)
                filled += added
                if added:
                    size, helps = min(_MAX_EXCHANGE[kind], max(self._number_before(kind) // 2, 1)), True
                elif batch and not helps:
                    # Those not tried yet can still be added. Those refused like a trial are not tried again.
                    untried = [record for record in waiting if record.refused is None]
                    rejection = self._write_additions(untried) or rejection
                    refused_trials.update(record.refused.errcode for record in batch if record.refused)
                    still = [record for record in waiting if record.needs_room]
                    if still:  # the account is full, and one of those who were added has taken the place
                        filled += min(sum(record.serving is not None for record in untried), room)
                    waiting = [r for r in still if r.refused and r.refused.errcode not in refused_trials]
            rejection = self._write_additions(waiting) or rejection
        except _CallError as error:
            if len(error.failures) == 1 and not error.failures[0].fatal:
                self._add_again(left_in_vain())
            raise
        self._add_again(left_in_vain())
        return rejection

    def _add_again(self, removed: list[_Record]) -> None:
        with contextlib.suppress(_CallError):  # then they stay removed, as was wanted
            self._write(ADD_SERVICERS, removed)
        for record in removed:
            record.refused = None
            record.is_confirmed = record.serving is None  # otherwise this task undid the removal itself

    def _write_additions(self, records: list[_Record]) -> _CallError | None:
        """Add these; return the rejection of a whole call that can mean that the account is full."""
        for record in records:
            record.refused = None
        try:
            self._write(ADD_SERVICERS, records)
        except _CallError as rejection:
            error = rejection.failures[0]
            if len(rejection.failures) > 1 or error.errcode is None or not self._removals:
                raise
            if not lookup(error.errcode).may_mean_full:
                raise
            for record in records:
                if record.is_open(ADD_SERVICERS):
                    record.refused = ItemResponse(error.errcode, error.errmsg or "")
            return rejection
        return None

    # --- one write ---

    def _write(self, call: str, records: list[_Record]) -> None:
        by_id = {record.id: record for record in records}
        for batch in batches(call, by_id):
            still_open = [by_id[servicer_id] for servicer_id in batch if by_id[servicer_id].is_open(call)]
            if still_open:
                self._write_batch(call, still_open)

    def _write_batch(self, call: str, batch: list[_Record]) -> None:
        with contextlib.ExitStack() as retries:
            for attempt in itertools.count():
                written = self._send(call, batch)
                if written.result is _Result.DONE:
                    return
                if written.result is _Result.UNCERTAIN:
                    self._list_again(written.error)
                    batch = [record for record in batch if record.is_open(call)]
                    if not batch:
                        return
                if written.error is not None and not written.error.retryable:
                    break
                has_time_left = self._api.pause(attempt, written.error)
                if not has_time_left:
                    break
                if attempt == 0:
                    retries.enter_context(self._api.budget.charging())
        if written.result is _Result.REJECTED:
            self._list_again(written.error)
        if written.error is not None and any(record.is_open(call) for record in batch):
            raise _CallError(written.error)

    def _send(self, call: str, batch: list[_Record]) -> _Written:
        send = self._api.add_servicers if call == ADD_SERVICERS else self._api.delete_servicers
        try:
            responses = send(self._plan.open_kfid, [record.id for record in batch])
        except WecomError as error:
            was_sent = error.call == call and error.reached_service
            found_nobody = call == DELETE_SERVICERS and error.errcode in NO_SUCH_SERVICER
            for record in batch:
                record.note_failure(was_sent, was_sent and not found_nobody)
            return _Written(_Result.UNCERTAIN if error.uncertain else _Result.REJECTED, error)
        for record in batch:
            record.note(call, responses.get(record.key))
        return _Written(_Result.UNCERTAIN if any(record.is_in_doubt for record in batch) else _Result.DONE)

    def _list_again(self, cause: WecomError | None = None) -> None:
        """List the account: that is the truth from now on."""
        try:
            listed = {
                normalize(servicer.id): servicer.id for servicer in self._api.list_servicers(self._plan.open_kfid)
            }
        except WecomError as error:
            raise (_CallError(error) if cause is None else _CallError(cause, error)) from None
        for record in self._records:
            record.note_list(listed.pop(record.key, None))
        self._others = list(listed.values())

    def outcome(self, failures: tuple[WecomError, ...]) -> Outcome:
        """Return what is true about everyone in the plan."""
        entries = [Entry(r.id, r.action, r.status(self._plan), r.refused) for r in self._records]
        after = [record.serving for record in self._records if record.serving is not None]
        return Outcome(
            self._plan.open_kfid,
            entries,
            list(self._plan.before.values()),
            self._others + after,
            failures if any(entry.status.failed for entry in entries) else (),
            name=self._plan.name,
        )
