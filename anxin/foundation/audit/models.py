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


class Seal(models.Model):
    """封签: a signed Merkle root over the entries written since the seal before it; append-only, chained by hash."""

    seq = models.PositiveIntegerField("序号", unique=True)
    at = models.DateTimeField("时间")
    first_entry = models.BigIntegerField("首条留痕编号")
    last_entry = models.BigIntegerField("末条留痕编号")
    entries = models.PositiveIntegerField("留痕条数")
    manifest = models.BinaryField("封存清单")  # ids and digests: what a root alone could only deny, this can name
    root = models.CharField("封签根值", max_length=64)
    previous = models.CharField("前一封签校验值", max_length=64)
    digest = models.CharField("校验值", max_length=64)
    algorithm = models.CharField("签名算法", max_length=20)
    key = models.CharField("签名密钥编号", max_length=16)
    signature = models.CharField("签名值", max_length=128)

    class Meta:
        verbose_name = "封签"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"封签 {self.seq}"
