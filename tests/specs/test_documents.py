"""Evidence is stored whole or not at all and stays as it came; letters are numbered, complete and add up."""

import hashlib
import io
import os
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.audit.commands import call
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.documents import files, selectors, services, storage, subjects
from anxin.foundation.documents.models import Counter, Evidence, Immutable, Letter
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.policy.errors import UnknownTerm

NOW = datetime(2023, 12, 2, 1, 0, tzinfo=UTC)
SUBJECT = "cases.Case:42"
HANDLER = Actor(
    user_id=7,
    officer_id=None,
    name="王调解",
    county="330784",
    posts=("town_handler",),
    permissions=frozenset({"documents:add", "documents:see", "documents:issue"}),
    scopes=(Scope("unit", "330784115000", "330784115-town"),),
)
SETTLEMENT = {
    "unit": "芝英镇劳动争议调解委员会",
    "mediator": "王调解",
    "signed_on": "2023-12-02",
    "employer": "永康市某某五金厂",
    "total": "21000.05",
    "workers": [{"name": "张三", "amount": "12600.05"}, {"name": "李四", "amount": "8400.00"}],
    "instalments": [{"due_on": "2023-12-10", "amount": "21000.05"}],
}


@pytest.fixture(autouse=True)
def place(settings, tmp_path, monkeypatch) -> Path:
    """Files of one's own, and one case (number 42) that everybody may reach."""

    def resolver(actor: Actor, pk: int) -> None:
        if pk != 42:
            raise Denied()

    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(subjects, "_resolvers", {"cases.Case": resolver})
    return tmp_path


def add(**given):
    return call("documents.add", actor=HANDLER, now=NOW, **{"subject": SUBJECT, "kind": "payment_proof", **given})


def issue(facts=None, **given):
    given = {"template": "settlement", "subject": SUBJECT, "facts": facts or SETTLEMENT, **given}
    return call("documents.issue", actor=HANDLER, now=NOW, **given)


def on_disk(base: Path) -> list[Path]:
    return [path for path in base.rglob("*") if path.is_file()]


def picture(kind: str = "JPEG", **save) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, kind, **save)
    return out.getvalue()


