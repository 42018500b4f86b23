"""Taking in complaints: one answer per matter, the person kept apart, nothing lost between channels."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test.utils import CaptureQueriesContext

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.directory.services import load_organisation, save_places
from anxin.foundation.kernel.errors import BadInput, Conflict, Denied, Refused
from anxin.foundation.outbox import bus
from anxin.foundation.outbox.models import Event
from anxin.foundation.policy import current
from anxin.resolution.intake.classify import classify
from anxin.resolution.intake.fingerprints import employer_key, receipt_code, receipt_hash
from anxin.resolution.intake.models import ClaimLine, Complaint, Reporter
from anxin.resolution.intake.selectors import detail_of
from anxin.resolution.intake.services import identity_of
from anxin.resolution.intake.similar import group_messages, likeness
from tests.specs.registry_county import id_number

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
COUNTY, OTHER = "330784", "330424"
TOWN = "330784115000"
EXAMPLE = {"channel": "hotline", "employer": "某五金厂", "people": 3, "amount": "12600.00", "kind": "wages"}

pytestmark = pytest.mark.django_db


AT_ONCE = dict(bus._at_once)


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch, organisation: None) -> None:
    """What follows from a complaint at once, as in the house."""
    monkeypatch.setattr(bus, "_at_once", AT_ONCE)


@pytest.fixture(autouse=True)
def organisation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A county with its places, and this room alone: what follows from a complaint is specified elsewhere."""
    monkeypatch.setattr(bus, "_at_once", {})
    load_organisation(county=COUNTY, now=NOW)


def post(name: str, county: str = COUNTY, **where: str) -> Actor:
    return actor_for_post(county, name, on=NOW.date(), **where)


def receive(actor: Actor | None = None, now: datetime = NOW, **kw: object) -> dict:
    return call("intake.receive", actor=actor or post("dispatcher"), now=now, **{**EXAMPLE, **kw})


def faults(**kw: object) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        receive(**kw)
    assert not Complaint.objects.exists() and not Event.objects.exists() and not Entry.objects.exists()
    return caught.value.fields


def events(name: str) -> list[dict]:
    return [row.payload for row in Event.objects.filter(name=f"intake.{name}").order_by("pk")]


