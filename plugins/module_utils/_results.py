# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Puts outcomes into the words and the shape of a module's result. Knows neither HTTP nor Ansible."""

from __future__ import annotations

import typing as t

from ._kf.models import ServicerId, as_fields, as_line, label
from ._kf.outcome import Entry, Outcome, Status
from ._kf.plan import ADD, REMOVE
from ._kf.userids import hint_for_slip
from ._wecom.errors import describe, hint_for

Result = t.Dict[str, t.Any]

_MAX_NAMED = 10
"""How many of those who failed a ``msg`` names; all of them are in the list of entries."""

_CALLS = {ADD: "kf/servicer/add", REMOVE: "kf/servicer/del"}

_PHRASES = {
    Status.ADDED: "added",
    Status.REMOVED: "removed",
    Status.REMOVED_IN_VAIN: "removed to make room for an addition that then failed, and could not be added again",
    Status.ALREADY_PRESENT: "already present",
    Status.ALREADY_ABSENT: "already absent",
    Status.CHANGED_CONCURRENTLY: "changed concurrently: already as wanted when the call was made",
    Status.COVERED: "serves already in a way that the list does not show, for example through a department",
    Status.KEPT: "not removed: one removal is held back for each addition that failed;"
    " take those who failed off the list, or run again when they can be added",
    Status.ALL_KEPT: "not removed: none of those who are to serve is serving, so the whole list is in doubt;"
    " check the userids and run again",
    Status.REVERTED: "changed back by somebody else while this task ran; run again",
}


def account_result(outcome: Outcome, *, only_notable: bool = False) -> Result:
    """Return the result of one account, without ``api_calls``.

    only_notable: leave out of ``servicers`` whoever neither changed nor failed.
    """
    entries = [
        _entry_result(entry, outcome)
        for entry in outcome.entries
        if not only_notable or entry.status.changed or entry.status.failed
    ]
    summary = _summarize(outcome.entries)
    result: Result = {
        "changed": summary["added"] + summary["removed"] > 0,
        "failed": summary["failed"] > 0 or bool(outcome.failures or outcome.refusal),
        "msg": f"{label(outcome.open_kfid, outcome.name)}: {_counts(summary)}{_details(outcome)}",
        "open_kfid": outcome.open_kfid or None,
        "name": outcome.name,
        "servicers": entries,
        "summary": summary,
    }
    if outcome.failures:
        result["failure"] = outcome.failures[0].as_result()
    return result


def unchanged_result(open_kfid: str, name: str | None, number: int) -> Result:
    """Return the result of one account in which this many are as wanted and nobody is reported."""
    summary = {**_summarize([]), "unchanged": number}
    return {
        "changed": False,
        "failed": False,
        "msg": f"{label(open_kfid, name)}: {_counts(summary)}",
        "open_kfid": open_kfid,
        "name": name,
        "servicers": [],
        "summary": summary,
    }


def accounts_result(accounts: list[Result], refusals: list[str]) -> Result:
    """Return the result of many accounts, without ``api_calls``, from the results of each.

    refusals: the guards that were tripped, because of which nothing was changed.
    """
    summary = _summarize([])
    for account in accounts:
        for kind, number in account["summary"].items():
            summary[kind] += number
    failed = [account for account in accounts if account["failed"]]
    changed = sum(account["changed"] for account in accounts)
    msg = f"{count(len(accounts), 'account')}, {changed} changed, {len(failed)} failed: {_counts(summary)}"
    # Where a guard was tripped, the others failed because of it; those that failed by themselves are still named.
    named = [account for account in failed if "failure" in account] if refusals else failed
    first = {_cause(account): account for account in reversed(named)}
    told = [account for account in named if first[_cause(account)] is account]
    for text in [*refusals, *(account["msg"] for account in told[:_MAX_NAMED])]:
        msg += f"; {text}"
    more = len(named) - len(told[:_MAX_NAMED])
    if more:
        msg += f"; and {count(more, 'more account')}" + (" for the same reason" if len(told) == 1 else "")
    return {"changed": changed > 0, "failed": bool(failed), "msg": msg, "summary": summary, "accounts": accounts}


def _cause(account: Result) -> t.Any:
    """Return what failures of several accounts have in common, so that it is told once."""
    failure = account.get("failure")
    return account["open_kfid"] if failure is None else (failure["call"], failure["errcode"], failure["http_status"])


def account_diff(outcome: Outcome) -> dict[str, str]:
    """Return who served before and who serves after, sorted, one in a line."""
    header = label(outcome.open_kfid, outcome.name)
    return {
        "before": _lines(outcome.before),
        "after": _lines(outcome.after),
        "before_header": header,
        "after_header": header,
    }


