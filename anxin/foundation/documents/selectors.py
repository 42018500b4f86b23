from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anxin.foundation.access.actor import Actor, require
from anxin.foundation.documents import storage
from anxin.foundation.documents.models import Evidence, Letter
from anxin.foundation.documents.subjects import check_reach
from anxin.foundation.kernel.errors import Denied, Refused


@dataclass(frozen=True)
class Opened:
    """A file to be handed to the browser, as an attachment and with `nosniff`."""

    name: str
    mime: str
    content: bytes


def evidence_for(*, subjects: Collection[str]) -> list[dict[str, Any]]:
    """The evidence of subjects in order of arrival; one query. The caller has checked that they are in reach."""
    return [_evidence(row) for row in Evidence.objects.filter(subject__in=list(subjects)).order_by("id")]


def evidence_kinds(*, subject: str, since: datetime | None = None) -> set[str]:
    """The kinds of evidence on file (added at `since` or later); what a step `needs` is looked for here. One query."""
    rows = Evidence.objects.filter(subject=subject)
    if since is not None:
        rows = rows.filter(added_at__gte=since)
    return set(rows.values_list("kind", flat=True))


def evidence_kinds_of(*, subjects: Collection[str]) -> dict[str, set[str]]:
    """The same for a page of subjects, in one query."""
    found: dict[str, set[str]] = {subject: set() for subject in subjects}
    for subject, kind in Evidence.objects.filter(subject__in=found).values_list("subject", "kind").distinct():
        found[subject].add(kind)
    return found


def letters_for(*, subject: str) -> list[dict[str, Any]]:
    """The letters of a subject, void ones too. The caller has checked that the subject is in reach."""
    return [_letter(row) for row in Letter.objects.filter(subject=subject).order_by("id")]


def open_evidence(*, actor: Actor, evidence: int) -> Opened:
    """A file, if its subject is in the actor's reach and its content still has the hash it came with."""
    row = Evidence.objects.filter(pk=evidence).first()
    if row is None:
        raise Denied()
    return _open(actor, row, row.name, row.mime)


def open_letter(*, actor: Actor, letter: int) -> Opened:
    """A letter as PDF, on the same two conditions."""
    row = Letter.objects.filter(pk=letter).first()
    if row is None:
        raise Denied()
    return _open(actor, row, f"{row.title} {row.number}.pdf", "application/pdf")


def _open(actor: Actor, row: Evidence | Letter, name: str, mime: str) -> Opened:
    require(actor, "documents:see")
    check_reach(actor, row.subject)
    content = storage.load(row.path)
    if storage.digest(content) != row.sha256:
        raise Refused("文件与存入时的校验值不符，可能被改动过，不能打开", fix="请联系系统管理员从备份中恢复")
    return Opened(name, mime, content)


def _evidence(row: Evidence) -> dict[str, Any]:
    return {
        "id": row.pk,
        "subject": row.subject,
        "kind": row.kind,
        "name": row.name,
        "sha256": row.sha256,
        "size": row.size,
        "mime": row.mime,
        "source": row.source,
        "taken_at": row.taken_at,
        "added_at": row.added_at,
        "added_by": row.added_by,
        "note": row.note,
    }


def _letter(row: Letter) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "template": row.template,
        "title": row.title,
        "state": row.state,
        "state_zh": row.get_state_display(),
        "issued_at": row.issued_at,
        "issued_by": row.issued_by,
        "voided_at": row.voided_at,
        "void_reason": row.void_reason,
        "sha256": row.sha256,
    }
