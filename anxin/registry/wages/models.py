from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Answer(models.TextChoices):
    """What the worker says about the money; "" means nobody has answered."""

    RECEIVED = "received", "已到账"
    PARTIAL = "partial", "部分到账"
    NONE = "none", "未到账"


class Wage(models.Model):
    """应发工资: what one worker is owed for one period, and how much of it has been paid. Amounts in fen.

    Without a worker it stands for `headcount` people nobody has listed yet; due 0 means the sum is not known yet.
    """

    worker = models.ForeignKey(
        "workers.Worker", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="劳动者"
    )
    headcount = models.PositiveIntegerField("人数", default=1)  # more than one only while nobody is listed by name
    employer = models.ForeignKey(
        "employers.Employer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="用人单位"
    )
    employer_name = models.CharField("单位名称", max_length=120, blank=True, default="")
    project = models.ForeignKey(
        "projects.Project", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="工程项目"
    )
    county_code = models.CharField("县级代码", max_length=6)
    period_from = models.DateField("工资期间起", null=True, blank=True)
    period_to = models.DateField("工资期间止（不含）", null=True, blank=True)
    due_fen = models.BigIntegerField("应发金额（分）")
    paid_fen = models.BigIntegerField("已付金额（分）", default=0)
    basis = models.CharField("计算依据", max_length=500, blank=True, default="")
    verified = models.BooleanField("已核对", default=False)
    answer = models.CharField("到账情况", max_length=10, choices=Answer.choices, blank=True, default="")
    confirmed_heads = models.PositiveIntegerField("已确认人数", default=0)  # of a line nobody is listed on
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.CharField("登记人", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "应发工资"
        constraints = [
            models.CheckConstraint(condition=Q(due_fen__gte=0), name="wage_due_not_negative"),
            models.CheckConstraint(
                condition=Q(headcount=1) | Q(headcount__gt=1, worker=None), name="wage_one_worker_a_line"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_heads__lte=F("headcount")), name="wage_confirmed_within_headcount"
            ),
            models.CheckConstraint(
                condition=Q(paid_fen__gte=0) & Q(paid_fen__lte=F("due_fen")), name="wage_paid_within_due"
            ),
            models.CheckConstraint(
                condition=Q(period_from=None, period_to=None) | Q(period_to__gt=F("period_from")),
                name="wage_period_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.due_fen}"

    @property
    def outstanding_fen(self) -> int:
        """Still owed, in fen; never negative."""
        return self.due_fen - self.paid_fen


class Payment(models.Model):
    """兑付: money paid on one wage; voided, never deleted, when it turns out not to have arrived."""

    class Method(models.TextChoices):
        BANK = "bank", "银行转账"
        CASH = "cash", "现金"
        ADVANCE = "advance", "应急垫付"
        OTHER = "other", "其他方式"

    wage = models.ForeignKey(Wage, models.PROTECT, related_name="payments", verbose_name="应发工资")
    amount_fen = models.BigIntegerField("兑付金额（分）")
    paid_on = models.DateField("兑付日期")
    method = models.CharField("兑付方式", max_length=10, choices=Method.choices)
    evidence_id = models.BigIntegerField("凭证编号", null=True, blank=True)
    recorded_by = models.CharField("登记人", max_length=60)
    recorded_at = models.DateTimeField("登记时间")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "兑付"
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_positive")]

    def __str__(self) -> str:
        return f"{self.wage_id} {self.amount_fen}"


class Confirmation(models.Model):
    """到账确认: one answer to "钱到了吗", by the worker or noted at a call-back."""

    class By(models.TextChoices):
        SELF = "self", "本人确认"
        CALLBACK = "callback", "电话回访"

    wage = models.ForeignKey(Wage, models.PROTECT, related_name="confirmations", verbose_name="应发工资")
    answer = models.CharField("到账情况", max_length=10, choices=Answer.choices)
    by = models.CharField("确认方式", max_length=10, choices=By.choices)
    at = models.DateTimeField("时间")
    note = models.CharField("备注", max_length=500, blank=True, default="")
    recorded_by = models.CharField("登记人", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "到账确认"

    def __str__(self) -> str:
        return f"{self.wage_id} {self.answer}"