class TestReceive:
    def test_the_scenario_example_is_answered_with_number_and_receipt(self):
        out = receive(post("hotline_operator"))
        assert out["number"] == "W20231101-0001" and out["status"] == "received"
        assert [len(part) for part in out["receipt"].split("-")] == [4, 4, 4]
        assert (out["redirect"], out["duplicates"], out["repeat"]) == ("", [], False)

    def test_the_event_tells_all_a_case_needs(self):
        out = receive(place=TOWN, workers=[{"name": "李四", "phone": "13800000001", "amount": "4200"}])
        (told,) = events("ComplaintReceived")
        assert told["complaint_id"] == out["id"] and told["town_code"] == TOWN and told["amount_fen"] == 1_260_000
        assert told["lines"][0] == {
            "name": "李四", "phone": "13800000001", "id_number": "", "amount_fen": 420_000,
            "period_from": None, "period_to": None,
        }  # fmt: skip
        assert told["headline"] == "某五金厂：3人，12600.00元"

    def test_numbers_have_no_gaps_and_begin_anew_each_day(self):
        numbers = [receive(employer=f"甲{n}")["number"] for n in range(3)]
        numbers.append(receive(now=NOW + timedelta(days=1))["number"])
        assert numbers == ["W20231101-0001", "W20231101-0002", "W20231101-0003", "W20231102-0001"]

    def test_the_receipt_code_is_stored_only_as_a_hash(self):
        out = receive()
        row = Complaint.objects.get()
        assert row.receipt_hash == receipt_hash(out["receipt"]) and row.seen_by_operator
        assert all(out["receipt"] not in str(value) for value in vars(row).values())

    def test_a_code_that_the_reporter_alone_has_seen_is_marked_so(self):
        receive(post("public"), channel="qr")
        assert not Complaint.objects.get().seen_by_operator

    @pytest.mark.parametrize("kind", ["injury", "insurance", "contract", "project_payment", "other"])
    def test_another_matter_gets_a_receipt_that_says_where_to_go_and_no_case(self, kind):
        out = receive(kind=kind)
        assert out["status"] == "redirected" and len(out["redirect"]) > 20 and "{" not in out["redirect"]
        assert events("ComplaintReceived") == [] and Complaint.objects.get().kind == kind

    def test_the_pack_alone_says_which_matters_are_this_office_s(self, tmp_path):
        pack = tmp_path / "cn-990301"
        pack.mkdir()
        head = 'id = "cn-990301"\nlevel = "county"\nplace = "990301"\nextends = "cn"\nzh = "远县"\n'
        (pack / "pack.toml").write_text(head, encoding="utf-8")
        (pack / "intake.toml").write_text(
            '[matters.wages]\nredirect = true\noffice = "市局"\nreceipt = "请到{office}反映。"\n'
            '[matters.deposit]\nzh = "押金不退"\nredirect = false\n',
            encoding="utf-8",
        )
        save_places(rows=[{"code": "990301", "name": "远县", "kind": "county"}])
        desk = dataclasses.replace(post("dispatcher"), county="990301", scopes=(Scope("county", "990301000000"),))
        with current.using([tmp_path]):
            away, own, unsaid = (receive(desk, kind=kind) for kind in ("wages", "deposit", ""))
        assert (away["status"], away["redirect"]) == ("redirected", "请到市局反映。")
        assert own["status"] == unsaid["status"] == "received"
        assert [told["kind"] for told in events("ComplaintReceived")] == ["deposit", "deposit"]

    @pytest.mark.parametrize("said", [{"since": "2023-08-01"}, {"until": "2023-10-01"}])
    def test_a_worker_who_knows_one_day_only_is_heard_and_the_other_day_is_not_invented(self, said):
        receive(workers=[{"name": "李四", **said}, {"name": "王五", "since": "2023-08-01", "until": "2023-09-01"}])
        line = ClaimLine.objects.order_by("pk")[0]
        kept = {"since": line.period_from, "until": line.period_to}
        assert {name: day.isoformat() for name, day in kept.items() if day} == said
        one, both = events("ComplaintReceived")[0]["lines"]
        assert (one["period_from"], one["period_to"]) == (None, None)
        assert (both["period_from"], both["period_to"]) == ("2023-08-01", "2023-09-01")

    @pytest.mark.parametrize("sector", ["", "unknown", "construction"])
    def test_a_sector_of_the_pack_or_none_is_taken(self, sector):
        assert receive(sector=sector)["status"] == "received"

    def test_a_question_is_answered_and_opens_no_case(self):
        out = receive(nature="consultation", text="试用期工资怎么算？")
        assert out["status"] == "answered" and events("ComplaintReceived") == []
        assert events("ConsultationAnswered")[0]["number"] == out["number"]

    def test_consult_keeps_the_answer(self):
        out = call(
            "intake.consult",
            actor=post("hotline_operator"),
            now=NOW,
            channel="hotline",
            text="工资几号发？",
            answer="按约定日期发",
        )
        assert Complaint.objects.get().answer == "按约定日期发" and out["status"] == "answered"

    def test_a_tip_off_about_wages_opens_a_case(self):
        receive(nature="tip_off")
        assert len(events("ComplaintReceived")) == 1

    def test_amounts_not_known_stay_empty(self):
        receive(amount="不清楚")
        assert Complaint.objects.get().amount_fen is None
        assert events("ComplaintReceived")[0]["headline"].endswith("金额不清楚")

    def test_people_and_amount_follow_from_the_workers_named(self):
        receive(people=1, amount=None, workers=[{"name": "甲", "amount": "100"}, {"name": "乙", "amount": "200.50"}])
        row = Complaint.objects.get()
        assert (row.people, row.amount_fen, ClaimLine.objects.count()) == (2, 30_050, 2)

    @pytest.mark.parametrize(("named", "most"), [(0, 12), (10, 16)])
    def test_a_complaint_and_its_case_take_twelve_statements_and_ten_named_workers_four_more(
        self, named, most, journeys, connection_of_tests
    ):
        workers = [{"name": f"工人{n}", "id_number": id_number(n), "phone": f"1380000000{n}"} for n in range(named)]
        kw = {"place": TOWN, "name": "张三", "phone": "13800000000", "people": max(named, 3)}
        receive(source_number="T-0", **kw)
        with CaptureQueriesContext(connection_of_tests) as seen:
            receive(source_number="T-1", workers=workers, **kw)
        quiet = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT pg_advisory_xact_lock")
        said = [q["sql"] for q in seen if not q["sql"].startswith(quiet)]
        assert any("cases_case" in sql for sql in said)
        assert len(said) <= most, "\n".join(said)

    def test_a_number_known_under_another_name_loses_no_complaint_and_is_not_told(self, journeys):
        lines = [{"name": name, "id_number": id_number(1), "amount": "100"} for name in ("张三", "张山")]
        kw = {"people": 1, "amount": None}
        first, second = (receive(employer=line["name"], workers=[line], **kw) for line in lines)
        assert second["status"] == "received" and set(second) == set(first)

    @pytest.mark.parametrize("kw", [{}, {"place": TOWN, "name": "张三", "phone": "13800000000"}])
    def test_a_submit_takes_eight_statements_at_most(self, kw, connection_of_tests):
        actor = post("public")
        receive(actor, channel="qr", idempotency_key="warm", **kw)
        with CaptureQueriesContext(connection_of_tests) as seen:
            receive(actor, channel="qr", idempotency_key="one", **kw)
        said = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
        assert len(said) <= 8, "\n".join(said)

    def test_an_operator_with_hints_takes_eight_statements_at_most(self, connection_of_tests):
        actor = post("dispatcher")
        receive(actor, name="张三", phone="13800000000")
        with CaptureQueriesContext(connection_of_tests) as seen:
            receive(actor, name="张三", phone="13800000000", place=TOWN, source_number="T-1")
        said = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
        assert len(said) <= 8, "\n".join(said)


