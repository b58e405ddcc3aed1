# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Carries a plan out in batches and finds out what became true of every servicer.

Whenever an answer leaves a doubt, the account is listed again, and what is listed then is the truth that is reported.
"""

from __future__ import annotations

import contextlib
import itertools

from ansible_collections.wecom.kf.plugins.module_utils import _kf_api
from ansible_collections.wecom.kf.plugins.module_utils._error_codes import NOT_A_SERVICER
from ansible_collections.wecom.kf.plugins.module_utils._kf_api import KfApi, batches
from ansible_collections.wecom.kf.plugins.module_utils._outcome import DONE, Entry, Outcome, Verdict, at_rest
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import ADD, NONE, REMOVE, Plan, Step
from ansible_collections.wecom.kf.plugins.module_utils._servicers import ItemAnswer, Key, Name, key_of
from ansible_collections.wecom.kf.plugins.module_utils._wecom_error import WecomError


def carry_out(plan: Plan, api: KfApi) -> Outcome:
    """Make the calls that the plan needs, additions first, and report what is true at the service afterwards.

    Raises nothing: a call that fails as a whole ends the writing and is the outcome's C(failure).
    """
    work = _Work(plan, api)
    try:
        work.write(_kf_api.ADD, plan.names(ADD))
        work.write(_kf_api.DELETE, work.keep_one(plan.names(REMOVE)))
    except WecomError as error:
        return work.outcome(error)
    return work.outcome(None)


class _Work:
    """One account being changed, and what is known of it so far."""

    def __init__(self, plan: Plan, api: KfApi) -> None:
        self._plan = plan
        self._api = api
        self._serving = dict(plan.before)
        """Who serves as far as is known: the first list, what was answered since, the last reading back."""
        self._sent: set[Key] = set()
        """Whom a call was about that may have reached the service."""
        self._confirmed: set[Key] = set()
        """Whom the service said to be as asked."""
        self._refused: dict[Key, ItemAnswer] = {}
        self._done_by_others: set[Key] = set()
        self._given_up: set[Key] = set()
        self._unknown: set[Key] = set()
        self._kept: set[Key] = set()

    def keep_one(self, removals: list[Name]) -> list[Name]:
        """The removals, less one where there were additions to make and removing all would leave nobody."""
        going = [key for key in map(key_of, removals) if key in self._serving]
        if self._plan.names(ADD) and going and len(going) == len(self._serving):
            users = (key for key in going if isinstance(key, str))
            # The one chosen when planning may have been removed by somebody else meanwhile.
            first = self._plan.last_resort
            self._kept.add(first if first is not None and first in going else next(users, going[0]))
        return [name for name in removals if key_of(name) not in self._kept]

    def write(self, call: str, names: list[Name]) -> None:
        """Make the calls for these. Raises the WecomError of a call that failed as a whole."""
        for batch in batches(call, names):
            batch = self._still_open(call, batch)
            if batch:
                self._write_batch(call, batch)

    def _write_batch(self, call: str, batch: list[Name]) -> None:
        client = self._api.client
        with contextlib.ExitStack() as charge:
            for attempt in itertools.count():
                doubt = self._attempt(call, batch)
                if doubt is None:
                    return
                if doubt.answer_lost or not doubt.retryable or not client.pause(attempt, doubt):
                    self._read_back(doubt)
                    batch = self._still_open(call, batch)
                    if not batch:
                        return
                    if not (doubt.answer_lost and doubt.retryable and client.pause(attempt, doubt)):
                        if doubt.errcode != 0:
                            raise doubt
                        self._given_up.update(key_of(name) for name in batch)
                        return
                if not attempt:
                    charge.enter_context(client.budget.spending())

    def _still_open(self, call: str, names: list[Name]) -> list[Name]:
        """Those who are neither as asked nor refused."""
        wanted = call == _kf_api.ADD
        return [
            name for name in names if key_of(name) not in self._refused and (key_of(name) in self._serving) != wanted
        ]

    def _attempt(self, call: str, batch: list[Name]) -> WecomError | None:
        """Make one call and note what was said; an error where that does not tell what became of everyone."""
        names = {key_of(name): name for name in batch}
        sent_before = names.keys() & self._sent
        in_doubt = sent_before & self._unknown
        try:
            said = (self._api.add if call == _kf_api.ADD else self._api.delete)(self._plan.open_kfid, batch)
        except WecomError as error:
            if error.call == call and (error.answer_lost or error.http_status is not None):
                self._sent.update(names)
            self._unknown.update(names)
            return error
        self._sent.update(names)
        self._unknown.difference_update(names)
        for key, name in names.items():
            answer = said.get(key)
            if answer is None:
                self._unknown.add(key)
            elif call == _kf_api.DELETE and answer.errcode in (0, NOT_A_SERVICER):
                self._serving.pop(key, None)
                self._confirmed.add(key)
                if answer.errcode and key not in sent_before:
                    self._done_by_others.add(key)
            elif answer.errcode:
                self._refused[key] = answer
                if key in in_doubt:  # the call before may have done it although it failed, and this one came too late
                    self._unknown.add(key)
            else:
                self._serving[key] = name
                self._confirmed.add(key)
        if not self._unknown:
            return None
        return WecomError(
            f"the answer says nothing usable of {len(self._unknown)} of {len(names)}",
            call=call,
            errcode=0,
            http_status=200,
            retryable=True,
            answer_lost=True,
        )

    def _read_back(self, doubt: WecomError) -> None:
        """List the account again: that is the truth from now on. Raises WecomError where it cannot be had."""
        try:
            servicers = self._api.servicers(self._plan.open_kfid)
        except WecomError as error:
            if doubt.errcode == 0:
                raise error from None
            doubt.followed_by = error
            raise doubt from None
        self._serving = {key_of(servicer.name): servicer.name for servicer in servicers}
        for key in self._unknown & self._refused.keys():
            if (key in self._serving) != (key in self._plan.before):
                del self._refused[key]
        self._unknown.clear()

    def outcome(self, failure: WecomError | None) -> Outcome:
        """What is true of everyone in the plan."""
        entries = []
        for step in self._plan.steps:
            key = key_of(step.name)
            entries.append(Entry(step.name, step.action, self._verdict(step, key), self._refused.get(key)))
        if not any(entry.verdict.failed for entry in entries):
            failure = None
        return Outcome(
            self._plan.open_kfid, entries, list(self._plan.before.values()), list(self._serving.values()), failure
        )

    def _verdict(self, step: Step, key: Key) -> Verdict:
        serves = key in self._serving
        if step.action == NONE:
            return at_rest(self._plan, step) if serves == (key in self._plan.before) else Verdict.UNDONE
        if key in self._unknown:
            # Refused connections never reached the service, so there is no doubt about those.
            return Verdict.UNKNOWN if key in self._sent else Verdict.NOT_APPLIED
        if serves == (step.action == ADD):
            others = key in self._done_by_others or key in self._refused or key not in self._sent
            return Verdict.AS_ASKED_BY_OTHERS if others else DONE[step.action]
        if key in self._refused:
            return Verdict.REFUSED
        if key in self._kept:
            return Verdict.KEPT
        if key in self._confirmed:
            return Verdict.UNDONE
        return Verdict.NOT_APPLIED if key in self._sent or key in self._given_up else Verdict.NOT_TRIED
