"""The components of every page: each takes plain values, asks nothing of a database or a clock, and returns HTML.

Moments are aware datetimes or their ISO text; money is integer fen.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.utils.safestring import SafeString

from anxin.entrances.ui import wording
from anxin.entrances.ui.kit import component
from anxin.entrances.ui.words import STAGES, STATES, STEPS, Look, Rung
from anxin.foundation.kernel import identifiers
from anxin.resolution.cases.lifecycle import CASE

Values = Mapping[str, Any]
Moment = datetime | str
MESSAGE_TONES = {"debug": "calm", "info": "active", "success": "done", "warning": "warn", "error": "late"}


@component
def icon(name: str, label: str = "") -> Values:
    """A drawing of the sprite: decoration, unless a label gives it a meaning of its own."""
    return {"name": name, "label": label}


@component
def stage(code: str, label: str = "") -> Values:
    """The stage of a case in words, with step n of m; an unknown code is shown as it is."""
    rung = STAGES.get(code, Rung(0, "calm"))
    return {"word": label or CASE.states.get(code, code), "step": rung.step, "total": len(STEPS), "tone": rung.tone}


@component
def clock(
    due_at: Moment | None,
    now: Moment,
    warn_at: Moment | None = None,
    state: str = "open",
    done_at: Moment | None = None,
    provisional: bool = False,
) -> Values:
    """Time left or overdue in words; warns from warn_at on; paused, discharged and cancelled duties say so instead."""
    if due_at is None:
        return {"word": "无时限", "tone": "calm", "icon": "circle-dashed", "iso": ""}
    due, at = wording.moment(due_at), wording.moment(now)
    word, tone, drawing = wording.remaining(due, at), "calm", "clock"
    if state == "discharged":
        done = wording.moment(done_at) if done_at else None
        late = done is not None and done > due
        word = f"超期 {wording.span(done - due)}完成" if late and done else "按期完成"
        tone, drawing = ("warn", "alert-circle") if late else ("done", "circle-check")
    elif state == "paused":
        word, drawing = "已暂停计时", "clock-pause"
    elif state == "cancelled":
        word, drawing = "已取消", "circle-x"
    elif at > due:
        tone, drawing = "late", "alert-triangle"
    elif warn_at is not None and at >= wording.moment(warn_at):
        tone, drawing = "warn", "hourglass"
    return {
        "word": word,
        "tone": tone,
        "icon": drawing,
        "iso": due.isoformat(timespec="seconds"),
        "exact": wording.exact(due),
        "provisional": provisional,
    }


@component
def when(at: Moment | None, day: bool = False) -> Values:
    """A moment (or only its day) as tables write it, machine-readable beside it."""
    found = wording.moment(at) if at else None
    text = wording.exact(found)[: 10 if day else 16] if found else "—"
    return {"text": text, "iso": found.isoformat(timespec="seconds") if found else ""}


@component
def money(fen: int | None, outstanding: bool = False, big: bool = False) -> Values:
    """A sum of integer fen as ￥12,600.00; an outstanding one stands out, an unknown one says 不详."""
    owed = outstanding and bool(fen)
    return {"text": wording.yuan(fen), "outstanding": owed, "big": big, "unknown": fen is None}


@component
def badge(state: str, label: str = "", tone: str = "", icon: str = "") -> Values:
    """A state as word, icon and colour; label, tone and icon override what words.py says."""
    look = STATES.get(state, Look(state))
    return {"word": label or look.word, "tone": tone or look.tone, "icon": icon or look.icon}


@component
def citation(basis: str | Values, text: str = "") -> Values:
    """The article a number rests on; a receipt of a ruling also opens its value, pack and day."""
    receipt = {} if isinstance(basis, str) else dict(basis)
    title = basis if isinstance(basis, str) else str(receipt.get("basis", ""))
    value = " ".join(str(receipt[key]) for key in ("value", "unit") if receipt.get(key) not in (None, ""))
    return {
        "title": title,
        "text": text,
        "value": value,
        "term": receipt.get("term", ""),
        "pack": receipt.get("pack", ""),
        "on": receipt.get("on", ""),
        "unverified": receipt.get("status") == "unverified",
    }


@component
def because(sentence: str, rule: str = "", basis: str = "", pack: str = "") -> Values:
    """Why something was decided by itself: one sentence, then the rule, its article and its pack."""
    return {"sentence": sentence, "rule": rule, "basis": basis, "pack": pack}


@component
def timeline(entries: Iterable[Values], empty: str = "还没有经过记录") -> Values:
    """What happened, newest as given: entries have at, title, and may have who, note, tone, icon, href."""
    drawn = [{"tone": "calm", "icon": "", **e, "exact": wording.exact(e["at"])} for e in entries]
    for entry in drawn:
        entry["iso"] = wording.moment(entry["at"]).isoformat(timespec="seconds")
    return {"entries": drawn, "empty": empty}


@component
def place(chain: Sequence[str | Values]) -> Values:
    """The jurisdiction from large to small: names, or {name, href}."""
    return {"chain": [{"name": p} if isinstance(p, str) else p for p in chain]}


@component
def person(
    name: str,
    phone: str = "",
    id_number: str = "",
    role: str = "",
    unmask_href: str = "",
    plain: bool = False,
) -> Values:
    """A person with telephone and identity number masked unless plain; unmask_href asks for the reason."""
    show = (lambda text: text) if plain else None
    return {
        "name": name or "未留姓名",
        "phone": (show or identifiers.mask_phone)(phone) if phone else "",
        "id_number": (show or identifiers.mask_id)(id_number) if id_number else "",
        "tel": phone if plain else "",
        "role": role,
        "unmask_href": unmask_href,
    }


@component
def empty_state(title: str, hint: str = "", action: str = "", href: str = "", icon: str = "inbox") -> Values:
    """What to do next where there is nothing to list."""
    return {"title": title, "hint": hint, "action": action, "href": href, "icon": icon}


@component
def pager(newer: str = "", older: str = "", shown: int = 0, total: str = "") -> Values:
    """Keyset paging: links to newer and older rows, how many are shown, and the (capped) total in words."""
    return {"newer": newer, "older": older, "shown": shown, "total": total}


@component
def button(
    label: str,
    kind: str = "plain",
    icon: str = "",
    href: str = "",
    name: str = "",
    value: str = "",
    confirm: str = "",
) -> Values:
    """A verb to press: kind is primary (one a screen), plain, quiet or danger; a link when it has an href."""
    return {
        "label": label,
        "kind": kind,
        "icon": icon,
        "href": href,
        "name": name,
        "value": value,
        "confirm": confirm,
    }


@component
def stat(label: str, value: str | int, unit: str = "", href: str = "", hint: str = "", tone: str = "calm") -> Values:
    """One number that opens its list."""
    return {"label": label, "value": value, "unit": unit, "href": href, "hint": hint, "tone": tone}


@component
def steps(labels: Sequence[str], current: int) -> Values:
    """Progress through question pages; current counts from 1."""
    marks = ["done" if n < current else "current" if n == current else "todo" for n in range(1, len(labels) + 1)]
    return {"steps": list(zip(labels, marks, strict=True)), "current": current, "total": len(labels)}


@component
def alert(message: str, tone: str = "active", title: str = "", fix: str = "") -> Values:
    """What happened and what to do about it; tone is ours or a level of django.contrib.messages."""
    tone = MESSAGE_TONES.get(tone, tone)
    icons = {"active": "info-circle", "done": "circle-check", "warn": "alert-triangle", "late": "alert-circle"}
    return {
        "message": message,
        "tone": tone,
        "title": title,
        "fix": fix,
        "icon": icons.get(tone, "info-circle"),
        "urgent": tone == "late",
    }


@component
def table(columns: Sequence[Values], rows: Sequence[Values], caption: str, empty: str | SafeString = "") -> Values:
    """A list. Columns: {key, zh, kind}, kind text | num | money | clock | code. Rows: {href?, tone?, <key>: shown}."""
    drawn = [
        {
            "href": row.get("href", ""),
            "tone": row.get("tone", ""),
            "cells": [(c["zh"], c.get("kind", "text"), row.get(c["key"], "")) for c in columns],
        }
        for row in rows
    ]
    return {"columns": columns, "rows": drawn, "caption": caption, "empty": empty or empty_state("没有记录")}


@component
def file_chip(name: str, size: int | None = None, href: str = "", kind: str = "", sha256: str = "") -> Values:
    """A stored file: kind of evidence, name, size, and the first digits of its fingerprint."""
    return {
        "name": name,
        "size": "" if size is None else wording.file_size(size),
        "href": href,
        "kind": kind,
        "sha": sha256[:8],
        "icon": "photo" if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp")) else "file-text",
    }


@component
def duty_row(duty: Values, now: Moment) -> Values:
    """One owed act as a table row: time, title, case, place, who owes it, receipt of the ruling."""
    return {
        "duty": duty,
        "clock": clock(
            duty.get("due_at"),
            now,
            warn_at=duty.get("warn_at"),
            state="open" if duty.get("state") == "lapsed" else duty.get("state", "open"),
            done_at=duty.get("discharged_at"),
            provisional=bool(duty.get("provisional")),
        ),
    }


@component
def duties(rows: Sequence[Values], now: Moment, caption: str = "待办", empty: str | SafeString = "") -> Values:
    """The list of owed acts with its header; says what to do when there is none."""
    hint = "新的来件流转给您后会出现在这里。"
    return {
        "rows": [duty_row(row, now) for row in rows],
        "caption": caption,
        "empty": empty or empty_state("手头没有待办", hint, icon="circle-check"),
    }


@component
def facts(pairs: Iterable[tuple[str, Any]]) -> Values:
    """Names and values side by side; nothing known is shown as 不详, never left blank."""
    return {"pairs": [(name, wording.UNKNOWN if value in (None, "") else value) for name, value in pairs]}


@component
def field(bound: BoundField, hint: str = "", label: str = "") -> Values:
    """A form field: label, hint, control and the error beside it, tied together for screen readers."""
    widget = bound.field.widget
    choices = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    single = isinstance(widget, CheckboxInput)
    help_text = str(hint or bound.help_text)
    errors = [str(error) for error in bound.errors]
    described = [f"{bound.id_for_label or bound.auto_id}-{part}" for part in _spoken(help_text, errors)]
    attrs: dict[str, str | bool] = {"class": _control_class(bound)}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return {
        "bound": bound,
        "id": bound.id_for_label or bound.auto_id,
        "label": label or bound.label,
        "hint": help_text,
        "errors": errors,
        "control": bound.as_widget(attrs=attrs),
        "options": list(bound) if choices else [],
        "described": " ".join(described),
        "shape": "choices" if choices else "check" if single else "file" if isinstance(widget, FileInput) else "plain",
        "optional": not bound.field.required and not single,
        "hidden": bound.is_hidden,
    }


def _spoken(hint: str, errors: Sequence[str]) -> list[str]:
    return [part for part, present in (("hint", hint), ("error", errors)) if present]


def _control_class(bound: BoundField) -> str:
    widget = bound.field.widget
    own = str(widget.attrs.get("class", ""))
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        kind = "form-check-input"
    elif isinstance(widget, Select):
        kind = "form-select"
    else:
        kind = "form-control"
    return " ".join(filter(None, (own, kind, "is-invalid" if bound.errors else "")))
