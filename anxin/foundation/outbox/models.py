from __future__ import annotations

import uuid

from django.db import models


class Event(models.Model):
    """事件: something that happened in a room, kept in the same transaction until everyone concerned has heard."""

    class State(models.TextChoices):
        PENDING = "pending", "待投递"
        DONE = "done", "已投递"
        DEAD = "dead", "投递失败"

    uid = models.UUIDField("事件编号", default=uuid.uuid4, unique=True)
    name = models.CharField("名称", max_length=60)
    payload = models.JSONField("内容")
    county_code = models.CharField("县（市、区）代码", max_length=6)
    at = models.DateTimeField("发生时间")
    cause = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="起因")
    depth = models.PositiveSmallIntegerField("链长", default=0)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField("投递次数", default=0)
    next_at = models.DateTimeField("下次投递时间")
    lease_until = models.DateTimeField("占用至", null=True)
    error = models.TextField("错误", default="")

    class Meta:
        verbose_name = "事件"
        verbose_name_plural = verbose_name
        indexes = [
            models.Index(fields=["next_at", "id"], condition=models.Q(state="pending"), name="event_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.uid}"


class Delivery(models.Model):
    """投递记录: a handler has heard an event; written in the handler's own transaction, so it happens once."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+", verbose_name="事件")
    handler = models.CharField("处理程序", max_length=120)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "投递记录"
        verbose_name_plural = verbose_name
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.handler}"


class JobRun(models.Model):
    """定时任务: when a scheduled job last ran and is due again."""

    name = models.CharField("名称", max_length=60, unique=True)
    next_at = models.DateTimeField("下次运行")
    lease_until = models.DateTimeField("占用至", null=True)
    last_at = models.DateTimeField("上次运行", null=True)
    error = models.TextField("错误", default="")

    class Meta:
        verbose_name = "定时任务"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """心跳: proof that a worker lives."""

    worker = models.CharField("工作进程", max_length=60, unique=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "心跳"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.worker
