"""Made-up values for the gallery: a fixed moment, invented people and firms."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from anxin.entrances.ui import components, wording
from anxin.entrances.ui.navigation import CONSOLE
from anxin.entrances.ui.words import STAGES, STATES

NOW = datetime(2023, 12, 2, 9, 30, tzinfo=wording.CHINA)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RECEIPT = {
    "term": "clock.contact",
    "value": "1",
    "unit": "workday",
    "basis": "县根治欠薪“117”工作机制 第三条",
    "pack": "cn-330784@2023",
    "on": "2023-12-02",
    "status": "unverified",
}
ARTICLE = "农民工工资应当以货币形式，通过银行转账或者现金支付给农民工本人，不得以实物或者有价证券等其他形式替代。"


class SampleForm(forms.Form):
    """One field of every kind."""

    person = forms.CharField(label="反映人姓名", help_text="不愿留名可以不填。", required=False)
    amount = forms.DecimalField(
        label="欠薪金额（元）",
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    sector = forms.ChoiceField(label="行业", choices=[("", "请选择"), ("construction", "工程建设"), ("other", "其他")])
    since = forms.DateField(label="从哪天起没发", widget=forms.DateInput(attrs={"type": "date"}))
    many = forms.ChoiceField(
        label="有多少人被欠",
        choices=[("1", "只有我"), ("9", "不到 10 人"), ("10", "10 人及以上"), ("?", "不清楚")],
        widget=forms.RadioSelect,
    )
    story = forms.CharField(label="情况说明", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    proof = forms.FileField(label="照片或文件", required=False, help_text="工资条、欠条、考勤都可以。")
    agree = forms.BooleanField(label="同意把情况转给劳动监察处理")


class SampleLogin(forms.Form):
    """What the log-in page asks."""

    username = forms.CharField(label="账号")
    password = forms.CharField(label="密码", widget=forms.PasswordInput)


def duties() -> list[dict[str, Any]]:
    """Owed acts in every state of the clock."""
    plans = [
        ("联系反映人", -26 * HOUR, -30 * HOUR, "白垤建材有限公司 · 38 人", "lapsed", "永城街道"),
        ("接收并流转", 5 * HOUR, -HOUR, "晨屿家具厂 · 3 人", "open", "治欠办"),
        ("核实欠薪事实", 27 * HOUR, 20 * HOUR, "云岭花园二期项目 · 112 人", "open", "石河镇"),
        ("答复反映人", 6 * DAY, 4 * DAY, "匿名反映 · 五金加工点", "open", "住建局"),
        ("分期兑付检查", 9 * DAY, 8 * DAY, "晨屿家具厂 · 第二期", "paused", "石河镇"),
    ]
    return [
        {
            "title": title,
            "headline": headline,
            "due_at": (NOW + left).isoformat(),
            "warn_at": (NOW + warn).isoformat(),
            "state": state,
            "number": f"永欠案〔2023〕第{118 + n:04d}号",
            "place": "永城街道 白垤村" if n % 2 else "石河镇",
            "owner": owner,
            "href": f"/gallery/console?case={n + 1}",
        }
        for n, (title, left, warn, headline, state, owner) in enumerate(plans)
    ]


def entries() -> list[dict[str, Any]]:
    """A short history of one case."""
    return [
        {
            "at": NOW - 20 * timedelta(minutes=1),
            "who": "永城街道 · 胡敏",
            "title": "联系反映人",
            "note": "电话接通，约定下午到村委会核对考勤。",
            "tone": "active",
        },
        {
            "at": NOW - 3 * HOUR,
            "who": "系统",
            "title": "联系时限将到，已提醒",
            "note": "已用去 80% 的时间。",
            "tone": "warn",
        },
        {"at": NOW - 26 * HOUR, "who": "治欠办 · 周启", "title": "流转至永城街道", "tone": "active"},
        {"at": NOW - 27 * HOUR, "who": "12345 热线", "title": "登记来件", "note": "3 人，合计 12,600 元。"},
    ]


def ledger() -> dict[str, Any]:
    """Columns and rows of a small table."""
    columns = [
        {"key": "number", "zh": "案号", "kind": "code"},
        {"key": "employer", "zh": "用人单位"},
        {"key": "stage", "zh": "阶段"},
        {"key": "people", "zh": "人数", "kind": "num"},
        {"key": "owed", "zh": "未付", "kind": "money"},
        {"key": "clock", "zh": "时限", "kind": "clock"},
    ]
    stages = ["registered", "contacted", "mediating", "replied", "closed"]
    names = ["晨屿家具厂", "白垤建材有限公司", "云岭花园二期项目部", "临河五金加工点", "禾浦食品有限公司"]
    rows = [
        {
            "href": f"/gallery/console?case={n + 1}",
            "number": f"永欠案〔2023〕第{118 + n:04d}号",
            "employer": name,
            "stage": components.stage(code),
            "people": [3, 38, 112, 1, 7][n],
            "owed": components.money([1_260_000, 45_388_000, 792_300_767, None, 0][n], outstanding=n < 3),
            "clock": components.clock(NOW + (n * 30 - 28) * HOUR, NOW, warn_at=NOW + HOUR * (n * 40 - 50)),
        }
        for n, (code, name) in enumerate(zip(stages, names, strict=True))
    ]
    return {"columns": columns, "rows": rows}


def clocks() -> list[tuple[str, dict[str, Any]]]:
    """Every state a clock can show."""
    return [
        ("从容", {"due_at": NOW + 6 * DAY}),
        ("一两天", {"due_at": NOW + 27 * HOUR}),
        ("将到", {"due_at": NOW + 5 * HOUR, "warn_at": NOW - HOUR}),
        ("不到一小时", {"due_at": NOW + HOUR / 3, "warn_at": NOW - HOUR}),
        ("已超期", {"due_at": NOW - 49 * HOUR}),
        ("暂停", {"due_at": NOW + DAY, "state": "paused"}),
        ("按期", {"due_at": NOW, "state": "discharged", "done_at": NOW - HOUR}),
        ("超期完成", {"due_at": NOW - 3 * DAY, "state": "discharged", "done_at": NOW}),
        ("取消", {"due_at": NOW, "state": "cancelled"}),
        ("暂定", {"due_at": NOW + 40 * DAY, "provisional": True}),
        ("没有", {"due_at": None}),
    ]


def gallery() -> dict[str, Any]:
    """What the gallery page shows."""
    return {
        "now": NOW,
        "stages": list(STAGES),
        "states": list(STATES),
        "clocks": [(name, components.clock(now=NOW, **values)) for name, values in clocks()],
        "receipt": RECEIPT,
        "article": ARTICLE,
        "entries": entries(),
        "places": ["浙江省", "金华市", "永康市", "石河镇", "白垤村"],
        "ledger": ledger(),
        "duties": duties(),
        "form": SampleForm(),
        "wrong": SampleForm({"wrong-amount": "一万二", "wrong-person": "周"}, prefix="wrong"),
        "fact_pairs": [
            ("用人单位", "晨屿家具厂"),
            ("人数", "3 人"),
            ("拖欠期间", "2023-08 至 2023-10"),
            ("金额", components.money(1_260_000)),
            ("合同", ""),
        ],
        "labels": ["谁欠的", "欠多少", "怎么联系", "核对提交"],
    }


def page(name: str) -> dict[str, Any]:
    """What one sample page shows."""
    values = gallery() | {"nav": "duties", "nav_counts": {"duties": 5, "dispatch": 2, "messages": 1}}
    if name == "console":
        values["navigation"] = [{"key": i.key, "zh": i.zh, "icon": i.icon, "href": "/gallery/console"} for i in CONSOLE]
        values |= {"actor": {"name": "胡敏"}, "post_zh": "永城街道 · 镇街经办"}
    if name == "login":
        values["form"] = SampleLogin()
        values["demo_logins"] = [
            {"username": user, "password": "demo", "post": post, "zh": zh, "place": where}
            for user, post, zh, where in [
                ("office", "dispatcher", "治欠办分派", "永康市"),
                ("town", "town_handler", "镇街经办", "石河镇"),
                ("hotline", "hotline_operator", "热线受理员", "永康市"),
                ("leader", "leader", "分管领导", "永康市"),
            ]
        ]
    return values