@pytest.fixture
def connection_of_tests():
    from django.db import connection

    return connection


class TestResend:
    @pytest.mark.parametrize("same", [{"idempotency_key": "k1"}, {"source_number": "12345-77"}])
    def test_the_same_again_gets_the_same_answer(self, same):
        first, second = receive(**same), receive(**same)
        assert second == {**first, "repeat": True}
        assert Complaint.objects.count() == 1 and len(events("ComplaintReceived")) == 1

    @pytest.mark.parametrize("same", [{"idempotency_key": "k1"}, {"source_number": "12345-77"}])
    def test_other_content_under_the_same_key_is_a_conflict(self, same):
        receive(**same)
        with pytest.raises(Conflict):
            receive(**same, people=4)
        assert Complaint.objects.get().people == 3

    def test_channels_and_counties_do_not_share_source_numbers(self):
        load_organisation(county=OTHER, now=NOW)
        ids = {receive(source_number="7")["id"], receive(source_number="7", channel="petition")["id"]}
        ids.add(receive(post("dispatcher", OTHER), source_number="7")["id"])
        assert len(ids) == 3


class TestBadInput:
    @pytest.mark.parametrize(
        "field, kw",
        [
            ("channel", {"channel": "fax"}),
            ("kind", {"kind": "noise"}),
            ("sector", {"sector": "zzz"}),
            ("nature", {"nature": "gossip"}),
            ("phone", {"phone": "1380000000"}),
            ("id_number", {"id_number": "330784199001011234"}),
            ("amount", {"amount": "12.345"}),
            ("amount", {"amount": "-1"}),
            ("amount", {"amount": "0"}),
            ("people", {"people": 0}),
            ("people", {"people": 100_001}),
            ("people", {"people": "三"}),
            ("until", {"since": date(2023, 9, 1), "until": date(2023, 8, 1)}),
            ("since", {"since": "2024-01-01"}),
            ("since", {"since": "上个月"}),
            ("employer", {"employer": ""}),
            ("employer_id", {"employer_id": 99}),
            ("project", {"project": "不存在的工程"}),
            ("place", {"place": "330784999"}),
            ("place", {"place": "330424"}),
            ("place", {"place": "石柱镇"}),
            ("anonymous", {"anonymous": True, "name": "张三"}),
            ("workers.0.name", {"workers": [{"name": ""}]}),
            ("workers.0.phone", {"workers": [{"name": "甲", "phone": "123"}]}),
            ("workers.1.amount", {"workers": [{"name": "甲"}, {"name": "乙", "amount": "很多"}]}),
            ("amount", {"people": 2, "workers": [{"name": "甲", "amount": "1"}, {"name": "乙", "amount": "2"}]}),
            ("reported_at", {"reported_at": NOW + timedelta(hours=1)}),
        ],
    )
    def test_each_field_has_its_own_sentence_and_nothing_is_kept(self, field, kw):
        found = faults(**kw)
        assert field in found and any("\u4e00" <= letter <= "\u9fff" for letter in found[field])

    def test_an_unknown_sector_is_told_the_words_of_the_pack(self):
        assert "construction（工程建设）" in faults(sector="zzz")["sector"]

    def test_an_unknown_channel_is_told_the_words_of_the_pack(self):
        assert "hotline（12345安薪热线）" in faults(channel="fax")["channel"]

    def test_all_faults_are_told_at_once(self):
        assert faults(channel="fax", phone="1", id_number="2").keys() == {"channel", "phone", "id_number"}

    def test_a_place_and_a_story_are_enough_without_an_employer(self):
        assert receive(employer="", place=TOWN, text="工地拖欠工资")["status"] == "received"

    def test_a_post_without_the_permission_is_refused(self):
        with pytest.raises(Denied):
            receive(post("mediator"))


