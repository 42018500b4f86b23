"""Proving the trail: every entry against its digest, its chain and its seal. Memory is bounded by one seal's manifest.

Three walks: sealed entries in the order of ids against the manifests, the entries not yet sealed in the order of ids,
and all chains in the order of subjects. What a fault is called, and by which entry, is looked up once one is found.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from anxin.foundation.audit import seals
from anxin.foundation.audit.models import Entry, Seal
from anxin.foundation.audit.selectors import head
from anxin.foundation.audit.trail import GENESIS, digest
from anxin.foundation.workdays.calendar import CHINA

CHUNK = 2000


@dataclass(frozen=True)
class Fault:
    """One thing wrong: `kind` is changed, removed, inserted, reordered or seal; `entry` is None where no id is left."""

    kind: str
    entry: int | None
    subject: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found; `unsealed` entries were held against their chains only."""

    entries: int
    unsealed: int
    seals: int
    head: dict[str, Any] | None
    first_fault: Fault | None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.first_fault is None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        newest = self.head and {**self.head, "at": self.head["at"].astimezone(CHINA).isoformat()}
        return {**asdict(self), "ok": self.ok, "head": newest}


Found = tuple[int, Fault]
"""A fault and the id at which the walk met it: the lowest is the first."""


def verify() -> Verdict:
    """Walk entries, chains and seals; the verdict names the first fault in the order in which entries were written."""
    newest = head()
    edge = newest["last_entry"] if newest else None
    tail = Entry.objects.filter(id__gt=edge) if newest else Entry.objects.all()
    met = [_under_seals(newest["seq"] if newest else 0) or _not_yet_sealed(tail), _along_chains(edge or 0)]
    found = [one for one in met if one]
    return Verdict(
        entries=Entry.objects.count(),
        unsealed=tail.count(),
        seals=newest["seq"] if newest else 0,
        head=newest,
        first_fault=min(found, key=lambda one: one[0])[1] if found else None,
    )


# -- sealed entries -----------------------------------------------------------------------------------------------


def _under_seals(until: int) -> Found | None:
    last: Seal | None = None
    for seal in Seal.objects.filter(seq__lte=until).order_by("seq").iterator(chunk_size=8):
        if why := _broken(seal, last):
            return last.last_entry + 1 if last else 0, Fault("seal", None, "", f"第 {seal.seq} 号封签{why}")
        if found := _members(seal, last):
            return found
        last = seal
    return None


def _broken(seal: Seal, last: Seal | None) -> str:
    """What is wrong with a seal itself; empty when nothing is."""
    if seal.seq != (last.seq + 1 if last else 1):
        return "之前的封签缺失"
    if seal.previous != (last.digest if last else GENESIS):
        return "与前一封签衔接不上"
    if seals.digest(seal) != seal.digest:
        return "被改动：内容与校验值不符"
    if not seals.key_is_known(seal):
        return f"无法核对：没有编号为 {seal.key} 的签名密钥，请找回签发时的密钥"
    if not seals.is_signed(seal):
        return "的签名不是本系统所签"
    if not seals.is_manifest(seal):
        return "的封存清单被改动"
    return ""


def _members(seal: Seal, last: Seal | None) -> Found | None:
    """The first entry of a sound seal that is not as it was sealed."""
    rows = Entry.objects.filter(id__lte=seal.last_entry).order_by("id")
    if last:
        rows = rows.filter(id__gt=last.last_entry)
    sealed: Iterator[tuple[int, str]] = iter(seals.unpack(bytes(seal.manifest)))
    for entry in rows.iterator(chunk_size=CHUNK):
        number, was = next(sealed, (entry.pk + 1, ""))
        if entry.pk < number:
            return entry.pk, _named("inserted", entry, "不在封签之内，是后来插入的")
        if entry.pk > number:
            return number, _lost(number, was, seal)
        if entry.digest != was:
            return entry.pk, _replaced(entry, was, seal)
        if digest(entry) != was:
            return entry.pk, _misfit(entry)
    gone = next(sealed, None)
    return (gone[0], _lost(*gone, seal)) if gone else None


def _replaced(entry: Entry, was: str, seal: Seal) -> Fault:
    """At the place of a sealed entry stands another one, or a rewritten one."""
    elsewhere = Entry.objects.filter(digest=was).exists()
    if _is_sealed(entry.digest):
        return _named("reordered", entry, "被调换了次序") if elsewhere else _lost(entry.pk, was, seal)
    if elsewhere:
        return _named("inserted", entry, "是后来插入的，原来的留痕被移到了别处")
    return _named("changed", entry, "被改动：校验值与封存时不同")


