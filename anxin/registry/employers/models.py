from __future__ import annotations

from django.db import models
from django.db.models import Q


class Employer(models.Model):
    """用人单位: whoever employs people in the county, from a listed company to a workshop without a licence."""

    class Scale(models.TextChoices):
        ABOVE = "above", "规模以上"
        BELOW = "below", "规模以下"
        UNKNOWN = "unknown", "规模不详"

    class Standing(models.TextChoices):
        NEUTRAL = "neutral", "无记录"
        HONOURED = "honoured", "守信激励"
        SANCTIONED = "sanctioned", "失信惩戒"

    name = models.CharField("单位名称", max_length=120)
    normal_name = models.CharField("比对名称", max_length=120)
    initials = models.CharField("拼音首字母", max_length=80, blank=True, default="")
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    sector = models.CharField("行业", max_length=40, blank=True, default="")
    scale = models.CharField("规模", max_length=10, choices=Scale.choices, default=Scale.UNKNOWN)
    headcount = models.PositiveIntegerField("用工人数", null=True, blank=True)
    place = models.ForeignKey("directory.Place", models.PROTECT, related_name="+", verbose_name="所在区划")
    county_code = models.CharField("县级代码", max_length=6)
    town_code = models.CharField("镇级代码", max_length=12, blank=True, default="")
    grid_code = models.CharField("网格代码", max_length=12, blank=True, default="")
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True, default="")
    standing = models.CharField("信用状态", max_length=12, choices=Standing.choices, default=Standing.NEUTRAL)
    verified = models.BooleanField("已核对", default=False)
    registered_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "用人单位"
        constraints = [
            models.UniqueConstraint(
                fields=["county_code", "credit_code"],
                condition=Q(credit_code__isnull=False),
                name="employer_one_per_code",
            ),
            models.UniqueConstraint(
                fields=["county_code", "normal_name"],
                condition=Q(credit_code__isnull=True),
                name="employer_one_per_name",
            ),
        ]
        indexes = [
            models.Index(fields=["county_code", "normal_name", "initials"], name="employer_county_name"),
            models.Index(fields=["county_code", "grid_code"], name="employer_county_grid"),
        ]

    def __str__(self) -> str:
        return self.name
