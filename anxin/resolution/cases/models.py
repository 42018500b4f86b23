from __future__ import annotations

from django.db import models
from django.db.models import Q

from anxin.foundation.access.actor import Actor, Scope, reach
from anxin.resolution.cases.lifecycle import CASE, FINALS


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: Actor) -> CaseQuerySet:
        """Inside the actor's territory, with the actor's unit, or assisted by it."""
        mine = reach(actor, county="county_code", town="town_code", unit="unit_code")
        units = [s.unit for s in actor.scopes if s.unit]
        if units:
            helped = Assisting.objects.filter(unit_code__in=units, to_at__isnull=True).values("case_id")
            mine |= Q(pk__in=helped)
        return self.filter(mine)


class Case(models.Model):
    """案件: wages said to be owed by one employer to one or more workers."""

    class Category(models.TextChoices):
        ENTERPRISE = "enterprise", "企业"
        PROJECT = "project", "工程项目"

    class Grade(models.TextChoices):
        ORDINARY = "ordinary", "一般"
        COMPLEX = "complex", "复杂"
        HARD = "hard", "疑难"

    class Outcome(models.TextChoices):
        NONE = "", "未定"
        PAID = "paid", "已兑付"
        DISMISSED = "dismissed", "不予支持"
        WITHDRAWN = "withdrawn", "已撤回"
        MERGED = "merged", "已并案"

    number = models.CharField("案号", max_length=40)
    stage = models.CharField("办理阶段", max_length=12, default=CASE.initial, choices=list(CASE.states.items()))
    county_code = models.CharField("县（市、区）代码", max_length=6)
    place_code = models.CharField("区划代码", max_length=12)
    town_code = models.CharField("镇街代码", max_length=12, default="")
    unit_code = models.CharField("承办单位代码", max_length=40, default="")
    unit_kind = models.CharField("承办单位类别", max_length=20, default="")
    unit_name = models.CharField("承办单位", max_length=80, default="")
    dispatched_times = models.PositiveSmallIntegerField("流转次数", default=0)
    returned_times = models.PositiveSmallIntegerField("退回次数", default=0)
    reopened_times = models.PositiveSmallIntegerField("重办次数", default=0)
    reopened_at = models.DateTimeField("最近重办时间", null=True)
    channel = models.CharField("渠道", max_length=20)
    sector = models.CharField("行业", max_length=20, default="")
    category = models.CharField("类别", max_length=12, choices=Category.choices, default=Category.ENTERPRISE)
    employer = models.ForeignKey(
        "employers.Employer", models.PROTECT, null=True, related_name="+", verbose_name="用人单位"
    )
    employer_name = models.CharField("用人单位名称", max_length=120, default="")
    project = models.ForeignKey(
        "projects.Project", models.PROTECT, null=True, related_name="+", verbose_name="工程项目"
    )
    people = models.PositiveIntegerField("涉及人数", default=1)
    due_fen = models.BigIntegerField("应付金额", default=0)
    paid_fen = models.BigIntegerField("已付金额", default=0)
    verified = models.BooleanField("金额已核实", default=False)
    unconfirmed = models.PositiveIntegerField("未确认到账人数", default=1)
    grade = models.CharField("难易", max_length=10, choices=Grade.choices, default=Grade.ORDINARY)
    severity = models.CharField("事件等级", max_length=20, default="")
    joint = models.BooleanField("联合处置", default=False)
    joint_reason = models.CharField("联合处置理由", max_length=300, default="")
    joint_receipt = models.JSONField("联合处置依据", default=dict)
    order_number = models.CharField("指令书文号", max_length=60, default="")
    order_due_on = models.DateField("责令期限", null=True)
    order_lapsed = models.BooleanField("逾期未改正", default=False)
    withdrawal_reason = models.CharField("撤回理由", max_length=500, default="")
    withdrawal_genuine = models.BooleanField("撤回意愿已核实", default=False)
    joint_released_people = models.PositiveIntegerField("解除联合处置时人数", null=True)
    joint_released_fen = models.BigIntegerField("解除联合处置时金额", null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="并入案件")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, default=Outcome.NONE, blank=True)
    reply = models.TextField("答复内容", default="")
    opened_at = models.DateTimeField("登记时间")
    ended_at = models.DateTimeField("结案时间", null=True)
    version = models.PositiveIntegerField("版本", default=1)
    touched_by = models.CharField("最近操作人", max_length=60, default="")
    touched_at = models.DateTimeField("最近操作时间", null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "案件"
        verbose_name_plural = verbose_name
        constraints = [models.UniqueConstraint(fields=["county_code", "number"], name="case_number_in_county")]
        indexes = [
            models.Index(fields=["county_code", "stage", "-id"], name="case_county_stage"),
            models.Index(fields=["town_code", "stage", "-id"], name="case_town_stage"),
            models.Index(fields=["unit_code", "stage", "-id"], name="case_unit_stage"),
            models.Index(fields=["employer", "-id"], name="case_employer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def outstanding_fen(self) -> int:
        """What is still owed, in fen; never negative."""
        return max(self.due_fen - self.paid_fen, 0)

    @property
    def is_open(self) -> bool:
        return self.stage not in FINALS

    def led_by(self, actor: Actor) -> bool:
        """Whether the actor's unit handles this case, or the actor's post answers for the whole county.

        Seeing is wider: a town sees what lies in it, a helper what it helps with; neither may act for the lead.
        """
        return any(self._inside(scope) for scope in actor.scopes)

    def _inside(self, scope: Scope) -> bool:
        if scope.kind in ("county", "system") or (scope.kind == "unit" and scope.at_county and not scope.unit):
            return scope.county == self.county_code
        return scope.kind in ("unit", "case") and bool(scope.unit) and scope.unit == self.unit_code


class CaseSource(models.Model):
    """案件来源: the complaints that this case answers; merging adds, never removes."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="sources", verbose_name="案件")
    complaint = models.OneToOneField("intake.Complaint", models.PROTECT, related_name="+", verbose_name="来件")
    from_case = models.CharField("并自案号", max_length=40, default="")
    answer = models.CharField("到账答复", max_length=10, default="")  # the reporter's last word: said twice counts once

    class Meta:
        verbose_name = "案件来源"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.case_id} ← {self.complaint_id}"


class Claim(models.Model):
    """诉求: one worker's wages within a case (or a group not yet listed by name)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="claims", verbose_name="案件")
    wage = models.OneToOneField("wages.Wage", models.PROTECT, related_name="+", verbose_name="应发工资")
    superseded = models.BooleanField("已被名单取代", default=False)

    class Meta:
        verbose_name = "诉求"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.case_id}/{self.wage_id}"


class Assignment(models.Model):
    """流转记录: from which unit to which, by whom, why, and what the routing table had suggested."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments", verbose_name="案件")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=12)
    from_unit = models.CharField("原承办单位", max_length=80, default="")
    to_unit = models.CharField("承办单位", max_length=80, default="")
    reason = models.CharField("理由", max_length=500, default="")
    by = models.CharField("操作人", max_length=60)
    suggestion = models.JSONField("建议", default=dict)

    class Meta:
        verbose_name = "流转记录"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.case_id} {self.verb}"


class Assisting(models.Model):
    """协办单位: a unit that helps with this case only, and sees this case only."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assisting", verbose_name="案件")
    unit_code = models.CharField("单位代码", max_length=40)
    unit_name = models.CharField("单位", max_length=80)
    reason = models.CharField("理由", max_length=300)
    from_at = models.DateTimeField("开始时间")
    to_at = models.DateTimeField("结束时间", null=True)
    report = models.CharField("协办情况", max_length=2000, default="")
    reported_at = models.DateTimeField("反馈时间", null=True)

    class Meta:
        verbose_name = "协办单位"
        verbose_name_plural = verbose_name
        indexes = [models.Index(fields=["unit_code", "case"], name="assisting_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "unit_code"], condition=Q(to_at__isnull=True), name="assisting_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.unit_name}"


class Call(models.Model):
    """联系记录: whom we talked to, when and what was said."""

    class Kind(models.TextChoices):
        CONTACT = "contact", "联系劳动者"
        EMPLOYER = "employer", "联系用人单位"
        INDEPENDENT = "independent", "独立核实"
        CALLBACK = "callback", "回访"

    case = models.ForeignKey(Case, models.PROTECT, related_name="calls", verbose_name="案件")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    at = models.DateTimeField("时间")
    person = models.CharField("联系对象", max_length=60, default="")
    reached = models.BooleanField("是否联系上", default=True)
    summary = models.CharField("内容", max_length=2000)
    by = models.CharField("操作人", max_length=60)
    unit_code = models.CharField("单位代码", max_length=40, default="")

    class Meta:
        verbose_name = "联系记录"
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