def _lost(number: int, was: str, seal: Seal) -> Fault:
    """The next link of the chain still knows the digest of the one that is gone, and so its subject."""
    following = Entry.objects.filter(previous=was).first()
    subject = following.subject if following else ""
    what = f"（{subject} 第 {following.seq - 1} 条）" if following else ""
    return Fault("removed", number, subject, f"留痕 {number}{what}被删除：第 {seal.seq} 号封签中有，现在没有")


def _is_sealed(hashed: str) -> bool:
    wanted = seals.hash_bytes(hashed)
    manifests = Seal.objects.order_by("seq").values_list("manifest", flat=True).iterator(chunk_size=8)
    return any(wanted in bytes(manifest) for manifest in manifests)


# -- entries not yet sealed ---------------------------------------------------------------------------------------


def _not_yet_sealed(tail: Any) -> Found | None:
    for entry in tail.order_by("id").iterator(chunk_size=CHUNK):
        if digest(entry) != entry.digest:
            return entry.pk, _misfit(entry) if _hangs_on(entry) else _named("inserted", entry, "是插入的：接不上前一条")
    return None


def _hangs_on(entry: Entry) -> bool:
    """Whether an entry that does not fit its digest belonged to its chain once: by its link, or but for its link."""
    before = Entry.objects.filter(subject=entry.subject, seq=entry.seq - 1).first()
    link = before.digest if before else GENESIS
    return entry.previous == link or _fits(entry, previous=link) or _fits(entry, seq=_rank(entry))


# -- an entry that does not fit its digest ------------------------------------------------------------------------


def _misfit(entry: Entry) -> Fault:
    """Its content is not what was hashed: pushed aside by a newcomer, moved within its chain, or plainly changed."""
    rivals = Entry.objects.filter(subject=entry.subject, previous=entry.previous, id__gt=entry.pk).order_by("id")
    newcomer = rivals.first()
    if newcomer and not _is_sealed(newcomer.digest):
        return _named("inserted", newcomer, f"是插入的，占了留痕 {entry.pk} 的位置")
    place = _rank(entry)
    if _fits(entry, seq=place) and Entry.objects.filter(subject=entry.subject, seq=place).exists():
        return _named("reordered", entry, f"被调换了次序：原是第 {place} 条")
    return _named("changed", entry, "被改动：内容与校验值不符")


def _rank(entry: Entry) -> int:
    """The place in its chain that the order of ids gives it."""
    return Entry.objects.filter(subject=entry.subject, id__lte=entry.pk).count()


def _fits(entry: Entry, **fields: Any) -> bool:
    other = copy.copy(entry)
    for name, value in fields.items():
        setattr(other, name, value)
    return digest(other) == entry.digest


# -- chains -------------------------------------------------------------------------------------------------------


def _along_chains(edge: int) -> Found | None:
    """The break with the lowest id; ids up to `edge` are sealed."""
    found: Found | None = None
    last: Entry | None = None
    rows = Entry.objects.only("id", "subject", "seq", "previous", "digest").order_by("subject", "seq")
    for entry in rows.iterator(chunk_size=CHUNK):
        last = last if last and last.subject == entry.subject else None
        broken = _break(entry, last, edge)
        if broken and (found is None or broken[0] < found[0]):
            found = broken
        last = entry
    return found


def _break(entry: Entry, last: Entry | None, edge: int) -> Found | None:
    place = last.seq + 1 if last else 1
    if entry.seq > place:
        missing = f"{entry.subject} 的第 {place} 条留痕被删除：其后是第 {entry.seq} 条（留痕 {entry.pk}）"
        return entry.pk, Fault("removed", None, entry.subject, missing)
    if entry.previous != (last.digest if last else GENESIS):
        if last and last.pk > edge and entry.pk > last.pk:
            return entry.pk, _named("changed", last, f"被改动：与后一条（留痕 {entry.pk}）衔接不上")
        return entry.pk, _named("inserted", entry, "是插入的：接不上前一条")
    if last and entry.pk < last.pk:
        return entry.pk, _named("reordered", entry, f"被调换了次序：编号小于前一条（留痕 {last.pk}）")
    return None


def _named(kind: str, entry: Entry, what: str) -> Fault:
    return Fault(kind, entry.pk, entry.subject, f"留痕 {entry.pk}（{entry.subject} 第 {entry.seq} 条）{what}")
