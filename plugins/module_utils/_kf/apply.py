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
from .models import ItemResponse, normalize
from .outcome import Entry, Outcome, Status
from .plan import ADD, REMOVE, Plan
from .record import Record

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


class _Applier:
    """One account being changed."""

    def __init__(self, plan: Plan, api: KfApi) -> None:
        self._plan = plan
        self._records = [Record(step, plan.before) for step in plan.steps]
        self._additions = [record for record in self._records if record.action == ADD]
        self._removals = [record for record in self._records if record.action == REMOVE]
        self._writer = _Writer(plan, self._records, api)

    # --- the promise ---

    def add(self) -> None:
        """Add those who are missing, and make room for them where the account is full."""
        full = [kind for kind in (str, int) if self._is_known_to_be_full(kind)]
        rejection = self._try_to_add([record for record in self._additions if record.kind not in full])
        for kind in (str, int):
            missing = [r for r in self._additions if r.kind is kind and (r.needs_room or kind in full)]
            going = [r for r in self._removals if r.kind is kind and r.serving is not None]
            going.sort(key=self._is_receiving)  # whoever is receiving customers goes last
            if missing and going:
                rejection = self._exchange(missing, going) or rejection
            elif missing and rejection:  # the other kind may have been what the call was rejected for
                rejection = self._try_to_add(missing) or rejection
        if rejection:
            error = rejection.failures[0]
            if any(r.needs_room and r.refused and r.refused.errcode == error.errcode for r in self._additions):
                self._writer.settle(self._records, error)
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
        self._writer.remove([record for record in going if not record.kept])

    def settle(self) -> None:
        """List the account once more where a response does not tell what is so."""
        self._writer.settle(self._records)
        unlisted = [record for record in self._additions if record.is_ignored and record.serving is None]
        if unlisted and any(record.kind is int and record.serving is None for record in self._removals):
            self._writer.add(unlisted)  # the department that covered them may be one that was removed
            self._writer.settle(self._records)

    def outcome(self, failures: tuple[WecomError, ...]) -> Outcome:
        """Return what is true about everyone in the plan."""
        entries = [Entry(r.id, r.action, r.status(), r.refused) for r in self._records]
        after = [record.serving for record in self._records if record.serving is not None]
        return Outcome(
            self._plan.open_kfid,
            entries,
            list(self._plan.before.values()),
            self._writer.others + after,
            failures,
            name=self._plan.name,
        )

    def _is_receiving(self, record: Record) -> bool:
        return record.key in self._plan.receiving

    # --- a full account ---

    def _is_known_to_be_full(self, kind: type) -> bool:
        """Return whether the account holds as many as a documented limit, and there is somebody to exchange."""
        is_exchange = all(any(r.kind is kind for r in group) for group in (self._additions, self._removals))
        return is_exchange and self._number_before(kind) in _KNOWN_LIMITS[kind]

    def _number_before(self, kind: type) -> int:
        return sum(isinstance(servicer_id, kind) for servicer_id in self._plan.before.values())

    def _exchange(self, coming: list[Record], going: list[Record]) -> _CallError | None:
        kind = coming[0].kind
        max_size = min(_MAX_EXCHANGE[kind], max(self._number_before(kind) // 2, 1))
        return _Exchange(self._writer, coming, going, max_size).run()

    def _try_to_add(self, records: list[Record]) -> _CallError | None:
        if self._removals:
            return self._writer.try_to_add(records)
        self._writer.add(records)  # nobody goes, so there is no room to make
        return None


class _Exchange:
    """Servicers of one kind who leave a full account, and those who take their places, in batches.

    It begins with a trial of one. While trials fail, one more is made only for those refused with another code. Nobody
    leaves for an addition that then fails: whoever left in vain is added again.
    """

    def __init__(self, writer: _Writer, coming: list[Record], going: list[Record], max_size: int) -> None:
        self._writer = writer
        self._max_size = max_size
        codes = collections.Counter(record.refused.errcode for record in coming if record.refused)
        # First those who are refused like most: the others may be refused for reasons of their own.
        self._waiting = sorted(coming, key=lambda record: -codes[record.refused.errcode] if record.refused else 0)
        self._going = going
        self._left: list[Record] = []
        self._places_taken = 0
        """How many of the places of those who left are taken, the first ones."""
        self._helps = False
        """Whether somebody was added in the place of another."""
        self._refused_trials: set[int] = set()
        """What trials were refused with."""
        self._rejection: _CallError | None = None

    def run(self) -> _CallError | None:
        """Exchange until nobody is waiting or nobody is left to go. Return the last rejection of a whole call."""
        try:
            while self._waiting and (self._going or self._left_in_vain()):
                self._make_room()
                self._fill_places()
            self._add(self._waiting)
        except _CallError as error:
            if len(error.failures) > 1 or error.failures[0].fatal:
                raise
            try:
                self._add_again()
            except _CallError as later:
                raise _CallError(*error.failures, later.failures[-1]) from None
            raise
        self._add_again()
        return self._rejection

    def _left_in_vain(self) -> list[Record]:
        return self._left[self._places_taken :]

    def _make_room(self) -> None:
        size = min(self._max_size if self._helps else 1, len(self._waiting))
        missing_places = max(size - len(self._left_in_vain()), 0)
        leaving, self._going = self._going[:missing_places], self._going[missing_places:]
        try:
            self._writer.remove(leaving)
            self._writer.settle(leaving)
        finally:
            self._left += [record for record in leaving if record.serving is None]

    def _fill_places(self) -> None:
        places = len(self._left_in_vain())
        batch, self._waiting = self._waiting[:places], self._waiting[places:]
        self._add(batch)
        added = sum(record.serving is not None for record in batch)
        self._places_taken += added
        if added:
            self._helps = True
        elif batch and not self._helps:
            self._refused_trials.update(record.refused.errcode for record in batch if record.refused)
            self._offer_place_to_others(places)

    def _offer_place_to_others(self, places: int) -> None:
        """Add those who were not sent yet or refused like a trial, which may have had a reason of its own.

        If none of them is added, only those keep waiting who were refused like no trial.
        """
        others = [record for record in self._waiting if not record.refused or self._is_refused_like_a_trial(record)]
        self._add(others)
        added = sum(record.serving is not None for record in others)
        self._waiting = [record for record in self._waiting if record.needs_room]
        if added and self._waiting:  # the account is full, and those who were added took the free places
            self._places_taken += min(added, places)
            self._helps = True
        else:
            self._waiting = [record for record in self._waiting if not self._is_refused_like_a_trial(record)]

    def _is_refused_like_a_trial(self, record: Record) -> bool:
        return record.refused is not None and record.refused.errcode in self._refused_trials

    def _add(self, records: list[Record]) -> None:
        self._rejection = self._writer.try_to_add(records) or self._rejection
        self._writer.settle(records)

    def _add_again(self) -> None:
        """Add those that this task removed in vain. If the service refuses them they stay removed, as was wanted."""
        left_in_vain = [record for record in self._left_in_vain() if record.is_done_by_us]
        try:
            self._writer.try_to_add(left_in_vain)
        finally:
            for record in left_in_vain:
                record.refused = None
                # Otherwise this task undid the removal itself.
                record.is_confirmed = record.is_removed_in_vain = record.serving is None


class _Writer:
    """The calls that change one account, and the list that settles what they leave in doubt."""

    def __init__(self, plan: Plan, records: list[Record], api: KfApi) -> None:
        self._open_kfid = plan.open_kfid
        self._records = records
        self._api = api
        named = {record.key for record in records}
        self.others = [servicer_id for key, servicer_id in plan.before.items() if key not in named]
        """Who serves and is not in the plan."""

    def add(self, records: list[Record]) -> None:
        """Add those of these who do not serve. Raises _CallError."""
        self._write(ADD_SERVICERS, records)

    def remove(self, records: list[Record]) -> None:
        """Remove those of these who serve. Raises _CallError."""
        self._write(DELETE_SERVICERS, records)

    def try_to_add(self, records: list[Record]) -> _CallError | None:
        """Add these; return the rejection of a whole call that can mean that the account is full.

        Raises _CallError for any other.
        """
        for record in records:
            record.refused = None
        try:
            self.add(records)
        except _CallError as rejection:
            error = rejection.failures[0]
            if len(rejection.failures) > 1 or error.errcode is None or not lookup(error.errcode).may_mean_full:
                raise
            for record in records:
                if record.is_open(ADD_SERVICERS):
                    record.refused = ItemResponse(error.errcode, error.errmsg or "")
            return rejection
        return None

    def settle(self, records: list[Record], cause: WecomError | None = None) -> None:
        """List the account if only that can tell what a response about one of these means. Raises _CallError."""
        if any(record.is_in_question for record in records):
            self.list_again(cause)

    def list_again(self, cause: WecomError | None = None) -> None:
        """List the account: that is the truth from now on. Raises _CallError."""
        try:
            listed = {normalize(servicer.id): servicer.id for servicer in self._api.list_servicers(self._open_kfid)}
        except WecomError as error:
            raise (_CallError(error) if cause is None else _CallError(cause, error)) from None
        for record in self._records:
            record.note_list(listed.pop(record.key, None))
        self.others = list(listed.values())

    def _write(self, call: str, records: list[Record]) -> None:
        by_id = {record.id: record for record in records}
        for batch in batches(call, by_id):
            still_open = [by_id[servicer_id] for servicer_id in batch if by_id[servicer_id].is_open(call)]
            if still_open:
                self._write_batch(call, still_open)

    def _write_batch(self, call: str, batch: list[Record]) -> None:
        with contextlib.ExitStack() as retries:
            for attempt in itertools.count():
                written = self._send(call, batch)
                if written.result is _Result.DONE:
                    return
                if written.result is _Result.UNCERTAIN:
                    self.list_again(written.error)
                    sent, batch = batch, [record for record in batch if record.is_open(call)]
                    if not batch:
                        return
                    if _found_nobody(call, written.error) and len(batch) < len(sent):
                        self._write_batch(call, batch)  # without those who are gone
                        return
                if written.error is not None and not written.error.retryable:
                    break
                has_time_left = self._api.pause(attempt, written.error)
                if not has_time_left:
                    break
                if attempt == 0:
                    retries.enter_context(self._api.budget.charging())
        if written.result is _Result.REJECTED:
            self.list_again(written.error)
        if written.error is not None and any(record.is_open(call) for record in batch):
            raise _CallError(written.error)

    def _send(self, call: str, batch: list[Record]) -> _Written:
        send = self._api.add_servicers if call == ADD_SERVICERS else self._api.delete_servicers
        try:
            responses = send(self._open_kfid, [record.id for record in batch])
        except WecomError as error:
            was_sent = error.call == call and error.reached_service
            found_nobody = _found_nobody(call, error)
            for record in batch:
                record.note_failure(
                    reached_service=was_sent,
                    may_be_done=was_sent and not found_nobody,
                    is_unanswered=was_sent and error.errcode is None,
                )
            return _Written(_Result.UNCERTAIN if error.uncertain or found_nobody else _Result.REJECTED, error)
        for record in batch:
            record.note(call, responses.get(record.key))
        return _Written(_Result.UNCERTAIN if any(record.is_in_doubt for record in batch) else _Result.DONE)


def _found_nobody(call: str, error: WecomError | None) -> bool:
    """Return whether the service found nobody to remove, which can mean one of several."""
    return call == DELETE_SERVICERS and error is not None and error.errcode in NO_SUCH_SERVICER
