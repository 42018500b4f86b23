"""The whole story in a real browser: a worker's phone without script, the officers' desks, and back to the phone."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitors import Visitors

SCREENS = 4
SUM, PEOPLE = "12600.00", 3


class Worker:
    """On a phone whose script is off; holds the receipt."""

    def __init__(self, visitors: Visitors, employer: str) -> None:
        self.page = visitors.come("phone", javascript=False)
        self.employer = employer
        self.number = self.receipt = ""
        self.screens = 0

    def report(self, photo: Path) -> None:
        """Scan the code of the town, four screens, the receipt."""
        page = self.page
        page.goto("/q/330784115000")
        expect(page.get_by_text("芝英镇").first).to_be_visible()
        page.get_by_role("link", name="我要反映").click()
        self._choose("工资没拿到")
        page.get_by_label("谁欠您的").fill(self.employer)
        self._press("下一步")
        page.get_by_label("有几个人没拿到").fill(str(PEOPLE))
        page.get_by_label("一共欠多少钱").fill(SUM)
        self._press("下一步")
        page.get_by_label("用您自己的话说说").fill("做了两个月灯具，老板一直拖着不发。")
        page.get_by_label("照片或录音").set_input_files(photo)
        self._press("下一步")
        page.get_by_label("您的手机号").fill("13957900001")
        page.get_by_label("您的姓名").fill("王小梅")
        self._press("提交反映")
        assert self.screens <= SCREENS
        expect(page.get_by_role("heading", level=1)).to_contain_text("已收到您的反映")
        self.number, self.receipt = page.locator(".receipt strong").all_inner_texts()
        expect(page.get_by_text("会有人打电话给您")).to_be_visible()
        self._press("抄好了，收起回执")

    def look(self) -> Page:
        """Progress by number and code."""
        page = self.page
        page.goto("/progress")
        page.get_by_label("编号").fill(self.number)
        page.get_by_label("查询码").fill(self.receipt)
        self._press("查进度")
        return page

    def answer_all_came(self) -> None:
        """钱到了吗: 到了."""
        page = self.look()
        expect(page.get_by_role("heading", name="钱到了吗？")).to_be_visible()
        self._press("到了，全都拿到")
        if page.get_by_role("button", name="对，全都拿到").count():
            self._press("对，全都拿到")
        expect(page.get_by_text("记下了：钱到了")).to_be_visible()

    def answer_nothing_came(self) -> None:
        """钱到了吗: 没有到; the matter is taken up again."""
        page = self.look()
        page.get_by_role("link", name="没有到").click()
        self._press("对，没有到，重新办理")
        expect(page.get_by_text("我们已经重新办理")).to_be_visible()

    def _choose(self, words: str) -> None:
        self.page.get_by_label(words).check()

    def _press(self, words: str) -> None:
        self.screens += 1
        self.page.locator("button:visible", has_text=words).last.click()


class Officer:
    """At a desk, with script."""

    def __init__(self, visitors: Visitors, username: str, number: str) -> None:
        self.page = visitors.come("desk", username)
        self.number = number

    def open(self) -> None:
        """Find the case by its number, as the search box does."""
        self.page.goto("/c/")
        box = self.page.get_by_role("searchbox")
        box.fill(self.number)
        box.press("Enter")
        self.page.get_by_role("link", name=self.number).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.number)

    def take(self, verb: str) -> None:
        """Open the form of an act; then `done` saves it."""
        page = self.page
        act = page.locator(".steps-panel").get_by_role("link", name=verb, exact=True)
        more = page.locator("details.more > summary")
        if not act.first.is_visible() and more.count():
            more.click()
        act.first.click()
        expect(self.form.get_by_role("button", name=verb, exact=True)).to_be_visible()

    @property
    def form(self) -> Locator:
        """The form of the act, in the drawer or on its own page."""
        return self.page.locator("form[action*='/do/']")

    def done(self, verb: str, stage: str = "") -> None:
        """Save; the case page says where the case stands now."""
        self.form.get_by_role("button", name=verb, exact=True).click()
        expect(self.page.locator("main .case-line").first).to_be_visible()
        expect(self.page.get_by_text(f"{verb}已保存").first).to_be_visible()
        if stage:
            expect(self.page.locator("main .case-line").first).to_contain_text(stage)

    def fill(self, label: str, text: str) -> None:
        self.form.get_by_label(re.compile(f"^{label}")).fill(text)


def dispatch(visitors: Visitors, worker: Worker) -> None:
    """流转员: the board shows the case with a suggestion and its reason; one press takes it."""
    page = visitors.come("desk", "dispatcher")
    page.goto("/c/dispatch")
    row = page.get_by_role("row").filter(has_text=worker.number)
    expect(row).to_contain_text("芝英镇劳动保障所")
    row.get_by_role("button", name="按建议流转").click()
    expect(page.get_by_role("region", name="刚才的流转结果")).to_contain_text("已流转")


def handle(visitors: Visitors, worker: Worker, photo: Path, *, mediated: bool) -> Officer:
    """镇街经办: contact, verify, (mediate, agree,) proof of payment, paid."""
    officer = Officer(visitors, "town", worker.number)
    officer.open()
    officer.take("登记联系")
    officer.fill("联系对象", "王小梅")
    officer.fill("通话内容", "已告知由芝英镇劳动保障所办理，约明天来所核对。")
    officer.done("登记联系", "已联系")
    officer.take("核实")
    officer.fill("人数", str(PEOPLE))
    officer.fill("应付金额", SUM)
    officer.done("核实", "已核实")
    if mediated:
        agree(officer)
    officer.take("补充材料")
    officer.form.get_by_label("材料类别").select_option("payment_proof")
    officer.form.get_by_label("文件").set_input_files(photo)
    officer.done("补充材料")
    officer.take("确认兑付")
    officer.form.get_by_label("付清日期").fill(today(officer.page))
    officer.form.get_by_label("银行转账").check()
    officer.done("确认兑付", "已兑付")
    return officer


def agree(officer: Officer) -> None:
    """约定调解，签订协议，一次付清."""
    officer.take("约定调解")
    officer.fill("调解时间", f"{today(officer.page, 1)}T15:00")
    officer.fill("调解地点", "芝英镇劳动保障所二楼")
    officer.fill("调解员", "胡建国")
    officer.done("约定调解", "调解中")
    officer.take("签订协议")
    officer.form.locator("[name='instalments-0-due_on']").fill(today(officer.page))
    officer.done("签订协议", "已达成协议")


def today(page: Page, later: int = 0) -> str:
    """The day at the officers' place, or so many days later, as a date field takes it."""
    day = "days => new Date(Date.now() + days * 864e5).toLocaleDateString('sv', {timeZone: 'Asia/Shanghai'})"
    found: str = page.evaluate(day, later)
    return found


