"""Files of other platforms: every row taken in once or told why not, and no file half trusted."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from django.core.management import call_command
from django.db import IntegrityError, connection

from anxin.foundation.access.actor import Actor
from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.audit.models import Entry
from anxin.foundation.kernel.errors import BadInput, Denied
from anxin.foundation.outbox.models import Event
from anxin.resolution.intake import services
from anxin.resolution.intake.models import Complaint, Source

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
COUNTY = "330784"
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "联系电话", "涉及金额"]
OWED = "老板拖欠我们十个人的工资三个月了，一直不给"

pytestmark = pytest.mark.django_db


def row(number: Any, text: str = OWED, *, user: str = "A1", at: Any = "2023/10/1 8:05:09", **kw: Any) -> list[Any]:
    return [number, user, kw.get("subject", "拖欠工资"), at, text, kw.get("phone", ""), kw.get("amount", "")]


def book(*rows: list[Any], head: list[Any] = HEAD, touch: Any = None) -> bytes:
    """A workbook; `touch` may write more into its sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm"}) as file:
        sheet = file.add_worksheet()
        for place, cells in enumerate([head, *rows]):
            for column, value in enumerate(cells):
                if value != "":
                    sheet.write(place, column, value)
        if touch:
            touch(sheet)
    return out.getvalue()


def load(content: bytes, **kw: Any) -> dict[str, Any]:
    return services.import_file(
        actor=actor_for_post(COUNTY, "arrears_office", on=NOW.date()), now=NOW, content=content, **kw
    )


def told(content: bytes) -> list[tuple[int, str]]:
    return [(fault["row"], fault["column"]) for fault in load(content)["rejected"]]


def test_rows_are_registered_once_however_often_the_file_comes():
    content = book(
        row(1),
        row(2, "小区夜里施工噪音太大", user="A2", subject="噪音"),
        row(3, "请问怎么交社保", user="A3", subject="咨询社保"),
    )
    first = load(content)
    assert {name: first[name] for name in services_counts(first)} == {
        "accepted": 3, "duplicate": 0, "merged": 0, "redirected": 1, "answered": 1,
    }  # fmt: skip
    again = load(content)
    assert (again["accepted"], again["duplicate"], Complaint.objects.count()) == (0, 3, 3)


def services_counts(out: dict[str, Any]) -> list[str]:
    return [name for name in out if name not in ("rejected", "hints")]


def test_dates_in_both_ways_and_odd_spaces_are_read():
    load(
        book(
            row(1, "\t\t\n\u3000拖欠\u3000工资 \t三个月\n\n", at=datetime(2023, 9, 2, 7, 30)),
            row(2, user="B", at="2023-9-3 10:00"),
        )
    )
    one, two = Complaint.objects.order_by("pk")
    assert one.text == "拖欠工资\n拖欠 工资 三个月"
    assert one.reported_at == datetime(2023, 9, 2, 7, 30, tzinfo=NOW.tzinfo)
    assert two.reported_at == datetime(2023, 9, 3, 10, 0, tzinfo=NOW.tzinfo) and two.received_at == NOW


def test_nearly_the_same_words_of_one_user_are_merged_and_of_others_only_hinted():
    out = load(book(row(1), row(2, OWED + "！"), row(3, OWED, user="B")))
    assert out["merged"] == 1 and Source.objects.get().origin.source_number == "2"
    assert out["hints"][0]["rows"] == [2, 3, 4] and "2个用户" in out["hints"][0]["reason"]


@pytest.mark.parametrize(
    "bad, column",
    [
        (row(""), "留言编号"),
        (row(7.5), "留言编号"),
        (row(7, at=""), "留言时间"),
        (row(7, at="去年夏天"), "留言时间"),
        (row(7, at="2023/13/40"), "留言时间"),
        (row(7, at="2024/1/1 0:00:00"), "留言时间"),
        (row(7, text="\u3000"), "留言详情"),
        (row(7, phone=13800000000), "联系电话"),
        (row(7, phone="1380000"), "联系电话"),
        (row(7, amount="一万多"), "涉及金额"),
        (row(7, text="长" * 20_001), "留言详情"),
    ],
)
def test_a_bad_row_is_told_by_row_and_column_and_hinders_no_other(bad, column):
    out = load(book(row(1), bad, row(3, user="C")))
    assert [(f["row"], f["column"]) for f in out["rejected"]] == [(3, column)] and out["rejected"][0]["reason"]
    assert out["accepted"] == 2


def test_formulas_and_merged_cells_are_told():
    def touch(sheet: Any) -> None:
        sheet.write_formula(1, 6, "=1+1", None, 2)
        sheet.merge_range(2, 4, 3, 4, OWED)

    content = book(row(1), row(2, ""), row(3, ""), row(4, user="D"), touch=touch)
    assert told(content) == [(2, "涉及金额"), (3, "留言详情"), (4, "留言详情")]


def test_one_number_for_two_messages_is_told():
    out = load(book(row(1), row(1, "另一件事：拖欠工资五个月", user="B"), row(1)))
    assert [(f["row"], f["column"]) for f in out["rejected"]] == [(3, "留言编号")] and out["duplicate"] == 1


