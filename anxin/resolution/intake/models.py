from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from anxin.foundation.kernel.identifiers import mask_id, mask_name, mask_phone


class Complaint(models.Model):
    """来件: what somebody brought to the office, by whatever channel, as it was said. Who said it is a `Reporter`."""

    class Nature(models.TextChoices):
        COMPLAINT = "complaint", "投诉"
        CONSULTATION = "consultation", "咨询"
        TIP_OFF = "tip_off", "举报"

    class Kind(models.TextChoices):
        WAGES = "wages", "拖欠工资"
        INJURY = "injury", "工伤"
        INSURANCE = "insurance", "社会保险"
        CONTRACT = "contract", "劳动合同"
        PROJECT_PAYMENT = "project_payment", "拖欠工程款"
        OTHER = "other", "其他事项"

    class Status(models.TextChoices):
        RECEIVED = "received", "已登记"
        REDIRECTED = "redirected", "已引导"
        ANSWERED = "answered", "已答复"
        MERGED = "merged", "已合并"

    number = models.CharField("来件编号", max_length=40)
    county_code = models.CharField("县（市、区）代码", max_length=6)
    town_code = models.CharField("镇街代码", max_length=12, default="")
    place_code = models.CharField("区划代码", max_length=12)
    unit_code = models.CharField("登记单位代码", max_length=40, default="")
    channel = models.CharField("渠道", max_length=20)
    source_number = models.CharField("来源编号", max_length=60, default="")
    nature = models.CharField("来件性质", max_length=12, choices=Nature.choices)
    kind = models.CharField("事项类别", max_length=20, choices=Kind.choices)
    status = models.CharField("状态", max_length=10, choices=Status.choices)
    employer = models.ForeignKey(
        "employers.Employer", models.PROTECT, null=True, related_name="+", verbose_name="用人单位"
    )
    employer_name = models.CharField("用人单位名称", max_length=120, default="")
    employer_key = models.CharField("用人单位名称（归一）", max_length=120, default="")
    project = models.ForeignKey(
        "projects.Project", models.PROTECT, null=True, related_name="+", verbose_name="工程项目"
    )
    address = models.CharField("地址", max_length=200, default="")
    sector = models.CharField("行业", max_length=20, default="")
    people = models.PositiveIntegerField("涉及人数", default=1)
    amount_fen = models.BigIntegerField("反映金额", null=True)  # empty: the reporter does not know
    period_from = models.DateField("欠薪起始日", null=True)
    period_to = models.DateField("欠薪截止日", null=True)  # half-open: the first day no longer meant
    text = models.TextField("反映内容", default="")
    answer = models.TextField("答复内容", default="")
    reported_at = models.DateTimeField("反映时间", null=True)  # at the source, when that was earlier
    received_at = models.DateTimeField("登记时间")
    received_by = models.CharField("登记人", max_length=60)
    receipt_hash = models.CharField("查询码校验值", max_length=64)
    seen_by_operator = models.BooleanField("查询码经工作人员转告", default=False)
    idempotency_key = models.CharField("防重复键", max_length=80, null=True)
    body_hash = models.CharField("内容校验值", max_length=64)
    phone_hash = models.CharField("电话校验值", max_length=64, default="")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="并入来件")

    class Meta:
        verbose_name = "来件"
        verbose_name_plural = verbose_name
        constraints = [
            models.UniqueConstraint(fields=["county_code", "number"], name="complaint_number"),
            models.UniqueConstraint(fields=["county_code", "channel", "idempotency_key"], name="complaint_key"),
            models.UniqueConstraint(
                fields=["county_code", "channel", "source_number"],
                condition=~Q(source_number=""),
                name="complaint_source",
            ),
            models.CheckConstraint(condition=Q(people__gte=1), name="complaint_people"),
            models.CheckConstraint(
                condition=Q(period_from=None) | Q(period_to=None) | Q(period_to__gte=F("period_from")),
                name="complaint_period",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(status="merged"),
                name="complaint_merged",
            ),
        ]
        indexes = [
            models.Index(fields=["county_code", "-received_at", "-id"], name="complaint_inbox"),
            models.Index(fields=["town_code", "-received_at", "-id"], name="complaint_town"),
            models.Index(fields=["unit_code", "-received_at", "-id"], name="complaint_unit"),
            models.Index(fields=["county_code", "employer_key"], condition=~Q(employer_key=""), name="complaint_name"),
            models.Index(fields=["county_code", "phone_hash"], condition=~Q(phone_hash=""), name="complaint_phone"),
        ]

    def __str__(self) -> str:
        return self.number


class Reporter(models.Model):
    """反映人: who brought a complaint, kept apart so that a page can show the matter without the person."""

    complaint = models.OneToOneField(Complaint, models.PROTECT, related_name="reporter", verbose_name="来件")
    name = models.CharField("姓名", max_length=60, default="")
    phone = models.CharField("电话", max_length=20, default="")
    id_number = models.CharField("身份证号", max_length=18, default="")
    anonymous = models.BooleanField("匿名", default=False)
    language = models.CharField("语言", max_length=10, default="zh")

    class Meta:
        verbose_name = "反映人"
        verbose_name_plural = verbose_name
        constraints = [
            models.CheckConstraint(
                condition=Q(anonymous=False) | Q(name="", phone="", id_number=""), name="reporter_anonymous"
            ),
        ]

    def __str__(self) -> str:
        return self.masked_name

    @property
    def masked_name(self) -> str:
        return "匿名" if self.anonymous else mask_name(self.name)

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone)

    @property
    def masked_id_number(self) -> str:
        return mask_id(self.id_number)


class Source(models.Model):
    """来源: another complaint that reported the same matter and was merged into this one."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="sources", verbose_name="来件")
    origin = models.OneToOneField(Complaint, models.PROTECT, related_name="+", verbose_name="被合并的来件")
    channel = models.CharField("渠道", max_length=20)
    source_number = models.CharField("来源编号", max_length=60, default="")
    reason = models.CharField("合并理由", max_length=500, default="")
    merged_at = models.DateTimeField("合并时间")

    class Meta:
        verbose_name = "来源"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.channel} {self.source_number}"


class ClaimLine(models.Model):
    """反映明细: one worker named in a complaint and what is owed to that worker, as the reporter says."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="lines", verbose_name="来件")
    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("电话", max_length=20, default="")
    id_number = models.CharField("身份证号", max_length=18, default="")
    amount_fen = models.BigIntegerField("反映金额", null=True)
    period_from = models.DateField("欠薪起始日", null=True)
    period_to = models.DateField("欠薪截止日", null=True)

    class Meta:
        verbose_name = "反映明细"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return mask_name(self.name)
