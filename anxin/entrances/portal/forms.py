"""The questions of the portal. Every answer that may be unknown may be left empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms

from anxin.entrances.portal import photos, typed
from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput

STORY = 500
MONTHS = 24
EARLIER = "earlier"


class Uploads(forms.ClearableFileInput):
    """A file button that takes several at once."""

    allow_multiple_selected = True


class UploadsField(forms.FileField):
    """Several files; each is checked for itself when it is kept."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [super(UploadsField, self).clean(file, initial) for file in (data or []) if file]


class WhoForm(forms.Form):
    """Screen 1: what it is about and who owes."""

    kind = forms.ChoiceField(
        label="您要反映什么事？",
        widget=forms.RadioSelect,
        error_messages={"required": "请点一下是什么事", "invalid_choice": "请点一下是什么事"},
    )
    employer = forms.CharField(
        label="谁欠您的？",
        help_text="公司、工地或老板的名字。不知道就空着。",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "太长了，请不超过 60 个字"},
    )
    place = forms.ChoiceField(label="在哪个镇、街道？", required=False)

    def __init__(self, *args: Any, matters: list[tuple[str, str]], towns: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        kind: Any = self.fields["kind"]
        kind.choices = matters
        place: Any = self.fields["place"]
        place.choices = [("", "不清楚"), *towns]


class HowMuchForm(forms.Form):
    """Screen 2: since when, how many people, how much."""

    since = forms.ChoiceField(label="从哪个月开始没发？", required=False)
    people = forms.CharField(
        label="有几个人没拿到？",
        help_text="只有您自己就写 1。不清楚就空着。",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    amount = forms.CharField(
        label="一共欠多少钱（元）？",
        help_text="几个人就加在一起。大概数也行，不清楚就空着。",
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: date, **kw: Any) -> None:
        super().__init__(*args, **kw)
        since: Any = self.fields["since"]
        since.choices = [("", "不清楚"), *months(today), (EARLIER, "更早")]

    def clean_people(self) -> str:
        return _refused(typed.people, self.cleaned_data["people"])

    def clean_amount(self) -> str:
        return _refused(typed.amount, self.cleaned_data["amount"])


class StoryForm(forms.Form):
    """Screen 3: what happened, with photos."""

    story = forms.CharField(
        label="用您自己的话说说",
        help_text="说几句就行：干什么活，谁叫您去的，答应什么时候给钱。",
        required=False,
        max_length=STORY,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"max_length": f"太长了，请不超过 {STORY} 个字"},
    )
    photos = UploadsField(
        label="照片或录音",
        help_text=f"工资条、欠条、考勤、聊天记录都行。没有也没关系。最多 {photos.MOST} 个。",
        required=False,
        widget=Uploads(attrs={"accept": "image/*,audio/*"}),
    )


class ContactForm(forms.Form):
    """Screen 4: whom to call."""

    phone = forms.CharField(
        label="您的手机号",
        help_text="我们打这个号码找您，不会给老板看。",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": "请写手机号，好让我们打给您；不想留就点“匿名反映”"},
    )
    name = forms.CharField(
        label="您的姓名",
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": "太长了，请不超过 30 个字"},
    )
    anonymous = forms.BooleanField(
        label="匿名反映",
        required=False,
        help_text="匿名也可以反映。姓名和手机号都不会留下，我们也就没法打给您。",
    )

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        if self.data.get("anonymous"):
            self.fields["phone"].required = False

    def clean_phone(self) -> str:
        said = str(self.cleaned_data["phone"])
        return said if self.data.get("anonymous") else _refused(identifiers.mobile, said)


class LookForm(forms.Form):
    """Number and code of a receipt."""

    number = forms.CharField(
        label="编号",
        help_text="例如 W20231101-0007",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": "请写编号，在回执和短信上"},
    )
    receipt = forms.CharField(
        label="查询码",
        help_text="回执上的 12 位数字，不用写横线",
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请写查询码，在回执上"},
    )


class NoteForm(forms.Form):
    """A few words beside an answer."""

    note = forms.CharField(
        label="还想说什么？",
        help_text="比如拿到了多少，还差多少。不写也行。",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "太长了，请不超过 300 个字"},
    )


def months(today: date) -> list[tuple[str, str]]:
    """The last two years by month, newest first: ("2023-11", "2023年11月")."""
    first = today.year * 12 + today.month - 1
    found = [divmod(first - n, 12) for n in range(MONTHS)]
    return [(f"{year}-{month + 1:02d}", f"{year}年{month + 1}月") for year, month in found]


def _refused(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except BadInput as fault:
        raise forms.ValidationError(fault.message) from None
