from __future__ import annotations

from django.db import models


class Session(models.Model):
    """调解会: both sides called together at a time and place."""

    class Outcome(models.TextChoices):
        PLANNED = "planned", "待召开"
        AGREED = "agreed", "达成协议"
        FAILED = "failed", "未达成协议"
        ABSENT = "absent", "一方缺席"

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+", verbose_name="案件")
    held_at = models.DateTimeField("调解时间")
    place = models.CharField("调解地点", max_length=120)
    mediator = models.CharField("调解员", max_length=60)
    outcome = models.CharField("调解结果", max_length=10, choices=Outcome.choices, default=Outcome.PLANNED)
    notes = models.CharField("调解记录", max_length=2000, default="")
    by = models.CharField("操作人", max_length=60)

    class Meta:
        verbose_name = "调解会"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.case_id} {self.held_at:%Y-%m-%d}"


class Settlement(models.Model):
    """调解协议: how much is paid and when, signed by both sides."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+", verbose_name="案件")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="+", verbose_name="调解会")
    letter = models.ForeignKey("documents.Letter", models.PROTECT, null=True, related_name="+", verbose_name="文书")
    number = models.CharField("协议编号", max_length=80)
    total_fen = models.BigIntegerField("协议金额")
    signed_on = models.DateField("签订日期")
    terms = models.CharField("其他约定", max_length=1000, default="")

    class Meta:
        verbose_name = "调解协议"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.number


class Instalment(models.Model):
    """分期: one payment promised in a settlement."""

    class State(models.TextChoices):
        AWAITED = "awaited", "待兑付"
        PAID = "paid", "已兑付"
        MISSED = "missed", "已逾期"
        REPLACED = "replaced", "已重新约定"

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="instalments", verbose_name="调解协议")
    due_on = models.DateField("约定日期")
    amount_fen = models.BigIntegerField("金额")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.AWAITED)
    paid_on = models.DateField("兑付日期", null=True)
    duty_id = models.BigIntegerField("职责编号", null=True)

    class Meta:
        verbose_name = "分期"
        verbose_name_plural = verbose_name
        constraints = [models.UniqueConstraint(fields=["settlement", "due_on"], name="instalment_one_a_day")]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.due_on}"
