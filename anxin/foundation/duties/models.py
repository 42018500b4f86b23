from __future__ import annotations

from django.db import models


class Duty(models.Model):
    """职责: this post owes this act on this subject by this moment, because of this rule."""

    class State(models.TextChoices):
        OPEN = "open", "进行中"
        PAUSED = "paused", "已暂停"
        LAPSED = "lapsed", "已超期"
        DISCHARGED = "discharged", "已完成"
        CANCELLED = "cancelled", "已取消"

    LIVE = (State.OPEN, State.PAUSED, State.LAPSED)

    rule = models.CharField("职责规则", max_length=40)
    title = models.CharField("应办事项", max_length=60)
    subject = models.CharField("对象", max_length=80)  # "cases.Case:42"
    headline = models.CharField("摘要", max_length=160)
    post = models.CharField("岗位", max_length=40)
    county_code = models.CharField("县（市、区）代码", max_length=6)
    town_code = models.CharField("镇街代码", max_length=12, default="")
    unit_code = models.CharField("单位代码", max_length=40, default="")
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.OPEN)
    started_at = models.DateTimeField("起算时间")
    due_at = models.DateTimeField("期限")
    warn_at = models.DateTimeField("提醒时间")
    warned_at = models.DateTimeField("已提醒时间", null=True)
    lapsed_at = models.DateTimeField("超期时间", null=True)
    paused_at = models.DateTimeField("暂停时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    late = models.BooleanField("是否超期办理", default=False)
    provisional = models.BooleanField("暂定期限", default=False)
    receipt = models.JSONField("依据", default=dict)

    class Meta:
        verbose_name = "职责"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(
                fields=["county_code", "post", "due_at", "id"],
                condition=models.Q(state__in=["open", "paused", "lapsed"]),
                name="duty_county_queue",
            ),
            models.Index(
                fields=["unit_code", "post", "due_at", "id"],
                condition=models.Q(state__in=["open", "paused", "lapsed"]),
                name="duty_unit_queue",
            ),
            models.Index(fields=["subject", "rule"], name="duty_subject"),
            models.Index(
                fields=["warn_at"],
                condition=models.Q(state="open", warned_at__isnull=True),
                name="duty_to_warn",
            ),
            models.Index(fields=["due_at"], condition=models.Q(state="open"), name="duty_to_lapse"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.subject}"


class DutyChange(models.Model):
    """期限变更: who moved, paused or handed over a duty, and why; the old moment is never overwritten unseen."""

    class Kind(models.TextChoices):
        PAUSED = "paused", "暂停"
        RESUMED = "resumed", "恢复"
        EXTENDED = "extended", "延期"
        HANDED_OVER = "handed_over", "移交"
        RECLASSIFIED = "reclassified", "改类"
        RECALCULATED = "recalculated", "重算"

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="changes", verbose_name="职责")
    kind = models.CharField("变更", max_length=12, choices=Kind.choices)
    at = models.DateTimeField("时间")
    by = models.CharField("操作人", max_length=60)
    reason = models.CharField("理由", max_length=500, default="")
    approver = models.CharField("批准人", max_length=60, default="")
    document = models.CharField("文号", max_length=60, default="")
    old = models.JSONField("变更前", default=dict)
    new = models.JSONField("变更后", default=dict)

    class Meta:
        verbose_name = "期限变更"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.duty_id} {self.kind}"