def empty_account_result(params: t.Mapping[str, t.Any]) -> Result:
    """Return the result of one account where nothing was tried, without ``changed`` and ``msg``."""
    return {
        "open_kfid": params.get("open_kfid"),
        "name": params.get("account"),
        "servicers": [],
        "summary": _summarize([]),
    }


def empty_accounts_result(_params: t.Mapping[str, t.Any]) -> Result:
    """Return the result of many accounts where nothing was tried, without ``changed`` and ``msg``."""
    return {"accounts": [], "summary": _summarize([])}


def empty_info_result(_params: t.Mapping[str, t.Any]) -> Result:
    """Return the result of an info module where nothing was tried, without ``changed`` and ``msg``."""
    return {"accounts": []}


def count(number: int, noun: str) -> str:
    """Return ``1 account`` or ``2 accounts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _summarize(entries: list[Entry]) -> dict[str, int]:
    summary = {"added": 0, "removed": 0, "unchanged": 0, "failed": 0}
    for entry in entries:
        if entry.status.failed:
            summary["failed"] += 1
        elif entry.status.changed:
            summary["added" if entry.action == ADD else "removed"] += 1
        else:
            summary["unchanged"] += 1
    return summary


def _counts(summary: dict[str, int]) -> str:
    kinds = ["added", "removed", "unchanged"] + (["failed"] if summary["failed"] else [])
    return ", ".join(f"{summary[kind]} {kind}" for kind in kinds)


def _details(outcome: Outcome) -> str:
    """Return who failed and why; for a failure that many share only the reason."""
    reasons = [(entry, _reason(entry)) for entry in outcome.entries if entry.status.failed]
    alone = [f"{as_line(entry.id)} ({reason})" for entry, reason in reasons if reason]
    text = f": {_shorten(alone)}" if alone else ""
    for status in (Status.KEPT, Status.ALL_KEPT, Status.COVERED, Status.REMOVED_IN_VAIN):
        ids = [as_line(entry.id) for entry in outcome.entries if entry.status is status]
        if ids:
            text += f"; {_PHRASES[status]} ({_shorten(ids)})"
    shared = _shared_reason(outcome)
    return f"{text}; {shared}" if shared else text


def _shorten(names: list[str]) -> str:
    more = [f"and {len(names) - _MAX_NAMED} more"] if len(names) > _MAX_NAMED else []
    return ", ".join(names[:_MAX_NAMED] + more)


def _reason(entry: Entry) -> str:
    """Return why this one failed, in a few words, unless that is the reason why a whole call failed."""
    if entry.response is not None and entry.status is Status.REFUSED:
        return describe(*entry.response)
    return _PHRASES[entry.status].partition(";")[0] if entry.status is Status.REVERTED else ""


def _shared_reason(outcome: Outcome) -> str:
    if outcome.refusal:
        return outcome.refusal
    # Two failures with the same cause are told once.
    sentences = dict.fromkeys(error.sentence() for error in outcome.failures)
    causes = dict.fromkeys(error.cause for error in outcome.failures)
    return "; then ".join(list(sentences)[: len(causes)])


def _entry_result(entry: Entry, outcome: Outcome) -> Result:
    status = entry.status
    errcode: int | None = None
    errmsg: str | None = None
    if not status.failed:
        errcode, errmsg = 0, "ok"
    elif entry.response is not None and status is Status.REFUSED:
        errcode, errmsg = entry.response
    elif outcome.failures and status in (Status.NOT_APPLIED, Status.UNKNOWN):
        errcode, errmsg = outcome.failures[0].errcode, outcome.failures[0].errmsg
    return {
        **as_fields(entry.id),
        "action": entry.action,
        "changed": status.changed,
        "failed": status.failed,
        "errcode": errcode,
        "errmsg": errmsg,
        "msg": _entry_message(entry, outcome),
    }


def _entry_message(entry: Entry, outcome: Outcome) -> str:
    status = entry.status
    if status is Status.REFUSED and entry.response is not None:
        slip = hint_for_slip(entry.id) if isinstance(entry.id, str) and entry.action == ADD else ""
        hint = slip or hint_for(*entry.response, _CALLS[entry.action])
        return describe(*entry.response) + (f"; {hint}" if hint else "")
    shared = _shared_reason(outcome)
    done = "added" if entry.action == ADD else "removed"
    if status is Status.SKIPPED:
        return f"not tried: {shared}"
    if status is Status.UNKNOWN:
        return f"not known whether {done}, because the account could not be listed again: {shared}"
    if status is Status.NOT_APPLIED:
        return (
            f"not {done}: {shared or 'the response did not say, and the account was listed again without the change'}"
        )
    return _PHRASES[status]


def _lines(ids: list[ServicerId]) -> str:
    return "".join(line + "\n" for line in sorted(map(as_line, ids)))
