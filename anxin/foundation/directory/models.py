"""Places, units, officers and the dated posts they hold."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class PlaceKind(models.TextChoices):
    """Ranks of the place tree, from the province down to the smallest grid."""

    PROVINCE = "province", "省"
    CITY = "city", "设区市"
    COUNTY = "county", "县（市、区）"
    TOWN = "town", "镇（街道）"
    ZONE = "zone", "开发区"
    VILLAGE = "village", "村（社区）"
    GRID_RURAL = "grid_rural", "农村网格"
    GRID_ENTERPRISE = "grid_enterprise", "企业网格"
    GRID_SMALL = "grid_small", "小网格"


class UnitKind(models.TextChoices):
    """What a unit is within the county's division of labour."""

    OFFICE = "office", "治欠办"
    TOWN = "town", "镇街（开发区）"
    REGULATOR = "regulator", "行业主管部门"
    INSPECTORATE = "inspectorate", "劳动保障监察机构"
    POLICE = "police", "公安机关"
    LEGAL_AID = "legal_aid", "法律援助机构"
    HOTLINE = "hotline", "热线平台"
    MEDIATION = "mediation", "调解组织"


class Place(models.Model):
    """行政区划: a node of the tree province > city > county > town > village or grid, by its 12-digit code."""

    code = models.CharField("区划代码", max_length=12, primary_key=True)
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类别", max_length=20, choices=PlaceKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上级区划")
    county_code = models.CharField("县级代码", max_length=6, blank=True, default="")
    town_code = models.CharField("镇级代码", max_length=12, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "行政区划"
        ordering = ["code"]
        indexes = [models.Index(fields=["county_code", "kind"], name="place_county_kind")]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """单位: an organisation that can lead or assist a case; its code opens with the county's six digits."""

    code = models.CharField("单位代码", max_length=40, primary_key=True)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类别", max_length=20, choices=UnitKind.choices)
    place = models.ForeignKey("directory.Place", models.PROTECT, related_name="+", verbose_name="所在区划")
    county_code = models.CharField("县级代码", max_length=6)
    sector = models.CharField("主管行业", max_length=120, blank=True, default="")
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    pinyin = models.CharField("拼音首字母", max_length=80, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["code"]
        indexes = [models.Index(fields=["county_code", "kind"], name="unit_county_kind")]

    def __str__(self) -> str:
        return self.name


class Officer(models.Model):
    """工作人员: a person who holds posts; kept for ever, because old records name them."""

    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("电话", max_length=40, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "工作人员"

    def __str__(self) -> str:
        return self.name


class Holding(models.Model):
    """任职: an officer holds a post from `from_on` up to, but not including, `to_on`; open while `to_on` is empty."""

    officer = models.ForeignKey("directory.Officer", models.PROTECT, related_name="+", verbose_name="工作人员")
    post = models.CharField("岗位", max_length=40)
    unit = models.ForeignKey(
        "directory.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    place = models.ForeignKey("directory.Place", models.PROTECT, related_name="+", verbose_name="管辖区划")
    from_on = models.DateField("任职起始日")
    to_on = models.DateField("任职截止日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["post", "id"]
        indexes = [
            models.Index(fields=["unit", "post"], name="holding_unit_post"),
            models.Index(fields=["place", "post"], name="holding_place_post"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="holding_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer}：{self.post}"