def test_text_that_looks_like_a_formula_stays_text():
    load(book(row(1, user="'=cmd|x"), head=HEAD))
    assert Complaint.objects.get().reporter.name == "'=cmd|x"


def csv(text: str, encoding: str) -> bytes:
    return text.encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_either_encoding(encoding):
    text = f'留言编号,留言时间,留言详情\r\n1,2023/10/1 8:05:09,"{OWED}\n请帮忙"\r\n'
    assert load(csv(text, encoding))["accepted"] == 1


def far_corner(sheet: Any) -> None:
    sheet.write(1_048_575, 16_383, "x")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "没有内容"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "另存为"),
        (b"PK\x03\x04 broken", "已损坏"),
        (book(), "只有表头"),
        (book(head=["留言编号", "留言主题"]), "缺少列：留言时间、留言详情"),
        (book(row(1), head=[*HEAD[:-1], "留言编号"]), "重复的列名：留言编号"),
        (book(row(1), touch=far_corner), "超过"),
        (b"x" * (20 * 1024 * 1024 + 1), "超过20兆"),
        ('留言编号,留言时间,留言详情\n1,"2023'.encode(), "引号"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_one_clear_line(content, words):
    with pytest.raises(BadInput) as caught:
        load(content)
    assert words in str(caught.value) and "\n" not in caught.value.message
    assert not Complaint.objects.exists()


def test_a_packed_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (201 * 1024 * 1024))
    with pytest.raises(BadInput, match="解压后过大"):
        load(out.getvalue())


def test_an_unknown_channel_and_a_post_without_permission_import_nothing():
    with pytest.raises(BadInput):
        load(book(row(1)), channel="fax")
    with pytest.raises(Denied):
        services.import_file(actor=Actor(1, 1, "甲", COUNTY), now=NOW, content=book(row(1)))


def test_a_crash_keeps_finished_steps_and_the_next_run_completes(monkeypatch):
    monkeypatch.setattr(services, "STEP", 2)
    content = book(*(row(n, user=f"U{n}") for n in range(5)))
    step, done = services.import_messages, []

    def dies(**kw: Any) -> dict[str, Any]:
        if len(done) == 1:
            raise OSError("power cut")
        done.append(1)
        return step(**kw)

    monkeypatch.setattr(services, "import_messages", dies)
    with pytest.raises(OSError):
        load(content)
    assert Complaint.objects.count() == 2
    monkeypatch.setattr(services, "import_messages", step)
    out = load(content)
    assert (out["accepted"], out["duplicate"], Complaint.objects.count()) == (3, 2, 5)


@pytest.mark.parametrize("nth", range(1, 30))
def test_a_row_whose_nth_statement_fails_leaves_nothing_and_hinders_no_other(nth: int) -> None:
    """Row 3 is the later twin of row 2: it is stored, then merged. Whatever of that fails, nothing of it stays."""
    content = book(row("good", user="A"), row("bad", f"{OWED}！", user="A"), row("last", "欠薪，请帮忙", user="B"))
    said = {"n": 0, "bad": False}

    def fails(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if said["bad"] and not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            said["n"] += 1
            if said["n"] == nth:
                raise IntegrityError("this statement of the row fails")
        return execute(sql, params, many, context)

    original = services._import_row

    def watched(message: Any, *args: Any, **kw: Any) -> Any:
        said["bad"] = message.number == "bad"
        try:
            return original(message, *args, **kw)
        finally:
            said["bad"] = False

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(fails):
        patch.setattr(services, "_import_row", watched)
        out = load(content)
    broken = said["n"] >= nth
    assert (out["accepted"], len(out["rejected"])) == ((2, 1) if broken else (3, 0))
    numbers = ["good", "last"] if broken else ["bad", "good", "last"]
    assert sorted(Complaint.objects.values_list("source_number", flat=True)) == numbers
    kept = set(Complaint.objects.values_list("pk", flat=True))
    assert {e.payload["complaint_id"] for e in Event.objects.all() if "complaint_id" in e.payload} == kept
    assert {int(e.subject.rpartition(":")[2]) for e in Entry.objects.filter(subject__contains="Complaint:")} == kept
    serials = sorted(number[-4:] for number in Complaint.objects.values_list("number", flat=True))
    assert serials == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_the_command_line_answers_in_json_and_a_dry_run_keeps_nothing(tmp_path: Path, capsys):
    file = tmp_path / "messages.xlsx"
    file.write_bytes(book(row(1), row("", user="B")))
    call_command("intake", str(file), "--place", COUNTY, "--json", "--dry-run")
    out = json.loads(capsys.readouterr().out)
    assert out["accepted"] == 1 and out["rejected"][0]["row"] == 3 and not Complaint.objects.exists()
    call_command("intake", str(file), "--place", COUNTY)
    assert "第3行“留言编号”" in capsys.readouterr().out and Complaint.objects.count() == 1
    with pytest.raises(BadInput, match="读不出来"):
        call_command("intake", str(tmp_path / "none.xlsx"))