class TestIdentity:
    PERSON = {"name": "张三丰", "phone": "138 0000 0000", "id_number": id_number(7)}

    def test_an_anonymous_report_carries_no_identity(self):
        receive(anonymous=True)
        reporter = Reporter.objects.get()
        assert (reporter.name, reporter.phone, reporter.id_number) == ("", "", "") and reporter.anonymous

    def test_a_page_shows_the_matter_and_masks_the_person(self):
        out = receive(**self.PERSON)
        seen = ask("intake.detail", actor=post("dispatcher"), now=NOW, complaint=out["id"])
        assert seen["reporter"]["phone"] == "138****0000" and seen["reporter"]["name"] == "张**"
        assert "13800000000" not in str(seen) and self.PERSON["id_number"] not in str(seen)

    def test_the_trail_holds_no_identity(self):
        receive(**self.PERSON)
        assert all(
            "1380000" not in str(entry.detail) and "张三" not in str(entry.detail) for entry in Entry.objects.all()
        )

    def test_showing_an_identity_needs_a_reason_and_is_kept(self):
        out = receive(**self.PERSON)
        shown = call(
            "intake.show_identity", actor=post("arrears_office"), now=NOW, complaint=out["id"], reason="回访核实"
        )
        assert shown["phone"] == "13800000000"
        assert Entry.objects.get(verb="intake.show_identity").detail == {"reason": "回访核实"}
        with pytest.raises(BadInput):
            call("intake.show_identity", actor=post("arrears_office"), now=NOW, complaint=out["id"], reason="")

    def test_whoever_answers_for_the_case_sees_it_without_having_registered_it(self):
        out, far = receive(**self.PERSON), post("regulator_handler", unit=f"{COUNTY}-housing")
        with pytest.raises(Denied):
            ask("intake.detail", actor=far, now=NOW, complaint=out["id"])
        seen = detail_of(out["id"])
        assert seen == ask("intake.detail", actor=post("dispatcher"), now=NOW, complaint=out["id"])
        with unit_of_work(actor=far, now=NOW):
            shown = identity_of(actor=far, now=NOW, complaint=out["id"], reason="牵头办理")
            with pytest.raises(Denied):
                identity_of(actor=far, now=NOW, complaint=out["id"] + 999, reason="没有这件")
        assert shown["name"] == "张三丰"
        kept = Entry.objects.get(verb="intake.show_identity")
        assert kept.detail == {"reason": "牵头办理"} and kept.actor_name == far.name
        with pytest.raises(Denied):
            detail_of(out["id"] + 999)

    def test_another_county_cannot_see_it(self):
        out = receive(**self.PERSON)
        for act in ("intake.detail",):
            with pytest.raises(Denied):
                ask(act, actor=post("dispatcher", OTHER), now=NOW, complaint=out["id"])
        with pytest.raises(Denied):
            call(
                "intake.show_identity",
                actor=post("arrears_office", OTHER),
                now=NOW,
                complaint=out["id"],
                reason="回访核实",
            )


