"""Messages are written in the act's own transaction, wait for the morning, and leave by a job."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.audit.commands import call
from anxin.foundation.directory.models import Officer
from anxin.foundation.kernel.errors import BadInput, Denied
from anxin.foundation.notices import backends, quiet, selectors, texts
from anxin.foundation.notices.models import Message
from anxin.foundation.notices.services import MAX_ATTEMPTS, To, deliver, send
from anxin.foundation.outbox.worker import JOBS
from anxin.foundation.policy import current
from anxin.foundation.policy.errors import BadPack, UnknownTerm

DAY = datetime(2023, 12, 2, 2, 0, tzinfo=UTC)  # 10:00 in China
NIGHT = datetime(2023, 12, 2, 15, 30, tzinfo=UTC)  # 23:30
PHONE = "13857950001"
TEXTS = """
[dispatched]
zh = "案件流转"
fields = ["number", "unit"]
text = "案件{number}已流转到{unit}，编号{number}。"

[code]
zh = "查询码"
fields = ["number"]
urgent = true
text = "查询码{number}"

[stray]
fields = ["number"]
text = "{number}与{amount}"

[broken]
fields = ["number"]
text = "{number!r} {"

[empty]
zh = "空"
"""


@pytest.fixture(autouse=True)
def wording(tmp_path):
    """The county's pack with a notices.toml of the test's own."""
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "pack.toml").write_text(
        'id = "cn-330784"\nlevel = "county"\nplace = "330784"\nextends = "cn-33"\nzh = "永康市"\n', encoding="utf-8"
    )
    (tmp_path / "county" / "notices.toml").write_text(TEXTS, encoding="utf-8")
    with current.using([tmp_path]):
        yield


def tell(*to: To, template="dispatched", now=DAY, facts=None):
    facts = {"number": "W20231101-0001", "unit": "芝英镇"} if facts is None else facts
    return send(template=template, to=to, facts=facts, now=now, county="330784", subject="cases.Case:42")


def officer(name="李经办") -> Officer:
    return Officer.objects.create(name=name)


def actor(who: Officer | None, *permissions: str, scope: str = "county", county: str = "330784") -> Actor:
    scopes = (Scope(scope, f"{county}000000"),)
    may = frozenset(permissions or {"duties:see"})
    return Actor(1, who.pk if who else None, "李经办", county, ("dispatcher",), may, scopes)


@pytest.mark.django_db
def test_an_officer_finds_the_message_at_once_even_at_night(django_assert_num_queries):
    who, other = officer(), officer("旁人")
    with django_assert_num_queries(1):
        tell(To(officer=who.pk), To(officer=other.pk), To(officer=who.pk), now=NIGHT)
    (mine,) = selectors.mine(actor=actor(who), now=NIGHT)
    assert mine["text"] == "案件W20231101-0001已流转到芝英镇，编号W20231101-0001。"
    assert mine["state"] == "sent"
    assert selectors.unread(actor=actor(who), now=NIGHT) == 1
    for _ in range(2):
        assert call("notices.read", actor=actor(who), now=NIGHT, message=mine["id"])["state"] == "read"
    assert selectors.unread(actor=actor(who), now=NIGHT) == 0
    assert selectors.unread(actor=actor(other), now=NIGHT) == 1
    for stranger in (actor(other), actor(None)):
        with pytest.raises(Denied):
            call("notices.read", actor=stranger, now=NIGHT, message=mine["id"])
    assert selectors.mine(actor=actor(None), now=NIGHT) == []


@pytest.mark.django_db
def test_a_phone_waits_for_the_job_and_for_the_morning(settings, caplog):
    settings.ANXIN_NOTICE_BACKEND = "console"
    caplog.set_level("INFO", logger="anxin.foundation.notices.backends")
    (row,) = tell(To(phone="138 5795 0001"), now=NIGHT)
    assert (row.phone, row.state) == (PHONE, "queued")
    morning = datetime(2023, 12, 3, 0, 0, tzinfo=UTC)
    deliver(now=morning - timedelta(seconds=1))
    assert Message.objects.get().state == "queued" and not caplog.records
    deliver(now=morning)
    deliver(now=morning)
    sent = Message.objects.get()
    assert (sent.state, sent.sent_at) == ("sent", morning)
    (line,) = [record.getMessage() for record in caplog.records]
    assert "已流转到芝英镇" in line and PHONE not in line and "138****0001" in line
    assert JOBS["notices.deliver"].every == timedelta(minutes=1)


@pytest.mark.django_db
def test_urgent_words_do_not_wait():
    (row,) = tell(To(phone=PHONE), template="code", now=NIGHT)
    assert row.next_at == NIGHT


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        (["21:00", "08:00"], (20, 59, 59), None),
        (["21:00", "08:00"], (21, 0, 0), (1, 8)),
        (["21:00", "08:00"], (23, 59, 59), (1, 8)),
        (["21:00", "08:00"], (0, 0, 0), (0, 8)),
        (["21:00", "08:00"], (7, 59, 59), (0, 8)),
        (["21:00", "08:00"], (8, 0, 0), None),
        (["12:00", "14:00"], (13, 0, 0), (0, 14)),
        (["12:00", "14:00"], (15, 0, 0), None),
        (["00:00", "00:00"], (0, 0, 0), None),
    ],
)
def test_quiet_hours(monkeypatch, hours, local, expected):
    ruling = SimpleNamespace(value=hours, pack="cn")
    monkeypatch.setattr(quiet, "book", lambda: SimpleNamespace(ruling=lambda *a, **k: ruling))
    now = datetime(2023, 12, 2, *local, tzinfo=quiet.local(DAY).tzinfo)
    end = now if expected is None else datetime(2023, 12, 2 + expected[0], expected[1], tzinfo=now.tzinfo)
    assert quiet.not_before(county="330784", now=now) == end


@pytest.mark.parametrize("hours", ["21:00", ["21:00"], ["a", "b"], [21, 8], 5, None])
def test_quiet_hours_written_wrongly_are_told(monkeypatch, hours):
    ruling = SimpleNamespace(value=hours, pack="cn")
    monkeypatch.setattr(quiet, "book", lambda: SimpleNamespace(ruling=lambda *a, **k: ruling))
    with pytest.raises(BadPack, match="notice.quiet"):
        quiet.not_before(county="330784", now=DAY)


@pytest.mark.django_db
def test_a_number_that_is_none_fails_the_message_not_the_act():
    rows = tell(To(phone="0579-87000000"), To(phone=PHONE))
    assert [row.state for row in rows] == ["failed", "queued"]
    assert "手机号" in rows[0].error


@pytest.mark.django_db
def test_a_gateway_that_is_down_is_tried_again_and_given_up(monkeypatch):
    def down(message: Message) -> None:
        raise ConnectionError("网关无响应")

    monkeypatch.setitem(backends.BACKENDS, "inbox", down)
    tell(To(phone=PHONE))
    moments, now = [], DAY
    for _ in range(MAX_ATTEMPTS):
        deliver(now=now)
        row = Message.objects.get()
        moments.append(row.state)
        deliver(now=row.next_at - timedelta(seconds=1))
        assert Message.objects.get().attempts == row.attempts, "not before its time"
        now = row.next_at
    assert moments == ["queued"] * (MAX_ATTEMPTS - 1) + ["failed"]
    assert "网关无响应" in Message.objects.get().error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("template", "error", "says"),
    [
        ("nothing", UnknownTerm, "没有名为 nothing"),
        ("stray", BadPack, "amount"),
        ("broken", BadPack, "花括号"),
        ("empty", BadPack, "缺少 text"),
    ],
)
def test_a_bad_wording_is_told(template, error, says):
    with pytest.raises(error, match=says):
        tell(To(phone=PHONE), template=template)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_missing_fact_is_named():
    with pytest.raises(BadInput, match="案件流转.*缺少：number、unit"):
        tell(To(phone=PHONE), facts={"number": "", "else": 1})
    with pytest.raises(BadInput, match="时间须先写成文字"):
        tell(To(phone=PHONE), facts={"number": DAY, "unit": "x"})


def test_facts_stay_on_one_line_and_do_not_nest():
    text = texts.Text("x", "x", "{a}！{b}", False)
    assert texts.filled(text, {"a": "一\n\n【银行】\u202e点这里", "b": "{a}"}) == "一 【银行】 点这里！{a}"
    assert len(texts.filled(text, {"a": "长" * 999, "b": 1})) == texts.FACT_LENGTH + 2


@pytest.mark.django_db
def test_the_outbox_shows_the_county_its_messages_with_masked_numbers():
    who = officer()
    tell(To(officer=who.pk), To(phone=PHONE))
    see = actor(None, "notices:see")
    rows = selectors.outbox(actor=see, now=DAY)
    assert [row["to"] for row in rows] == ["138****0001", "李经办"]
    assert [row["id"] for row in selectors.outbox(actor=see, now=DAY, state="queued")] == [rows[0]["id"]]
    assert selectors.outbox(actor=actor(None, "notices:see", county="330424"), now=DAY) == []
    assert selectors.outbox(actor=actor(None, "notices:see", scope="unit"), now=DAY) == []
    with pytest.raises(Denied):
        selectors.outbox(actor=actor(who), now=DAY)


def test_every_wording_of_the_packs_is_sound():
    root = Path(current.DEFAULT_ROOT)
    book = current.PolicyBook.load([root])
    for pack in book.packs.values():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(texts, "book", lambda: book)
            for key, entry in book.section("notices", place=pack.place).items():
                text = texts.text_of(key, county=pack.place, on=DAY.date())
                assert texts.filled(text, dict.fromkeys(entry["fields"], "某"))
