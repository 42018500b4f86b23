"""The workplace: every page for every post, forms that lose nothing, refusals in words, few statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from anxin.entrances.console import acts, dispatching, letters
from anxin.entrances.console.fields import FIELDS
from anxin.entrances.console.rows import WORKERS, RowsField
from anxin.foundation.access.actor import Actor
from anxin.foundation.access.selectors import actor_for_post, user_named
from anxin.foundation.access.services import create_user
from anxin.foundation.audit.commands import REGISTRY, ask, call
from anxin.foundation.directory import services as directory
from anxin.foundation.outbox import worker
from anxin.foundation.policy import current
from anxin.resolution.cases import selectors as cases
from anxin.resolution.cases.lifecycle import CASE

pytestmark = pytest.mark.django_db

COUNTY, TOWN = "330784", "330784115000"
NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
UNITS = {"town_handler": f"{TOWN[:9]}-town", "mediator": f"{TOWN[:9]}-town", "grid_officer": "",
         "regulator_handler": f"{COUNTY}-housing", "police_liaison": f"{COUNTY}-police",
         "legal_aid": f"{COUNTY}-legal-aid"}  # fmt: skip
IN_TOWN = ("town_handler", "mediator", "grid_officer")
POSTS = sorted(set(current.book().section("roles", place=COUNTY)) - {"public", "system"})
Sign = Callable[[str], Client]


@pytest.fixture(autouse=True)
def county(settings: Any) -> None:
    settings.ANXIN_COUNTY, settings.ANXIN_NOW = COUNTY, NOW
    directory.load_organisation(county=COUNTY, now=NOW)


@pytest.fixture
def sign() -> Sign:
    """Log in as the holder of a post."""

    def as_(post: str) -> Client:
        if user_named(post) is None:
            officer = directory.enrol(name=post)
            place = TOWN if post in IN_TOWN else COUNTY
            directory.appoint(
                officer=officer, post=post, place=place, unit=UNITS.get(post, ""), from_on=date(2020, 1, 1)
            )
            create_user(username=post, password=None, officer=officer)
        client = Client()
        client.force_login(user_named(post))
        return client

    return as_


def actor(post: str) -> Actor:
    return actor_for_post(COUNTY, post, place=TOWN if post in IN_TOWN else None, on=NOW.date())


def run(command: str, post: str, /, *, at: datetime = NOW, **kw: Any) -> dict[str, Any]:
    out = call(command, actor=actor(post), now=at, **kw)
    worker.drain(now=at)
    return out


def opened(n: int = 0, **kw: Any) -> int:
    """A case at the dispatch desk."""
    said = {"employer": f"晨屿家具厂{n}", "amount": "12600.00", "people": 1, "place": TOWN, "name": "周启明",
            "phone": f"1380000{n:04d}"}  # fmt: skip
    out = run("intake.receive", "hotline_operator", at=NOW - timedelta(hours=1), channel="hotline", **{**said, **kw})
    return cases.for_complaints(complaints=[out["id"]])[out["id"]]["id"]


def with_town(n: int = 0) -> int:
    """A case that the town handles."""
    case = opened(n)
    run("cases.dispatch", "dispatcher", case=case, unit=UNITS["town_handler"])
    return case


def detail(case: int) -> dict[str, Any]:
    return ask("cases.detail", actor=actor("arrears_office"), now=NOW, case=case)


def act(case: int, name: str) -> str:
    return reverse("console:act", args=[case, name])


def text(response: HttpResponse) -> str:
    return response.content.decode()


def shown(response: HttpResponse, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text(response))
    return found[1] if found else ""


class TestEveryPageForEveryPost:
    @pytest.mark.parametrize("post", POSTS)
    def test_opens_or_is_denied_as_the_post_may(self, post: str, sign: Sign) -> None:
        case, role = with_town(), current.book().section("roles", place=COUNTY)[post]
        client, may = sign(post), set(role["permissions"])
        wanted = {
            "/c/dispatch": "cases:dispatch", "/c/cases": "cases:see", "/c/receive": "intake:receive",
            "/c/complaints": "intake:see", "/c/ledgers": "intake:see", "/c/rules": "policy:see",
            "/c/rules/compare?with=330424": "policy:see", "/c/messages": "duties:see",
            "/c/messages/sent": "notices:see",
        }  # fmt: skip
        for path, permission in wanted.items():
            assert client.get(path).status_code == (200 if permission in may else 403), path
        assert client.get("/c/").status_code == (200 if "duties:see" in may else 302)
        assert client.get(reverse("console:case", args=[case])).status_code in (200, 403)

    def test_sends_the_stranger_to_the_log_in_and_back(self) -> None:
        assert Client().get("/c/cases?stage=paid")["Location"] == "/login?next=/c/cases%3Fstage%3Dpaid"

    def test_an_account_without_a_post_is_told_so(self) -> None:
        create_user(username="nobody", password=None)
        client = Client()
        client.force_login(user_named("nobody"))
        page = client.get("/c/")
        assert page.status_code == 403 and "没有岗位" in text(page)

    def test_nothing_inline_that_the_content_policy_would_refuse(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        for path in ("/c/", "/c/rules", reverse("console:case", args=[case]), act(case, "contact")):
            page = text(client.get(path))
            assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", page), path

    def test_a_mistyped_address_shows_the_first_page(self, sign: Sign) -> None:
        assert sign("town_handler").get("/c/cases?before=abc").status_code == 200
        assert sign("town_handler").get("/c/?after=abc&after_id=1").status_code == 422


class TestStatements:
    """quality §1: a list in eight statements whatever its length, the page of a case in twenty."""

    @pytest.mark.parametrize("path", ["/c/", "/c/cases", "/c/complaints", "/c/ledgers", "/c/messages"])
    def test_a_list(self, path: str, sign: Sign, django_assert_max_num_queries: Any) -> None:
        for n in range(4):
            with_town(n)
        client = sign("arrears_office" if path != "/c/" else "town_handler")
        with django_assert_max_num_queries(8):
            assert client.get(path).status_code == 200

    def test_the_dispatch_board_however_many_wait(self, sign: Sign, django_assert_max_num_queries: Any) -> None:
        for n in range(6):
            opened(n)
        client = sign("dispatcher")
        with django_assert_max_num_queries(10):
            assert len(client.get("/c/dispatch").context["rows"]) == 6

    def test_the_page_of_a_case(self, sign: Sign, django_assert_max_num_queries: Any) -> None:
        case, client = with_town(), sign("town_handler")
        run("cases.contact", "town_handler", case=case, summary="接通了，约定明天核对")
        run(
            "mediation.convene",
            "town_handler",
            case=case,
            held_at=NOW + timedelta(days=1),
            place="镇里",
            mediator="何芳",
        )
        with django_assert_max_num_queries(20):
            page = client.get(reverse("console:case", args=[case]))
        assert "接通了，约定明天核对" in text(page) and reverse("console:mediation", args=[case]) in text(page)
        assert "何芳" in text(client.get(reverse("console:mediation", args=[case])))


class TestDuties:
    def test_today_s_contacts_stand_on_top_with_the_act_beside(self, sign: Sign, settings: Any) -> None:
        later, today = with_town(0), with_town(1)
        assert "今日必须联系" not in text(sign("town_handler").get("/c/"))
        duty = detail(later)["duties"]["contact"]["id"]
        moved = {"due_at": NOW + timedelta(days=3), "reason": "对方住院", "approver": "徐平"}
        run("duties.extend", "arrears_office", duty=duty, **moved)
        settings.ANXIN_NOW = NOW + timedelta(hours=20)
        page = text(sign("town_handler").get("/c/"))
        assert "今日必须联系" in page and act(today, "contact") in page and act(later, "contact") not in page

    def test_counts_are_links_that_filter(self, sign: Sign) -> None:
        with_town()
        page = sign("town_handler").get("/c/?rule=contact")
        assert 'href="/c/?rule=contact" aria-current="true"' in text(page)
        assert "没有符合筛选条件的待办" in text(sign("town_handler").get("/c/?overdue=1"))

    def test_an_empty_list_says_what_comes_next(self, sign: Sign) -> None:
        assert "新的案件流转给您后会出现在这里" in text(sign("town_handler").get("/c/"))

    def test_paging_goes_on_where_the_page_ended(self, sign: Sign) -> None:
        for n in range(51):
            opened(n)
        client = sign("dispatcher")
        first = client.get("/c/")
        onward = re.search(r'rel="next" href="([^"]+)"', text(first))
        assert onward
        second = client.get(onward[1].replace("&amp;", "&"))
        assert len(second.context["rows"]) == 1 and "回到第一页" in text(second)


class TestTheDispatchBoard:
    def test_gives_the_suggested_unit_with_its_reason(self, sign: Sign) -> None:
        opened()
        page = text(sign("dispatcher").get("/c/dispatch"))
        assert "芝英镇劳动保障所" in page and "规则包 cn-330784" in page

    def test_one_button_accepts_the_suggestion(self, sign: Sign) -> None:
        case, client = opened(), sign("dispatcher")
        page = client.post("/c/dispatch", {"one": case, f"unit-{case}": UNITS["town_handler"]}, follow=True)
        assert "已流转至芝英镇劳动保障所" in text(page)
        assert detail(case)["stage"] == "dispatched"

    def test_many_at_once_tell_of_each_row_what_happened(self, sign: Sign) -> None:
        first, gone, second = opened(0), with_town(1), opened(2)
        client = sign("dispatcher")
        page = text(client.post("/c/dispatch", {"case": [first, gone, second], "unit": ""}, follow=True))
        assert page.count("已流转至") == 2 and "不能流转" in page
        assert {detail(case)["stage"] for case in (first, second)} == {"dispatched"}

    def test_without_a_tick_it_says_so(self, sign: Sign) -> None:
        assert "没有勾选案件" in text(sign("dispatcher").post("/c/dispatch", {}, follow=True))

    def test_what_does_not_fit_on_the_board_is_mentioned(self, sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dispatching, "SHOWN", 2)
        for n in range(2):
            opened(n)
        client = sign("dispatcher")
        assert "还有更多" not in text(client.get("/c/dispatch"))
        opened(2)
        page = client.get("/c/dispatch")
        assert len(page.context["rows"]) == 2 and "以上是 2 件，还有更多" in text(page)

    def test_another_unit_can_be_chosen_the_town_s_own_first(self, sign: Sign) -> None:
        page = text(sign("dispatcher").get(act(opened(), "dispatch")))
        assert page.index("本地镇街") < page.index("行业主管部门")
        assert f'value="{UNITS["town_handler"]}" selected' in page


class TestTheFormOfAnAct:
    def test_every_step_and_every_act_has_a_field_for_what_it_asks(self) -> None:
        steps = [acts.find(step.verb) for step in CASE.steps if step.button]
        for one in [*steps, *acts.EXTRAS]:
            assert one.name in REGISTRY
            for name in one.asks:
                assert name in FIELDS and name in one.parameters(), (one.name, name)

    def test_every_required_parameter_is_asked_for(self) -> None:
        steps = [acts.find(step.verb) for step in CASE.steps if step.button]
        for one in [*steps, *acts.EXTRAS]:
            required = {name for name, field in one.parameters().items() if field.is_required()}
            assert required <= {*one.asks, *one.fills, one.target}, one.name

    def test_moves_the_case_and_says_so(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        page = client.post(act(case, "contact"), {"summary": "接通了，约定明天核对", "person": "本人"}, follow=True)
        assert "登记联系已保存，现在是“已联系”" in text(page)

    def test_a_conflict_keeps_what_was_typed_and_can_then_be_saved(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        typed = {"summary": "写了很久的一段话", "seen": shown(client.get(act(case, "contact")), "seen")}
        run("cases.redispatch", "arrears_office", case=case, unit=f"{COUNTY}-housing", reason="工程项目")
        run("cases.redispatch", "arrears_office", case=case, unit=UNITS["town_handler"], reason="属地办理")
        page = client.post(act(case, "contact"), typed)
        assert page.status_code == 409
        assert "案件已被" in text(page) and "写了很久的一段话" in text(page)
        again = client.post(act(case, "contact"), {**typed, "seen": shown(page, "seen")})
        assert again.status_code == 302 and detail(case)["stage"] == "contacted"

    def test_a_refusal_stands_in_words_above_what_was_typed(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        page = client.post(act(case, "close"), {"note": "已经办完的说明"})
        assert page.status_code == 422
        assert "当前状态“已流转”不能销号" in text(page) and "已经办完的说明" in text(page)

    def test_what_is_missing_is_said_beside_the_field(self, sign: Sign) -> None:
        page = sign("town_handler").post(act(with_town(), "contact"), {"summary": "嗯"})
        assert page.status_code == 422 and "至少 2 个字" in text(page)

    def test_a_wrong_row_of_a_list_is_named_and_kept(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        run("cases.contact", "town_handler", case=case, summary="接通了")
        typed = {"workers-0-name": "周启明", "workers-0-amount": "一万二", "workers-paste": "李芳\t\t\t8,400.00"}
        page = client.post(act(case, "verify"), {"people": "1", "amount": "12600.00", **typed})
        assert page.status_code == 422 and "第 1 行金额（元）" in text(page) and "一万二" in text(page)
        done = client.post(
            act(case, "verify"), {"people": "1", "amount": "12600.00", **typed, "workers-0-amount": "4200"}
        )
        assert done.status_code == 302
        assert [(w["name"], w["due_fen"]) for w in detail(case)["workers"]] == [("周启明", 420000), ("李芳", 840000)]

    def test_a_blocked_step_says_why_and_leads_to_what_helps(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        run("cases.contact", "town_handler", case=case, summary="接通了")
        page = text(client.get(reverse("console:case", args=[case])))
        assert "缺少材料“兑付凭证”" in page and "去补充材料" in page
        assert re.search(r"<button[^>]* disabled[^>]*>.*?确认兑付", page)

    def test_the_acceptance_letter_follows_the_first_call_and_opens(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        page, letter = reverse("console:case", args=[case]), act(case, "documents.issue")
        assert "出具受理告知书" not in text(client.get(page))
        assert "联系上劳动者以后才能出具" in text(client.post(letter))
        run("cases.contact", "town_handler", case=case, summary="接通了")
        assert letter in text(client.get(page)) and "不能修改" in text(client.get(letter))
        assert "出具受理告知书已保存" in text(client.post(letter, follow=True))
        issued = detail(case)["letters"][0]
        assert (issued["title"], issued["number"]) == ("欠薪受理告知书", "永人社受字〔2023〕第0001号")
        got = client.get(reverse("console:letter", args=[issued["id"]]))
        assert got["Content-Type"] == "application/pdf" and got.content.startswith(b"%PDF")
        assert letter not in text(client.get(page))
        again = client.post(letter)
        assert again.status_code == 422 and "先作废原来那一份" in text(again)
        run("documents.void", "town_handler", letter=issued["id"], reason="写错了")
        assert client.post(letter).status_code == 302

    def test_what_the_acceptance_letter_says_comes_from_the_case(self, rf: Any) -> None:
        case = with_town()
        run("cases.contact", "town_handler", case=case, summary="接通了")
        request = rf.get("/")
        request._anxin_actor = actor("town_handler")
        facts = letters.acceptance(request, detail(case))["facts"]
        assert facts["complainant"] == "周启明" and facts["organ"] == "永康市人力资源和社会保障局"
        assert facts["amount"] == "12600.00" and facts["matter"] == "拖欠工资" and facts["employer"] == "晨屿家具厂0"
        assert facts["contact_by"].startswith("2023年11月") and facts["settle_by"].endswith("24时")

    def test_grounds_and_methods_are_those_of_the_packs_and_of_the_room(self, sign: Sign) -> None:
        case, client = with_town(), sign("town_handler")
        run("cases.contact", "town_handler", case=case, summary="接通了")
        page = text(client.get(act(case, "dismiss")))
        grounds = current.book().section("words", place=COUNTY)["grounds"]
        assert list(grounds) == ["not_wages", "no_facts", "already_paid", "other_body"]
        assert all(f'value="{code}"' in page and zh in page for code, zh in grounds.items())
        assert "应急垫付" in text(client.get(act(case, "record_payment")))

    def test_a_county_may_call_a_stage_otherwise(self, sign: Sign, tmp_path: Any) -> None:
        case, client = with_town(), sign("town_handler")
        (tmp_path / "x").mkdir()
        pack = Path("packs") / f"cn-{COUNTY}"
        (tmp_path / "x" / "pack.toml").write_text((pack / "pack.toml").read_text())
        words = (pack / "words.toml").read_text()
        (tmp_path / "x" / "words.toml").write_text(f'{words}\n[stages]\ndispatched = "已交办"\n')
        with current.using([tmp_path]):
            assert "已交办" in text(client.get(reverse("console:case", args=[case])))
            assert "已交办" in text(client.get("/c/cases"))
        assert "已流转" in text(client.get(reverse("console:case", args=[case])))

    def test_only_rows_of_this_case_can_be_its_target(self, sign: Sign) -> None:
        one, other = with_town(0), with_town(1)
        duty = detail(other)["duties"]["contact"]["id"]
        client = sign("arrears_office")
        assert client.get(f"{act(one, 'duties.pause')}?duty={duty}").status_code == 403
        assert client.get(f"{act(other, 'duties.pause')}?duty={duty}").status_code == 200

    def test_unknown_acts_and_those_of_others_look_absent(self, sign: Sign) -> None:
        case = with_town()
        assert sign("arrears_office").get(act(case, "cases.open")).status_code == 403
        assert sign("leader").get(act(case, "contact")).status_code == 403
        assert sign("regulator_handler").get(act(case, "contact")).status_code == 403

    def test_evidence_is_taken_in_and_handed_out_as_an_attachment(self, sign: Sign) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile

        case, client = with_town(), sign("town_handler")
        file = SimpleUploadedFile("说明.txt", "八月起没有发工资".encode())
        assert client.post(act(case, "documents.add"), {"kind": "statement", "file": file}).status_code == 302
        stored = detail(case)["evidence"][0]
        got = client.get(reverse("console:evidence", args=[stored["id"]]))
        assert got["Content-Disposition"].startswith("attachment")
        assert sign("regulator_handler").get(reverse("console:evidence", args=[stored["id"]])).status_code == 403

    def test_handing_the_case_away_leads_back_to_the_duties(self, sign: Sign) -> None:
        case = with_town()
        typed = {"unit": f"{COUNTY}-housing", "reason": "工程项目，由主管部门办理"}
        page = sign("town_handler").post(act(case, "redispatch"), typed)
        assert page.status_code == 302
        assert sign("town_handler").get(page["Location"]).status_code == 200


class TestRows:
    def test_a_heading_gives_the_order_and_the_last_day_counts(self) -> None:
        pasted = "姓名\t金额\t截止日期\n周启明\t4,200.00\t2023-10-31"
        found = RowsField(WORKERS).clean({"rows": [], "paste": pasted})
        assert found == [{"name": "周启明", "amount": "4,200.00", "until": "2023-11-01"}]

    def test_a_line_that_is_too_long_is_named(self) -> None:
        from django.core.exceptions import ValidationError

        with pytest.raises(ValidationError, match="第 2 行"):
            RowsField(WORKERS).clean({"rows": [], "paste": "周启明\na\tb\tc\td\te\tf\tg"})


class TestReceiving:
    typed = {"nature": "complaint", "kind": "wages", "channel": "hotline", "employer": "白垤建材", "people": "3",
             "amount": "12600", "place": TOWN, "name": "李芳", "phone": "13800001234",
             "text": "没有发工资"}  # fmt: skip

    def test_gives_number_code_and_next_deadline(self, sign: Sign) -> None:
        page = text(sign("hotline_operator").post("/c/receive", self.typed, follow=True))
        assert re.search(r"\d{4}-\d{4}-\d{4}", page) and "下一时限" in page and "W20231101-0001" in page

    def test_the_same_form_sent_twice_is_one_complaint(self, sign: Sign) -> None:
        client = sign("hotline_operator")
        typed = {**self.typed, "idempotency_key": shown(client.get("/c/receive"), "idempotency_key")}
        assert len(typed["idempotency_key"]) == 32
        client.post("/c/receive", typed)
        assert "没有重复登记" in text(client.post("/c/receive", typed, follow=True))
        assert len(client.get("/c/complaints").context["rows"]) == 1

    def test_a_key_with_other_content_is_a_conflict_that_keeps_the_text(self, sign: Sign) -> None:
        client, key = sign("hotline_operator"), {"idempotency_key": "k" * 32}
        client.post("/c/receive", {**self.typed, **key})
        page = client.post("/c/receive", {**self.typed, **key, "text": "完全是另一件事"})
        assert page.status_code == 409 and "完全是另一件事" in text(page)

    def test_every_fault_stands_beside_its_field(self, sign: Sign) -> None:
        page = sign("hotline_operator").post("/c/receive", {**self.typed, "phone": "12", "amount": "一万"})
        assert page.status_code == 422 and "没有保存" not in text(page).split("<form")[0]
        assert {"amount"} <= set(page.context["form"].errors) and "李芳" in text(page)

    def test_the_last_day_said_is_the_last_day_meant(self, sign: Sign) -> None:
        client = sign("hotline_operator")
        client.post("/c/receive", {**self.typed, "since": "2023-08-01", "until": "2023-10-31"})
        pk = client.get("/c/complaints").context["rows"][0]["href"].rsplit("/", 1)[1]
        found = ask("intake.detail", actor=actor("hotline_operator"), now=NOW, complaint=int(pk))
        assert found["period_to"] == "2023-11-01"

    def test_a_question_is_answered_without_a_case(self, sign: Sign) -> None:
        asked = {**self.typed, "nature": "consultation", "text": "工资条要不要发", "answer": "应当提供工资清单"}
        page = text(sign("hotline_operator").post("/c/receive", asked, follow=True))
        assert "咨询没有立案" in page and "打开案件" not in page

    def test_another_matter_is_read_where_to_go(self, sign: Sign) -> None:
        page = text(sign("hotline_operator").post("/c/receive", {**self.typed, "kind": "injury"}, follow=True))
        assert "不属于欠薪，请读给对方" in page and "工伤" in page

    def test_employers_are_suggested_as_one_types(self, sign: Sign) -> None:
        run("employers.register", "arrears_office", name="晨屿家具厂", place=TOWN)
        page = text(sign("hotline_operator").get("/c/receive/employers?employer=cy"))
        assert "晨屿家具厂" in page and f'data-fill-place="{TOWN}"' in page
        assert "照说的名称登记即可" in text(sign("hotline_operator").get("/c/receive/employers?employer=zzz"))

    def test_duplicates_stand_side_by_side_even_while_half_typed(self, sign: Sign) -> None:
        client = sign("hotline_operator")
        client.post("/c/receive", self.typed)
        page = text(
            client.get("/c/receive/duplicates", {"employer": "白垤建材", "phone": "13800001234", "amount": "一"})
        )
        assert "可能重复" in page and "W20231101-0001" in page


class TestComplaints:
    def test_merging_two_shows_both_and_keeps_both_sources(self, sign: Sign) -> None:
        client = sign("dispatcher")
        for number in ("A1", "B2"):
            client.post("/c/receive", {**TestReceiving.typed, "source_number": number})
        other, one = (row["href"].rsplit("/", 1)[1] for row in client.get("/c/complaints").context["rows"])
        assert f"/c/complaints/{other}/merge?into={one}" in text(client.get(f"/c/complaints/{other}"))
        page = reverse("console:merge", args=[other])
        assert "A1" in text(client.get(f"{page}?into={one}")) and "B2" in text(client.get(f"{page}?into={one}"))
        assert client.post(page, {"into": one, "reason": ""}).status_code == 422
        done = client.post(page, {"into": one, "reason": "同一人两次来电"}, follow=True)
        assert "两件的来源都保留" in text(done) and "A1" in text(done) and "B2" in text(done)
        again = client.post(page, {"into": one, "reason": "再来一次的理由"})
        assert again.status_code == 422 and "再来一次的理由" in text(again)

    def test_an_identity_is_shown_for_a_reason_only(self, sign: Sign) -> None:
        sign("hotline_operator").post("/c/receive", TestReceiving.typed)
        client = sign("arrears_office")
        path = client.get("/c/complaints").context["rows"][0]["href"]
        assert "13800001234" not in text(client.get(path))
        assert client.post(path, {"reason": ""}).status_code == 422
        assert "13800001234" in text(client.post(path, {"reason": "联系核实"}))
        assert "说明理由后查看全部" not in text(sign("dispatcher").get(path))

    def test_the_ledger_tells_what_became_of_each(self, sign: Sign) -> None:
        with_town()
        page = text(sign("arrears_office").get("/c/ledgers"))
        assert "芝英镇劳动保障所" in page and "12600.00" in page


class TestRules:
    def test_unverified_values_say_so(self, sign: Sign) -> None:
        page = text(sign("town_handler").get("/c/rules"))
        assert "未核实" in page and "stateDiagram-v2" in page and "永康市“117”办理机制" in page

    def test_two_counties_are_compared(self, sign: Sign) -> None:
        page = text(sign("town_handler").get("/c/rules/compare?with=330424"))
        assert "海盐" in page and "clock.refer" in page or "clock.settle" in page

    def test_an_unknown_county_is_refused_in_words(self, sign: Sign) -> None:
        page = sign("town_handler").get("/c/rules/compare?with=999999")
        assert page.status_code == 422 and "没有管辖" in text(page)


class TestMessages:
    def test_reading_one_marks_it_and_opens_the_case(self, sign: Sign) -> None:
        client = sign("town_handler")
        case = with_town()
        rows = client.get("/c/messages").context["rows"]
        assert len(rows) == 1 and rows[0]["unread"]
        path = reverse("console:read", args=[rows[0]["id"]])
        assert client.post(path, {"open": "1"})["Location"] == reverse("console:case", args=[case])
        assert not client.get("/c/messages").context["rows"][0]["unread"]
        assert sign("dispatcher").post(path).status_code == 403

    def test_every_text_message_can_be_seen_with_its_number_masked(self, sign: Sign) -> None:
        opened()
        page = text(sign("dispatcher").get("/c/messages/sent"))
        assert "请保管好查询码" in page and "138****0000" in page and "13800000000" not in page