class TestReceipt:
    def test_number_and_code_open_the_progress_of_a_complaint(self):
        out = receive()
        code = out["receipt"].replace("-", " ")
        seen = ask("intake.by_receipt", actor=post("public"), now=NOW, number=out["number"].lower(), receipt=code)
        assert seen["id"] == out["id"] and seen["amount"] == "12600.00"

    @pytest.mark.parametrize("change", [{"receipt": "0000-0000-0000"}, {"number": "W20231101-0009"}, {"receipt": ""}])
    def test_a_wrong_number_and_a_wrong_code_are_refused_alike(self, change):
        out = receive()
        with pytest.raises(Denied) as caught:
            ask(
                "intake.by_receipt", actor=post("public"), now=NOW,
                **{"number": out["number"], "receipt": out["receipt"], **change},
            )  # fmt: skip
        assert caught.value.message == "编号或查询码不对，请对照回执逐位核对"

    def test_codes_differ_between_counties_and_numbers(self):
        codes = {receipt_code(c, n) for c in (COUNTY, OTHER) for n in ("W20231101-0001", "W20231101-0002")}
        assert len(codes) == 4


class TestDuplicates:
    def test_the_same_phone_or_employer_is_hinted_with_a_reason(self):
        first = receive(phone="13800000000")
        again = receive(employer="某五金厂（普通合伙）", phone="13800000000", channel="qr")
        (hint,) = again["duplicates"]
        assert hint["id"] == first["id"] and "同一电话" in hint["reason"] and "人数相同" in hint["reason"]

    def test_hints_end_after_the_days_of_the_pack(self):
        receive()
        assert receive(now=NOW + timedelta(days=31))["duplicates"] == []

    def test_the_public_is_told_nothing_about_others(self):
        receive(phone="13800000000")
        assert receive(post("public"), channel="qr", phone="13800000000")["duplicates"] == []

    def test_hints_seen_and_dismissed_are_not_shown_again(self):
        receive()
        assert receive(confirm_new=True)["duplicates"] == []
        assert Entry.objects.filter(verb="intake.receive").latest("pk").detail["confirmed_new"] is True

    def test_typing_shows_hints_of_the_own_county_only(self):
        receive()
        asked = {"now": NOW, "employer": "某五金厂有限公司"}
        assert len(ask("intake.duplicates", actor=post("hotline_operator"), **asked)) == 1
        assert ask("intake.duplicates", actor=post("hotline_operator", OTHER), **asked) == []

    def test_names_differ_only_by_form_and_punctuation(self):
        assert employer_key("某（浙江）五金有限公司") == employer_key("某(浙江)五金 公司") == employer_key("某浙江五金")

    def test_near_identical_texts_are_grouped(self):
        texts = {
            1: "老板拖欠我们十个人的工资三个月了。",
            2: "老板拖欠我们十个人的工资，三个月了！",
            3: "小区夜里施工太吵",
        }
        assert group_messages(texts, 0.9) == [[1, 2]] and likeness(texts[1], texts[3]) < 0.5


