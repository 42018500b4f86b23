from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Project(models.Model):
    """工程项目: a construction, transport, water or other work in the county, large or small."""

    class Investment(models.TextChoices):
        GOVERNMENT = "government", "政府投资"
        SOE = "soe", "国有企业投资"
        PRIVATE = "private", "社会投资"
        VILLAGE = "village", "村集体投资"

    name = models.CharField("项目名称", max_length=160)
    normal_name = models.CharField("比对名称", max_length=160)
    initials = models.CharField("拼音首字母", max_length=80, blank=True, default="")
    code = models.CharField("施工许可证号", max_length=60, null=True, blank=True)
    sector = models.CharField("行业", max_length=40)
    investment = models.CharField("投资类型", max_length=12, choices=Investment.choices)
    contract_fen = models.BigIntegerField("合同金额（分）", null=True, blank=True)
    place = models.ForeignKey("directory.Place", models.PROTECT, related_name="+", verbose_name="所在区划")
    county_code = models.CharField("县级代码", max_length=6)
    town_code = models.CharField("镇级代码", max_length=12, blank=True, default="")
    grid_code = models.CharField("网格代码", max_length=12, blank=True, default="")
    owner = models.ForeignKey(
        "employers.Employer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="建设单位"
    )
    general_contractor = models.ForeignKey(
        "employers.Employer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="施工总承包单位"
    )
    started_on = models.DateField("开工日期", null=True, blank=True)
    finished_on = models.DateField("完工日期", null=True, blank=True)
    registered_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "工程项目"
        constraints = [
            models.UniqueConstraint(
                fields=["county_code", "code"], condition=Q(code__isnull=False), name="project_one_per_permit"
            ),
            models.CheckConstraint(
                condition=Q(contract_fen=None) | Q(contract_fen__gt=0), name="project_contract_positive"
            ),
            models.CheckConstraint(
                condition=Q(finished_on=None) | Q(started_on=None) | Q(finished_on__gte=F("started_on")),
                name="project_finishes_after_start",
            ),
        ]
        indexes = [models.Index(fields=["county_code", "normal_name", "initials"], name="project_county_name")]

    def __str__(self) -> str:
        return self.name


class Participation(models.Model):
    """参建关系: an employer takes part in a project in a role, under the participation that engaged it."""

    class Role(models.TextChoices):
        OWNER = "owner", "建设单位"
        GENERAL_CONTRACTOR = "general_contractor", "施工总承包单位"
        SUBCONTRACTOR = "subcontractor", "专业分包单位"
        LABOUR = "labour", "劳务分包单位"
        CREW = "crew", "施工班组"

    project = models.ForeignKey(Project, models.PROTECT, related_name="participations", verbose_name="工程项目")
    employer = models.ForeignKey("employers.Employer", models.PROTECT, related_name="+", verbose_name="用人单位")
    role = models.CharField("参建角色", max_length=20, choices=Role.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级发包方"
    )

    class Meta:
        verbose_name = verbose_name_plural = "参建关系"
        constraints = [
            models.UniqueConstraint(fields=["project", "employer", "role"], name="participation_once_per_role"),
            models.UniqueConstraint(
                fields=["project", "role"],
                condition=Q(role__in=["owner", "general_contractor"]),
                name="participation_one_head",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.employer_id}"
