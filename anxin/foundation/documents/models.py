"""Evidence, letters, and the counters that number letters and complaints."""

from __future__ import annotations

from typing import Any, Never

from django.db import models


class Immutable(TypeError):
    """A programmer tried to change or delete what must stay as it was received."""


class EvidenceRows(models.QuerySet["Evidence"]):
    """Reads and adds only."""

    def update(self, **kwargs: Any) -> Never:
        raise Immutable("evidence is never changed")

    def delete(self) -> Never:
        raise Immutable("evidence is never deleted")


class Evidence(models.Model):
    """证据: one stored file about one subject; its hash is taken once and never changes."""

    subject = models.CharField("对象", max_length=80)  # "cases.Case:42": a string, so that documents knows no room
    kind = models.CharField("类别", max_length=40)
    path = models.CharField("存放位置", max_length=120, unique=True)
    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("校验值", max_length=64)
    size = models.PositiveBigIntegerField("大小（字节）")
    mime = models.CharField("文件类型", max_length=100)
    source = models.CharField("来源", max_length=120, default="")
    taken_at = models.DateTimeField("取得时间", null=True)
    added_at = models.DateTimeField("存入时间")
    added_by = models.CharField("存入人", max_length=60)
    note = models.CharField("说明", max_length=500, default="")

    objects = EvidenceRows.as_manager()

    class Meta:
        verbose_name = "证据"
        verbose_name_plural = verbose_name
        indexes = [models.Index(fields=["subject", "kind"], name="evidence_subject_kind")]

    def __str__(self) -> str:
        return f"{self.name}（{self.subject}）"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; an existing row is never written again."""
        if not self._state.adding:
            raise Immutable("evidence is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Evidence stays."""
        raise Immutable("evidence is never deleted")


class Letter(models.Model):
    """文书: a numbered letter made from facts and a template of the pack; a void letter keeps its number."""

    class State(models.TextChoices):
        ISSUED = "issued", "已出具"
        VOID = "void", "已作废"

    county_code = models.CharField("县（市、区）代码", max_length=6)
    template = models.CharField("模板", max_length=40)
    title = models.CharField("文书名称", max_length=60)
    series = models.CharField("编号系列", max_length=40)
    year = models.PositiveSmallIntegerField("编号年份")
    serial = models.PositiveIntegerField("流水号")
    number = models.CharField("文号", max_length=80)
    subject = models.CharField("对象", max_length=80)
    facts = models.JSONField("事实")
    path = models.CharField("存放位置", max_length=120, unique=True)
    sha256 = models.CharField("校验值", max_length=64)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.ISSUED)
    issued_at = models.DateTimeField("出具时间")
    issued_by = models.CharField("出具人", max_length=60)
    voided_at = models.DateTimeField("作废时间", null=True)
    void_reason = models.CharField("作废理由", max_length=500, default="")

    class Meta:
        verbose_name = "文书"
        verbose_name_plural = verbose_name
        indexes = [models.Index(fields=["subject"], name="letter_subject")]
        constraints = [
            models.UniqueConstraint(fields=["county_code", "series", "year", "serial"], name="letter_one_per_serial"),
            models.UniqueConstraint(fields=["county_code", "number"], name="letter_one_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Counter(models.Model):
    """编号器: the last number given out in one series of one county and year."""

    series = models.CharField("编号系列", max_length=80, primary_key=True)  # a key of its own burns no sequence
    value = models.PositiveBigIntegerField("当前值")

    class Meta:
        verbose_name = "编号器"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.series}={self.value}"