class TestMerge:
    def merge(self, one: dict, into: dict, actor: Actor | None = None) -> dict:
        return call(
            "intake.merge", actor=actor or post("dispatcher"), now=NOW,
            complaint=one["id"], into=into["id"], reason="同一事项",
        )  # fmt: skip

    def test_both_sources_are_kept_and_the_merger_is_told(self):
        first = receive(source_number="12345-1")
        second = receive(channel="alert_110", source_number="110-9")
        self.merge(second, first)
        seen = ask("intake.detail", actor=post("dispatcher"), now=NOW, complaint=first["id"])
        assert [(s["channel"], s["source_number"]) for s in seen["sources"]] == [
            ("hotline", "12345-1"),
            ("alert_110", "110-9"),
        ]
        assert events("ComplaintMerged") == [{"complaint_id": second["id"], "into_id": first["id"]}]

    def test_a_merged_receipt_leads_to_the_matter_that_carries_on(self):
        first, second, third = receive(), receive(channel="qr"), receive(channel="petition")
        self.merge(second, first)
        self.merge(first, third)
        seen = ask(
            "intake.by_receipt", actor=post("public"), now=NOW, number=second["number"], receipt=second["receipt"]
        )
        assert seen["matter"] == third["id"] and seen["status"] == "merged"

    def test_itself_one_already_merged_and_another_county_are_refused(self):
        first, second = receive(), receive(channel="qr")
        with pytest.raises(Refused):
            self.merge(first, first)
        self.merge(second, first)
        with pytest.raises(Refused):
            self.merge(second, first)
        load_organisation(county=OTHER, now=NOW)
        far = receive(post("dispatcher", OTHER))
        with pytest.raises(Denied):
            self.merge(far, first)
        both = dataclasses.replace(
            post("dispatcher"), scopes=(Scope("county", f"{COUNTY}000000"), Scope("county", f"{OTHER}000000"))
        )
        with pytest.raises(Refused):
            self.merge(far, first, both)

    def test_a_resend_after_the_merger_still_finds_its_complaint(self):
        first, second = receive(), receive(channel="qr", source_number="s2")
        self.merge(second, first)
        assert receive(channel="qr", source_number="s2")["number"] == second["number"]


class TestInbox:
    def test_pages_follow_one_another_without_gap_or_double(self):
        ids = [receive(employer=f"甲{n}", now=NOW + timedelta(minutes=n // 2))["id"] for n in range(7)]
        seen, after = [], ""
        while True:
            page = ask("intake.inbox", actor=post("dispatcher"), now=NOW, limit=3, after=after)
            seen += [row["id"] for row in page["rows"]]
            after = page["next"]
            if not after:
                break
        assert seen == sorted(ids, reverse=True)

    def test_filters_narrow_and_a_town_sees_its_own(self):
        near = receive(place=TOWN)
        receive(kind="injury")
        rows = ask("intake.inbox", actor=post("dispatcher"), now=NOW, kind="injury")["rows"]
        assert [row["status"] for row in rows] == ["redirected"]
        town = ask("intake.inbox", actor=post("town_handler", place="330784115"), now=NOW)["rows"]
        assert [row["id"] for row in town] == [near["id"]]

    def test_a_broken_cursor_is_told(self):
        with pytest.raises(BadInput):
            ask("intake.inbox", actor=post("dispatcher"), now=NOW, after="x")


class TestClassify:
    WORDS = {
        "floor": 5,
        "consultation_floor": 4,
        "consultation": {"^咨询": 2, "投诉": -4},
        "kinds": {"wages": {"欠…工资": 5, "交房": -6}, "injury": {"工伤": 5}},
    }

    @pytest.mark.parametrize(
        "subject, text, kind, asks",
        [
            ("", "老板欠我三个月工资", "wages", False),
            ("", "开发商欠工人工资，何时交房", "other", False),
            ("", "欠账很多。工资照发", "other", False),
            ("工伤没人管", "", "injury", False),
            ("咨询社保", "怎么交", "other", True),
            ("咨询", "我要投诉噪音", "other", False),
            ("", "", "other", False),
        ],
    )
    def test_words_of_the_pack_decide(self, subject, text, kind, asks):
        verdict = classify(text, self.WORDS, subject=subject)
        assert (verdict.kind, verdict.consultation) == (kind, asks) and verdict.reason
