# Copyright (c) 2026 the wecom.kf contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection wecom.kf and may change at any time.

"""Puts outcomes into the words and the shape of a module's result. Knows neither HTTP nor Ansible."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.wecom.kf.plugins.module_utils import _error_codes
from ansible_collections.wecom.kf.plugins.module_utils._outcome import Entry, Outcome, Verdict
from ansible_collections.wecom.kf.plugins.module_utils._servicer_plan import ADD
from ansible_collections.wecom.kf.plugins.module_utils._servicers import as_fields, as_line

_MOST_NAMED = 10
"""So many of the failed are named in a msg; all of them are in the list of entries."""

_PHRASES = {
    Verdict.ADDED: "added",
    Verdict.REMOVED: "removed",
    Verdict.SERVES: "serves already",
    Verdict.SERVES_NOT: "does not serve",
    Verdict.AS_ASKED_BY_OTHERS: "already as asked when the call was made: somebody else did it meanwhile",
    Verdict.KEPT: "not removed: every addition failed, and removing everyone who serves now would leave nobody;"
    " run again when the additions work",
    Verdict.UNDONE: "changed back by somebody else while this task ran; run again",
}


def account_report(outcome: Outcome, *, only_notable: bool = False) -> dict[str, t.Any]:
    """The result of one account, but for C(api_calls).

    only_notable: leave out of C(servicers) whoever neither changed nor failed.
    """
    entries = [
        _entry_report(entry, outcome)
        for entry in outcome.entries
        if not only_notable or entry.verdict.changed or entry.verdict.failed
    ]
    summary = _summary(outcome.entries)
    failed = summary["failed"] > 0 or outcome.failure is not None or bool(outcome.refusal)
    report: dict[str, t.Any] = {
        "changed": summary["added"] + summary["removed"] > 0,
        "failed": failed,
        "msg": f"{outcome.open_kfid}: {_counts(summary)}{_details(outcome)}",
        "open_kfid": outcome.open_kfid,
        "servicers": entries,
        "summary": summary,
    }
    if outcome.failure is not None:
        report["failure"] = outcome.failure.as_result()
    return report


def accounts_report(accounts: list[dict[str, t.Any]], refusals: list[str]) -> dict[str, t.Any]:
    """The result of many accounts, but for C(api_calls), from the reports of each."""
    summary = _summary([])
    for account in accounts:
        for kind, number in account["summary"].items():
            summary[kind] += number
    failed = [account for account in accounts if account["failed"]]
    changed = sum(account["changed"] for account in accounts)
    msg = f"{len(accounts)} accounts, {changed} changed, {len(failed)} failed: {_counts(summary)}"
    # Where a guard tripped, the others failed because of it. But those that failed by themselves are yet named.
    named = [account for account in failed if "failure" in account] if refusals else failed
    for text in [*refusals, *(account["msg"] for account in named[:_MOST_NAMED])]:
        msg += f"; {text}"
    if len(named) > _MOST_NAMED:
        msg += f"; and {len(named) - _MOST_NAMED} more accounts"
    return {
        "changed": changed > 0,
        "failed": bool(failed),
        "msg": msg,
        "summary": summary,
        "accounts": accounts,
    }


def unchanged_report(open_kfid: str, number: int) -> dict[str, t.Any]:
    """The result of one account in which nothing is to be done to so many, none of whom is reported."""
    summary = _summary_of_unchanged(number)
    return {
        "changed": False,
        "failed": False,
        "msg": f"{open_kfid}: {_counts(summary)}",
        "open_kfid": open_kfid,
        "servicers": _NOBODY,
        "summary": summary,
    }


_NOBODY: list[t.Any] = []
"""One for all accounts, as there may be thousands."""


@functools.lru_cache(maxsize=None)
def _summary_of_unchanged(number: int) -> dict[str, int]:
    return {**_summary([]), "unchanged": number}


def account_diff(outcome: Outcome) -> dict[str, str]:
    """Who served before and who serves after, sorted, a line each."""
    return {
        "before": _lines(outcome.before),
        "after": _lines(outcome.after),
        "before_header": outcome.open_kfid,
        "after_header": outcome.open_kfid,
    }


def _summary(entries: list[Entry]) -> dict[str, int]:
    summary = {"added": 0, "removed": 0, "unchanged": 0, "failed": 0}
    for entry in entries:
        if entry.verdict.failed:
            summary["failed"] += 1
        elif entry.verdict.changed:
            summary["added" if entry.action == ADD else "removed"] += 1
        else:
            summary["unchanged"] += 1
    return summary


def _counts(summary: dict[str, int]) -> str:
    text = "{added} added, {removed} removed, {unchanged} unchanged".format(**summary)
    return f"{text}, {summary['failed']} failed" if summary["failed"] else text


def _details(outcome: Outcome) -> str:
    """Who failed and why; of a failure that many share only the reason."""
    alone = [entry for entry in outcome.entries if entry.verdict.failed and _reason(entry)]
    named = [f"{as_line(entry.name)} ({_reason(entry)})" for entry in alone[:_MOST_NAMED]]
    if len(alone) > _MOST_NAMED:
        named.append(f"and {len(alone) - _MOST_NAMED} more")
    text = ": " + ", ".join(named) if named else ""
    shared = _shared_reason(outcome)
    return f"{text}; {shared}" if shared else text


def _reason(entry: Entry) -> str:
    """Why this one failed, in a few words, unless it is the reason that a whole call failed."""
    if entry.answer is not None and entry.verdict is Verdict.REFUSED:
        return _error_codes.meaning(entry.answer.errcode, entry.answer.errmsg)
    if entry.verdict in (Verdict.KEPT, Verdict.UNDONE):
        return _PHRASES[entry.verdict].partition(":")[0].partition(";")[0]
    return ""


def _shared_reason(outcome: Outcome) -> str:
    if outcome.refusal:
        return outcome.refusal
    return outcome.failure.sentence() if outcome.failure is not None else ""


def _entry_report(entry: Entry, outcome: Outcome) -> dict[str, t.Any]:
    verdict = entry.verdict
    errcode: int | None = None
    errmsg: str | None = None
    if not verdict.failed:
        errcode, errmsg = 0, "ok"
    elif entry.answer is not None and verdict is Verdict.REFUSED:
        errcode, errmsg = entry.answer
    elif outcome.failure is not None and verdict in (Verdict.NOT_APPLIED, Verdict.UNKNOWN):
        errcode, errmsg = outcome.failure.errcode, outcome.failure.errmsg
    return {
        **as_fields(entry.name),
        "action": entry.action,
        "changed": verdict.changed,
        "failed": verdict.failed,
        "errcode": errcode,
        "errmsg": errmsg,
        "msg": _entry_message(entry, outcome),
    }


def _entry_message(entry: Entry, outcome: Outcome) -> str:
    verdict = entry.verdict
    if verdict is Verdict.REFUSED and entry.answer is not None:
        cure = _error_codes.cure(*entry.answer)
        return _error_codes.meaning(*entry.answer) + (f"; {cure}" if cure else "")
    shared = _shared_reason(outcome)
    done = "added" if entry.action == ADD else "removed"
    if verdict is Verdict.NOT_TRIED:
        return f"not tried: {shared}"
    if verdict is Verdict.UNKNOWN:
        return f"not known whether {done}, as the account could not be read back: {shared}"
    if verdict is Verdict.NOT_APPLIED:
        return f"not {done}: {shared or 'the answer did not say, and reading back showed it not to be done'}"
    return _PHRASES[verdict]


def _lines(names: list[t.Any]) -> str:
    return "".join(line + "\n" for line in sorted(map(as_line, names)))


def empty_account_report(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of one account where nothing was tried, but for C(changed) and C(msg)."""
    return {"open_kfid": options.get("open_kfid"), "servicers": [], "summary": _summary([])}


def empty_accounts_report(_options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of many accounts where nothing was tried, but for C(changed) and C(msg)."""
    return {"accounts": [], "summary": _summary([])}