def call_the_others(visitors: Visitors, worker: Worker) -> None:
    """独立回访员: the worker's word counts for one; the two colleagues are asked by telephone."""
    officer = Officer(visitors, "callback", worker.number)
    officer.open()
    officer.take("回访到账")
    officer.form.get_by_label("收到了", exact=True).check()
    officer.done("回访到账")


def reply(officer: Officer) -> None:
    officer.open()
    officer.take("回复")
    officer.fill("答复内容", "三人工资共12600元已通过银行转账付清。")
    officer.done("回复", "已回复")


def test_from_the_code_on_the_wall_to_the_closing(visitors: Visitors, photo: Path) -> None:
    worker = Worker(visitors, "芝英晨光灯具厂")
    worker.report(photo)
    dispatch(visitors, worker)
    officer = handle(visitors, worker, photo, mediated=True)
    worker.answer_all_came()
    call_the_others(visitors, worker)
    reply(officer)
    officer.take("销号")
    officer.done("销号", "已销号")
    expect(worker.look().get_by_role("heading", level=1)).to_have_text("已办完")


def test_no_money_came_so_it_is_taken_up_again(visitors: Visitors, photo: Path) -> None:
    worker = Worker(visitors, "芝英远山五金厂")
    worker.report(photo)
    dispatch(visitors, worker)
    officer = handle(visitors, worker, photo, mediated=False)
    reply(officer)
    officer.open()
    expect(officer.page.locator(".blocked")).to_contain_text("没有回答不等于同意")
    worker.answer_nothing_came()
    officer.open()
    expect(officer.page.locator("main .case-line").first).to_contain_text("重新办理")
    expect(officer.page.locator(".blocked")).to_contain_text("兑付凭证")


def test_a_stranger_learns_nothing(visitors: Visitors) -> None:
    visitors.watch.expected = frozenset({403, 404, 422})
    page = visitors.come("phone", javascript=False)
    page.goto("/progress")
    page.get_by_label("编号").fill("W20260101-0001")
    page.get_by_label("查询码").fill("000000000000")
    page.get_by_role("button", name="查进度").click()
    expect(page.get_by_text("编号或查询码不对").first).to_be_visible()
