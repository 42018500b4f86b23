"""The public door: a report in four questions, the receipt, progress, 钱到了吗; no script, no log-in."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from anxin.entrances.portal import draft, photos, typed, words
from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.access.services import create_user
from anxin.foundation.audit.commands import call
from anxin.foundation.directory.services import load_organisation
from anxin.foundation.documents.selectors import evidence_for
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.outbox.worker import drain
from anxin.registry.employers import services as employers
from anxin.registry.projects import services as projects
from anxin.resolution.intake.models import Complaint, Reporter

pytestmark = pytest.mark.django_db

COUNTY, TOWN, UNIT = "330784", "330784115000", "330784115-town"
NOW = datetime(2023, 11, 1, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
WHO = {"kind": "wages", "employer": "白垤建材厂", "place": TOWN}
HOW_MUCH = {"since": "2023-08", "people": "３", "amount": "1.26万"}
STORY = {"story": "在白垤建材厂干活，老板说国庆给钱，到现在没给。"}
CONTACT = {"phone": "138 0000 0001", "name": "张三"}


@pytest.fixture(autouse=True)
def county(settings: Any, tmp_path: Any) -> None:
    settings.ANXIN_NOW, settings.MEDIA_ROOT = NOW, tmp_path
    load_organisation(county=COUNTY, now=NOW)


def answer(client: Client, *, upto: int = 4, **changed: Any) -> Any:
    """Walk through the questions as a browser does."""
    said = WHO | HOW_MUCH | STORY | CONTACT | changed
    for screen, asked in enumerate((WHO, HOW_MUCH, STORY, {**CONTACT, "anonymous": ""}), 1):
        if screen == 2 and said["kind"] != "wages":
            continue
        response = client.post(f"/report/{screen}", {name: said[name] for name in asked if said.get(name)})
        if screen == upto:
            break
    return response


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def receipt_of(client: Client) -> tuple[str, str]:
    sent = client.get("/report/receipt").context["sent"]
    return sent["number"], sent["receipt"]


def picture(name: str = "工资条.jpg") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def test_a_report_in_four_screens_gives_a_receipt_that_can_be_reloaded(client: Client) -> None:
    for screen in (1, 2, 3):
        response = answer(client, upto=screen)
        assert (response.status_code, response.url) == (302, f"/report/{screen + 1}")
    summary = text(client.get("/report/4"))
    assert "芝英镇" in summary and "12,600 元" in summary and "2023年8月" in summary and "3 人" in summary
    assert answer(client).url == "/report/receipt"
    first, again = client.get("/report/receipt"), client.get("/report/receipt")
    number, code = receipt_of(client)
    assert text(first) == text(again) and number == "W20231101-0001" and code in text(first)
    assert "11月2日 10:05" in text(first) and "11月3日 10:05" in text(first)
    assert "0579-80001001" in text(first) and "截图" in text(first)
    stored = Complaint.objects.get(number=number)
    assert (stored.people, stored.amount_fen, str(stored.period_from)) == (3, 1260000, "2023-08-01")
    assert (stored.place_code, stored.employer_name, stored.text) == (TOWN, "白垤建材厂", STORY["story"])
    assert Reporter.objects.get(complaint=stored).phone == "13800000001"


def test_the_receipt_code_is_never_in_an_address_and_leaves_the_phone_on_request(client: Client) -> None:
    assert answer(client).url == "/report/receipt"
    assert client.post("/report/receipt").url == "/"
    assert client.get("/report/receipt").url == "/"


def test_a_double_tap_and_the_back_button_give_the_same_receipt(client: Client) -> None:
    answer(client, upto=3)
    before = client.cookies[draft.REPORT].value
    client.post("/report/4", CONTACT)
    first = receipt_of(client)
    assert client.post("/report/4", CONTACT).url == "/report/receipt"
    client.cookies[draft.REPORT] = before
    client.post("/report/4", CONTACT)
    assert receipt_of(client) == first and Complaint.objects.count() == 1


def test_a_resend_with_other_words_is_asked_about_and_then_taken(client: Client) -> None:
    answer(client, upto=3)
    before = client.cookies[draft.REPORT].value
    client.post("/report/4", CONTACT)
    client.cookies[draft.REPORT] = before
    response = client.post("/report/4", CONTACT | {"name": "李四"})
    assert response.status_code == 422 and "刚才交过一次" in text(response) and "李四" in response.content.decode()
    assert client.post("/report/4", CONTACT | {"name": "李四"}).url == "/report/receipt"
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize("kind", ["injury", "insurance", "contract", "project_payment", "other"])
def test_what_is_not_about_wages_is_told_where_to_go(client: Client, kind: str) -> None:
    answer(client, upto=1, kind=kind)
    assert answer(client, upto=1, kind=kind).url == "/report/3"
    answer(client, kind=kind)
    page = text(client.get("/report/receipt"))
    assert "这件事要找别的单位" in page and "0579-80001001" in page and "接下来" not in page
    assert Complaint.objects.get().kind == kind


def test_wages_are_chosen_beforehand_among_the_matters_of_the_pack(client: Client) -> None:
    page = client.get("/report/1").content.decode()
    chosen = re.findall(r'<input[^>]*name="kind"[^>]*checked[^>]*>', page)
    assert len(chosen) == 1 and 'value="wages"' in chosen[0] and page.count('name="kind"') == 6
    assert "工资没拿到" in page and "工程款没结" in page


@pytest.mark.parametrize("door", ["/w", "/?from=wechat"])
def test_who_comes_from_the_official_account_reports_by_that_channel(client: Client, door: str) -> None:
    assert client.get(door, follow=True).status_code == 200
    answer(client)
    client.get("/")
    answer(client, employer="另一家厂", story="还有一件")
    assert list(Complaint.objects.values_list("channel", flat=True)) == ["wechat", "wechat"]


def test_no_other_channel_can_be_claimed(client: Client) -> None:
    client.get("/?from=hotline")
    answer(client)
    assert Complaint.objects.get().channel == "portal"


def test_nothing_but_the_matter_has_to_be_known(client: Client) -> None:
    answer(client, employer="", place="", since="", people="", amount="", story="老板跑了")
    stored = Complaint.objects.get()
    assert (stored.people, stored.amount_fen, stored.period_from) == (1, None, None)
    assert stored.text == "老板跑了\n人数：反映人不清楚" and stored.place_code == COUNTY + "000000"


def test_a_report_about_nothing_at_all_is_asked_for_a_few_words(client: Client) -> None:
    page = answer(client, upto=3, employer="", place="", story="")
    assert page.status_code == 422 and "请在这里说几句" in text(page)


def test_an_anonymous_report_keeps_neither_name_nor_telephone(client: Client) -> None:
    answer(client, anonymous="on")
    reporter = Reporter.objects.get()
    assert reporter.anonymous and (reporter.name, reporter.phone) == ("", "")
    assert "我们没法打给您" in text(client.get("/report/receipt"))


def test_faults_stand_beside_the_field_and_nothing_typed_is_lost(client: Client) -> None:
    assert "请点一下是什么事" in text(client.post("/report/1", {"employer": "白垤建材厂"}))
    answer(client, upto=1)
    page = client.post("/report/2", {"people": "很多", "amount": "一大笔", "since": "2023-08"})
    html = page.content.decode()
    assert page.status_code == 422 and 'value="很多"' in html and 'value="一大笔"' in html and "请用数字写" in html
    assert 'aria-describedby="id_people-hint id_people-error"' in html
    answer(client, upto=3)
    page = client.post("/report/4", {"phone": "1380000", "name": "张三"})
    assert page.status_code == 422 and "手机号应为11位" in text(page) and 'value="1380000"' in page.content.decode()
    assert "请写手机号" in text(client.post("/report/4", {"name": "张三"}))
    assert not Complaint.objects.exists()


def test_a_page_in_the_middle_leads_back_to_where_one_is(client: Client) -> None:
    assert client.get("/report/3").url == "/report/1" and client.get("/report").url == "/report/1"
    answer(client, upto=3)
    page = client.get("/report/2?back=4").content.decode()
    assert 'value="12600.00"' in page and 'name="back" value="4"' in page
    assert client.post("/report/2", HOW_MUCH | {"back": "4"}).url == "/report/4"
    client.cookies[draft.REPORT] = client.cookies[draft.REPORT].value[:-1] + "!"
    assert client.get("/report/4").url == "/report/1"


def test_the_longest_answers_fit_into_the_cookie(client: Client) -> None:
    rare = "".join(chr(0x4E00 + n * 37 % 20000) for n in range(500))
    answer(client, upto=2, employer=rare[:60])
    client.post("/report/3", {"story": rare, "photos": [picture(f"{n}{rare[:40]}.jpg") for n in range(photos.MOST)]})
    client.post("/report/4", {"phone": "12", "name": rare[:30]})
    assert len(client.cookies[draft.REPORT].value) < 3900
    assert client.get("/report/4").context["said"]["story"] == rare


def test_photos_wait_with_the_report_and_become_evidence(client: Client) -> None:
    answer(client, upto=2)
    bad = SimpleUploadedFile("病毒.exe", b"MZ\x90\x00")
    page = client.post("/report/3", STORY | {"photos": [picture(), bad]})
    assert page.status_code == 422 and "病毒.exe" in text(page) and "已传上 工资条.jpg" in text(page)
    assert STORY["story"] in text(page)
    client.post("/report/3", STORY | {"photos": [picture("欠条.jpg")]})
    kept = client.get("/report/3").context["said"]["photos"]
    page = client.post("/report/3", STORY | {"remove": kept[1]["token"]})
    assert page.status_code == 200 and "欠条.jpg" not in text(page) and photos.load(kept[1]["token"]) is None
    client.post("/report/4", CONTACT)
    assert client.get("/report/receipt").context["sent"]["lost"] == 0
    (evidence,) = evidence_for(subjects=[f"intake.Complaint:{Complaint.objects.get().pk}"])
    assert (evidence["kind"], evidence["name"], evidence["added_by"]) == ("photo", "工资条.jpg", "群众")
    assert photos.load(kept[0]["token"]) is None


def test_photos_of_reports_never_handed_in_are_forgotten(client: Client) -> None:
    token = photos.keep(picture())["token"]
    photos.tidy(now=datetime.now(NOW.tzinfo))
    assert photos.load(token)
    photos.tidy(now=datetime.now(NOW.tzinfo) + photos.LASTS)
    assert photos.load(token) is None and photos.load("../../settings.py") is None


def test_a_scanned_code_fills_in_what_it_stands_for(client: Client) -> None:
    assert client.get(f"/q/{TOWN}").url == "/"
    assert "芝英镇" in text(client.get("/"))
    assert client.get("/report/1").context["form"]["place"].value() == TOWN
    office = actor_for_post(COUNTY, "arrears_office", on=NOW.date())
    pk = employers.register(actor=office, now=NOW, name="云岭五金有限公司", place=TOWN)["id"]
    client.get(f"/q/e{pk}")
    assert "云岭五金有限公司" in text(client.get("/"))
    answer(client, employer="云岭五金有限公司")
    stored = Complaint.objects.get()
    assert stored.employer_id == pk and stored.channel == "qr"
    client.get(f"/q/e{pk}")
    answer(client, employer="别的厂")
    assert Complaint.objects.order_by("pk").last().employer_id is None


def test_a_scanned_site_is_shown_and_can_be_put_aside(client: Client) -> None:
    office = actor_for_post(COUNTY, "arrears_office", on=NOW.date())
    site = {"name": "云岭花园二期", "sector": "construction", "investment": "private", "place": TOWN}
    pk = projects.register(actor=office, now=NOW, **site)["id"]
    client.get(f"/q/p{pk}")
    assert "云岭花园二期" in text(client.get("/report/1"))
    answer(client, employer="")
    assert Complaint.objects.get().project_id == pk
    client.get(f"/q/p{pk}")
    client.post("/report/1", WHO | {"drop": "1"})
    client.post("/report/4", CONTACT)
    assert Complaint.objects.order_by("pk").last().project_id is None


@pytest.mark.parametrize("code", ["e999999999", "p1", "330784999000", "330424001000", "zzz", "e99999999999999999999"])
def test_an_unknown_code_says_so_and_still_lets_one_report(client: Client, code: str) -> None:
    page = client.get(f"/q/{code}")
    assert page.status_code == 404 and "这个码用不了" in text(page) and 'href="/report/1"' in page.content.decode()


def look(client: Client, number: str, code: str) -> Any:
    return client.post("/progress", {"number": number, "receipt": code})


def test_progress_is_found_however_number_and_code_are_typed(client: Client) -> None:
    answer(client)
    number, code = receipt_of(client)
    wide = code.replace("-", " ").translate({ord(str(n)): ord("０") + n for n in range(10)})
    for shape in (number, number.lower(), number.replace("-", " "), "２０２３１１０１－１", f" {number} "):
        assert look(client, shape, wide).url == "/progress/view", shape
    page = text(client.get("/progress/view"))
    assert "已收到您的反映" in page and "最晚 11月2日 10:05" in page and "还剩 1 天" in page and "永康市治欠办" in page
    assert client.get("/p/W20231101-0001").context["form"]["number"].value() == number
    assert client.post("/progress/view").url == "/" and client.get("/progress/view").url == "/progress"


def test_a_wrong_number_and_a_wrong_code_are_told_alike(client: Client) -> None:
    answer(client)
    number, code = receipt_of(client)
    wrong_code, wrong_number = look(client, number, "000000000000"), look(client, "W20231101-9999", code)
    assert wrong_code.status_code == wrong_number.status_code == 422
    pages = [re.sub(r'value="[^"]*"', "", page.content.decode()) for page in (wrong_code, wrong_number)]
    assert pages[0] == pages[1] and "编号或查询码不对" in pages[0] and "tel:0579-80001001" in pages[0]


def paid(number: str) -> None:
    """Take the case of a number to 已回复, as the offices do."""
    from anxin.resolution.cases.models import Case

    pk = Case.objects.get(number=number).pk

    def act(post: str, name: str, **kw: Any) -> None:
        where = {"place": TOWN, "unit": UNIT} if post == "town_handler" else {}
        call(name, actor=actor_for_post(COUNTY, post, on=NOW.date(), **where), now=NOW, **kw)
        drain(now=NOW)

    act("dispatcher", "cases.dispatch", case=pk, unit=UNIT, note="属地处置")
    act("town_handler", "cases.contact", case=pk, person="张三", summary="电话了解情况")
    act("town_handler", "cases.verify", case=pk, people=3, amount="12600.00", note="核实三人工资")
    file = {"name": "回单.txt", "content": "转账成功".encode()}
    act("town_handler", "documents.add", subject=f"cases.Case:{pk}", kind="payment_proof", file=file)
    act("town_handler", "cases.pay", case=pk, paid_on=NOW.date().isoformat(), method="bank", note="银行转账")
    act("town_handler", "cases.reply", case=pk, text="钱已经打到卡上，请查看。")


def test_the_money_did_not_come_and_the_case_begins_again(client: Client) -> None:
    answer(client)
    number, code = receipt_of(client)
    assert "钱到了吗" not in text(client.get("/progress/view", follow=True)).replace("钱到了吗？ 先填", "")
    paid(number)
    look(client, number, code)
    page = text(client.get("/progress/view"))
    assert "钱到了吗？" in page and "没有到" in page and "钱已经打到卡上" in page
    confirm = client.get("/progress/answer?answer=none")
    assert confirm.status_code == 200 and "重新办理" in text(confirm)
    assert client.post("/progress/answer", {"answer": "none", "note": "卡里没有"}).url == "/progress/view"
    page = text(client.get("/progress/view"))
    assert (
        "我们已经重新办理" in page
        and "上一次的回复" in page
        and "重新办理" in client.get("/progress/view").context["steps"][0]["zh"]
    )


def test_the_money_came(client: Client) -> None:
    answer(client)
    number, code = receipt_of(client)
    paid(number)
    look(client, number, code)
    client.post("/progress/answer", {"answer": "received"})
    page = text(client.get("/progress/view"))
    assert "记下了：钱到了" in page and "请看看您的银行卡" not in page


def test_asking_too_early_is_answered_in_words(client: Client) -> None:
    answer(client)
    look(client, *receipt_of(client))
    client.post("/progress/answer", {"answer": "received"})
    assert "还没有登记兑付" in text(client.get("/progress/view"))
    assert client.get("/progress/answer?answer=maybe").url == "/progress/view"
    assert Client().get("/progress/answer?answer=none").url == "/progress"


def test_an_officer_who_is_logged_in_reports_as_the_public(client: Client) -> None:
    create_user(username="wang", password="correct horse battery")
    client.login(username="wang", password="correct horse battery")
    answer(client)
    assert Complaint.objects.get().received_by == "群众"


PAGES = ["/", "/report/1", "/report/2", "/report/3", "/report/4", "/report/receipt", "/progress", "/progress/view",
         "/about", "/help", "/q/zzz", "/p/W1"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_a_telephone_and_nothing_inline(client: Client, path: str) -> None:
    answer(client, upto=4 if path in ("/report/receipt", "/progress/view") else 3)
    if path == "/progress/view":
        look(client, *receipt_of(client))
    html = client.get(path).content.decode()
    assert html.count('href="tel:') and "投诉" not in html and html.count("<h1") == 1
    assert not re.search(r"<script|<style| style=| on\w+=", html)
    assert html.count("btn-primary") + html.count("door-main") <= 1


def test_how_it_works_tells_the_clocks_of_the_county(client: Client) -> None:
    page = text(client.get("/about"))
    assert "1 天 以内".replace(" ", "") in page.replace(" ", "") and "永康市“117”办理机制" in page and "未核实" in page
    assert "芝英镇劳动保障所" in text(client.get("/help"))


@pytest.mark.parametrize(
    ("said", "fen"),
    [("12600", "12600.00"), ("12,600元", "12600.00"), ("大概1.26万", "12600.00"), ("３千", "3000.00"), ("不清楚", "")],
)
def test_sums_are_read_as_people_write_them(said: str, fen: str) -> None:
    assert typed.amount(said) == fen


@pytest.mark.parametrize("said", ["很多", "0", "-5", "1.005", "1e9999", "NaN", "万"])
def test_what_is_no_sum_is_refused(said: str) -> None:
    with pytest.raises(BadInput):
        typed.amount(said)


def test_head_counts() -> None:
    assert [typed.people(said) for said in ("3", "３ 个人", "大概10人", "", "不知道")] == ["3", "3", "10", "", ""]
    for wrong in ("几", "0", "9999999999999", "-1"):
        with pytest.raises(BadInput):
            typed.people(wrong)


def test_numbers_of_any_county_can_be_typed_loosely() -> None:
    assert typed.number("欠 2023 7", "欠〔{year}〕第{serial:04d}号") == "欠〔2023〕第0007号"
    assert typed.number("hello", "W{day:%Y%m%d}-{serial:04d}") == "HELLO"


def test_moments_in_words() -> None:
    assert words.moment("2023-11-08T23:59:59+08:00", NOW) == "11月8日（当天以内）"
    assert words.moment("2024-01-02T09:00:00+08:00", NOW) == "2024年1月2日 09:00"


def test_the_submit_itself_costs_few_statements(client: Client, django_assert_max_num_queries: Any) -> None:
    """Up to the end of the command's transaction; what follows (the text message) is the worker's part."""
    answer(client, upto=3)
    with django_assert_max_num_queries(30) as captured:
        client.post("/report/4", CONTACT)
    asked = [query["sql"] for query in captured.captured_queries]
    own = asked[: next(n for n, sql in enumerate(asked) if sql.startswith("RELEASE")) + 1]
    assert len(own) <= 14, own
    assert not any("django_session" in sql or "access_user" in sql for sql in asked)