def office(part: str = "word/document.xml", **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<w/>")
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


GOOD = {
    "转账.jpg": picture(),
    "转账.jpeg": picture(),
    "截图.png": picture("PNG"),
    "截图.webp": picture("WEBP"),
    "合同.pdf": b"%PDF-1.7\n%\xe2\xe3\n1 0 obj",
    "合同.docx": office(),
    "工资表.xlsx": office("xl/workbook.xml"),
    "记录.txt": "当面付清 12600 元".encode(),
    "旧记录.txt": "当面付清".encode("gb18030"),
    "视频.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42",
    "录音.m4a": b"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00",
    "录音.wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "录音.amr": b"#!AMR\n\x3c\x91\x17",
}
BAD = {
    "空.txt": b"",
    "程序.jpg": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(60),
    "程序.exe": "看起来是文字".encode(),
    "假图.png": picture("JPEG"),
    "坏图.jpg": picture()[:200],
    "只有头.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
    "只有头.png": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "动图.gif": picture("GIF"),
    "苹果.heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "老电影.mov": b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ",
    "坏包.docx": office()[:-30],
    "压缩包.zip": office("readme.txt"),
    "带宏.docx": office(**{"word/vbaProject.bin": b"x"}),
    "炸弹.docx": office(**{"word/media/a.bin": bytes(50_000_000)}),
    "太多.docx": office(**{f"word/{n}.xml": b"" for n in range(files.MAX_MEMBERS)}),
    "两样.docx": office(**{"xl/workbook.xml": b"<x/>"}),
    "脚本.html": b"<script>alert(1)</script>",
    "二进制.txt": b"abc\x00def",
    "乱码.txt": b"\xff\xff\xff\xff",
}


def huge_picture() -> bytes:
    """A few bytes that claim 50,000 x 50,000 pixels."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(20)


@pytest.mark.django_db
@pytest.mark.parametrize("name", GOOD)
def test_every_allowed_type_is_known_by_its_content(name):
    told = add(file=SimpleUploadedFile(name, GOOD[name]), source="用人单位", note="九月工资")
    opened = selectors.open_evidence(actor=HANDLER, evidence=told["id"])
    assert hashlib.sha256(opened.content).hexdigest() == told["sha256"]
    assert opened.name.rpartition(".")[0] == name.rpartition(".")[0]
    assert told["size"] == len(opened.content)
    assert selectors.evidence_kinds(subject=SUBJECT) == {"payment_proof"}
    entry = Entry.objects.get(subject=SUBJECT)
    assert entry.detail["received_sha256"] == hashlib.sha256(GOOD[name]).hexdigest()


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_chinese_and_leave_nothing(name, place):
    with pytest.raises(BadInput) as refused:
        add(file=SimpleUploadedFile(name, BAD[name]))
    assert any("一" <= c <= "鿿" for c in refused.value.fields["file"])
    assert not Evidence.objects.exists() and not Entry.objects.exists() and not on_disk(place)


@pytest.mark.django_db
def test_too_large_and_too_many_pixels(settings, place):
    with pytest.raises(BadInput, match="图片"):
        add(file={"name": "大图.png", "content": huge_picture()})
    settings.ANXIN_UPLOAD_LIMIT = 1000
    for file in (
        SimpleUploadedFile("大.txt", b"a" * 1001),
        {"name": "大.txt", "content": "a" * 1001},
        io.BytesIO(b"a" * 5000),
    ):
        with pytest.raises(BadInput, match="文件太大"):
            add(file=file)
    with pytest.raises(BadInput, match="文件太大"):
        add(text="字" * 400)
    assert add(file={"name": "刚好.txt", "content": "a" * 1000})["size"] == 1000
    assert len(on_disk(place)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [{}, {"text": "  "}, {"file": 5}, {"file": {}}, {"file": {"name": 1, "content": "x"}}, {"file": "x", "text": "y"}],
)
def test_neither_file_nor_words(given):
    with pytest.raises(BadInput):
        add(**given)


@pytest.mark.django_db
def test_a_story_may_attach_words():
    told = add(text="银行回单：12600.00 元已转入张三账户")
    opened = selectors.open_evidence(actor=HANDLER, evidence=told["id"])
    assert (opened.name, opened.mime) == ("文字记录.txt", "text/plain; charset=utf-8")
    assert "12600.00" in opened.content.decode()


@pytest.mark.django_db
def test_pictures_lose_their_metadata_and_stand_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhone"
    told = add(file={"name": "现场.jpg", "content": picture(exif=exif, comment=b"who took it")})
    content = selectors.open_evidence(actor=HANDLER, evidence=told["id"]).content
    image = Image.open(io.BytesIO(content))
    assert image.size == (30, 40) and not image.getexif()
    assert b"SecretPhone" not in content and b"who took it" not in content


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\王\\工资.TXT", "工资.txt"),
        ("", "未命名.txt"),
        ("...", "未命名.txt"),
        ("a\x00b\n\u202egpj.txt", "abgpj.txt"),
        ("2023.12.1 工资条", "2023.12.1 工资条.txt"),
        ("字" * 300 + ".txt", "字" * 116 + ".txt"),
        ('<img src="x">.txt', "img src=x.txt"),
    ],
)
def test_names_are_only_for_showing(name, shown):
    assert files.clean_name(name, "txt") == shown


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([b"", *{content[:12] for content in GOOD.values()}]),
    rest=st.binary(max_size=300),
    name=st.text(max_size=40),
)
def test_no_bytes_and_no_name_break_the_check(head, rest, name):
    try:
        checked = files.checked(files.received({"name": name, "content": head + rest}, "", limit=10_000))
    except BadInput as refused:
        assert refused.fields["file"]
    else:
        assert checked.suffix in files.MIMES
        assert 0 < len(checked.name) <= files.NAME_LENGTH and "/" not in checked.name


@pytest.mark.django_db(transaction=True)
def test_a_file_is_in_place_after_the_commit_and_litter_after_a_rollback(place):
    told = add(text="留下")
    path = Evidence.objects.get(pk=told["id"]).path
    assert on_disk(place) == [place / path]
    with pytest.raises(RuntimeError), unit_of_work(actor=HANDLER, now=NOW):
        services.store_evidence(actor=HANDLER, now=NOW, subject=SUBJECT, kind="note", text="撤回")
        raise RuntimeError
    assert Evidence.objects.count() == 1
    (litter,) = on_disk(place / "incoming")
    os.utime(litter, (NOW.timestamp(), NOW.timestamp()))
    services.tidy(now=NOW + timedelta(hours=23))
    assert litter.exists(), "its transaction might still run"
    services.tidy(now=NOW + timedelta(hours=25))
    assert on_disk(place) == [place / path]


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_commit_and_move_loses_nothing(place, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr(storage, "_settle", lambda relative: None)
        told = add(text="断电前提交")
    row = Evidence.objects.get(pk=told["id"])
    assert not (place / row.path).exists()
    assert selectors.open_evidence(actor=HANDLER, evidence=row.pk).content.decode() == "断电前提交"
    old = (NOW - timedelta(days=2)).timestamp()
    os.utime(storage.path_of(row.path), (old, old))
    services.tidy(now=NOW)
    assert on_disk(place) == [place / row.path]


@pytest.mark.django_db
def test_evidence_never_changes():
    row = Evidence.objects.get(pk=add(text="原样")["id"])
    row.note = "改"
    for change in (row.save, row.delete, Evidence.objects.all().delete, lambda: Evidence.objects.update(note="改")):
        with pytest.raises(Immutable):
            change()
    storage.path_of(row.path).write_bytes("篡改".encode())
    with pytest.raises(Refused, match="校验值不符"):
        selectors.open_evidence(actor=HANDLER, evidence=row.pk)
    storage.path_of(row.path).unlink()
    with pytest.raises(Refused, match="备份"):
        selectors.open_evidence(actor=HANDLER, evidence=row.pk)


@pytest.mark.django_db
def test_only_what_is_in_reach_can_be_touched():
    mine = add(text="本案")
    letter = issue()
    subjects._resolvers.clear()
    for attempt in (
        lambda: add(text="别案"),
        lambda: issue(),
        lambda: selectors.open_evidence(actor=HANDLER, evidence=mine["id"]),
        lambda: selectors.open_letter(actor=HANDLER, letter=letter["id"]),
        lambda: call("documents.void", actor=HANDLER, now=NOW, letter=letter["id"], reason="试试看"),
        lambda: selectors.open_evidence(actor=HANDLER, evidence=10**6),
    ):
        with pytest.raises(Denied):
            attempt()
    for bad in ("", "cases.Case", "cases.Case:", "cases.Case:x", "cases.Case:-1", "cases.Case:" + "9" * 30):
        with pytest.raises(BadInput) as refused:
            add(subject=bad, text="x")
        assert "cases.Case:42" in refused.value.fields["subject"]


@pytest.mark.django_db
def test_evidence_from_the_future_and_since_a_moment():
    with pytest.raises(BadInput, match="不能晚于现在"):
        add(text="x", taken_at=NOW + timedelta(minutes=1))
    add(text="x", taken_at="2023-12-02 08:59", kind="bank_slip")  # a form's local time
    assert selectors.evidence_for(subjects=[SUBJECT])[0]["taken_at"] == datetime(2023, 12, 2, 0, 59, tzinfo=UTC)
    assert selectors.evidence_kinds(subject=SUBJECT, since=NOW) == {"bank_slip"}
    assert selectors.evidence_kinds(subject=SUBJECT, since=NOW + timedelta(seconds=1)) == set()
    assert selectors.evidence_kinds_of(subjects=[SUBJECT, "cases.Case:43"]) == {
        SUBJECT: {"bank_slip"},
        "cases.Case:43": set(),
    }


@pytest.mark.django_db
def test_letters_are_numbered_without_gaps_and_void_ones_keep_their_number():
    first, second = issue(), issue()
    assert [first["number"], second["number"]] == ["永人社调字〔2023〕第0001号", "永人社调字〔2023〕第0002号"]
    call("documents.void", actor=HANDLER, now=NOW, letter=second["id"], reason="金额写错")
    with pytest.raises(Refused, match="已经作废"):
        call("documents.void", actor=HANDLER, now=NOW, letter=second["id"], reason="再来一次")
    assert issue()["number"] == "永人社调字〔2023〕第0003号"
    states = [(row["number"][-5:], row["state"]) for row in selectors.letters_for(subject=SUBJECT)]
    assert states == [("0001号", "issued"), ("0002号", "void"), ("0003号", "issued")]
    assert selectors.open_letter(actor=HANDLER, letter=second["id"]).content.startswith(b"%PDF-")


@pytest.mark.django_db
def test_a_missing_fact_is_named_in_chinese_and_takes_no_number():
    with pytest.raises(BadInput) as refused:
        issue({**SETTLEMENT, "mediator": "", "workers": []} | {"signed_on": None})
    assert refused.value.message == "《欠薪纠纷调解协议书》还缺：调解员、达成协议日期、劳动者名册"
    assert not Letter.objects.exists() and not Counter.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("rows", ["workers", "instalments"])
def test_lists_must_add_up_to_the_fen(rows, place):
    wrong = [*SETTLEMENT[rows][:-1], {**SETTLEMENT[rows][-1], "amount": "8400.01"}]
    with pytest.raises(BadInput, match="不一致"):
        issue({**SETTLEMENT, rows: wrong})
    for amount in ("", None, "1.234", "-1", 1.5, "abc", [], True):
        with pytest.raises(BadInput):
            issue({**SETTLEMENT, rows: [{"name": "张三", "amount": amount}]})
    for strange in ("文字", 5, [1, 2], {"a": 1}):
        with pytest.raises(BadInput):
            issue({**SETTLEMENT, rows: strange})
    assert not Letter.objects.exists() and not on_disk(place)


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{"x": 1.5}, {"x": object()}, {"x": "长" * 400_000}, {"x": b"bytes"}])
def test_facts_are_plain_values(facts):
    with pytest.raises(BadInput):
        issue({**SETTLEMENT, **facts})


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["none", "../../etc/passwd", "", "Settlement", "settlement.typ"])
def test_an_unknown_template_is_told(template):
    with pytest.raises(UnknownTerm, match="文书模板"):
        issue(template=template)


@pytest.mark.django_db
def test_the_same_facts_give_the_same_letter_and_markup_is_inert():
    hostile = '#import "x" *b* $x$ <a> \\ `' + "]" * 5
    facts = {**SETTLEMENT, "employer": hostile, "terms": "#panic()"}
    first = issue(facts)
    Counter.objects.all().delete()
    Letter.objects.filter(pk=first["id"]).update(serial=99, number="旧")
    assert issue(facts)["sha256"] == first["sha256"]
    assert Letter.objects.get(pk=first["id"]).facts["employer"] == hostile


@pytest.mark.django_db
def test_acceptance_letter():
    facts = {
        "complainant": "张三", "complaint_number": "T20231101-0001", "received_on": "2023-11-01",
        "employer": "某某五金厂", "people": 3, "amount": "12600.00", "unit": "芝英镇人民政府", "office": "永康市治欠办",
        "phone": "0579-87000000", "contact_by": "2023年11月2日9时", "settle_by": "2023-11-08",
    }  # fmt: skip
    assert issue(facts, template="acceptance")["number"] == "永人社受字〔2023〕第0001号"


@pytest.mark.django_db
def test_budgets(django_assert_max_num_queries):  # on PostgreSQL one more: writers of one chain queue up
    issue()
    with django_assert_max_num_queries(9), transaction.atomic():
        add(text="一份证据")
    with django_assert_max_num_queries(9), transaction.atomic():
        issue()
