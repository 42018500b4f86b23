from __future__ import annotations

from django.db import models


class Message(models.Model):
    """通知: one text to one officer or one phone, made from a template of the pack."""

    class To(models.TextChoices):
        OFFICER = "officer", "工作人员"
        PHONE = "phone", "手机"

    class State(models.TextChoices):
        QUEUED = "queued", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"
        READ = "read", "已读"

    to_kind = models.CharField("接收方式", max_length=8, choices=To.choices)
    officer = models.ForeignKey(
        "directory.Officer", models.PROTECT, null=True, related_name="+", verbose_name="工作人员"
    )
    phone = models.CharField("手机号", max_length=20, default="")
    template = models.CharField("模板", max_length=40)
    text = models.TextField("内容")
    county_code = models.CharField("县（市、区）代码", max_length=6)
    subject = models.CharField("对象", max_length=80, default="")  # "cases.Case:42"
    backend = models.CharField("发送渠道", max_length=20)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField("生成时间")
    next_at = models.DateTimeField("下次发送时间")
    attempts = models.PositiveSmallIntegerField("发送次数", default=0)
    sent_at = models.DateTimeField("发送时间", null=True)
    read_at = models.DateTimeField("阅读时间", null=True)
    error = models.CharField("错误", max_length=300, default="")

    class Meta:
        verbose_name = "通知"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["next_at", "id"], condition=models.Q(state="queued"), name="message_queued"),
            models.Index(fields=["officer", "id"], name="message_officer"),
            models.Index(fields=["officer"], condition=models.Q(state="sent"), name="message_unread"),
            models.Index(fields=["county_code", "id"], name="message_county"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.subject}"
