from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """留痕: one act on one subject; append-only, chained per subject by hash."""

    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=60)
    subject = models.CharField("对象", max_length=80)  # "cases.Case:42": a string, so that audit knows no room
    seq = models.PositiveIntegerField("序号")
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor_name = models.CharField("操作人", max_length=60)
    county_code = models.CharField("县（市、区）代码", max_length=6)
    detail = models.JSONField("内容", default=dict)
    previous = models.CharField("前一条校验值", max_length=64)
    digest = models.CharField("校验值", max_length=64)

    class Meta:
        verbose_name = "留痕"
        verbose_name_plural = verbose_name
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="entry_one_per_seq")]

    def __str__(self) -> str:
        return f"{self.subject}#{self.seq} {self.verb}"
