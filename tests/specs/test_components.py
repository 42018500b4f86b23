"""What people read: times in words, money, masked people, and the tie between a field and its error."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms

from anxin.entrances.ui import components, wording
from anxin.entrances.ui.templatetags import ui

NOW = datetime(2023, 12, 2, 9, 30, tzinfo=wording.CHINA)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TestTheWordsOfAClock:
    @pytest.mark.parametrize(
        ("left", "words"),
        [
            (5 * HOUR, "还剩 5 小时"),
            (5 * HOUR + timedelta(minutes=59), "还剩 5 小时"),
            (20 * timedelta(minutes=1), "还剩 20 分钟"),
            (timedelta(seconds=30), "还剩 不到 1 分钟"),
            (DAY + 3 * HOUR, "还剩 1 天 3 小时"),
            (2 * DAY, "还剩 2 天"),
            (6 * DAY + 23 * HOUR, "还剩 6 天"),
            (timedelta(0), "还剩 不到 1 分钟"),
            (-timedelta(seconds=1), "已超期 不到 1 分钟"),
            (-2 * DAY, "已超期 2 天"),
        ],
    )
    def test_round_down_and_turn_only_after_the_moment(self, left: timedelta, words: str) -> None:
        assert wording.remaining(NOW + left, NOW) == words

    def test_are_the_same_from_any_time_zone_and_from_text(self) -> None:
        due = NOW + 5 * HOUR
        assert wording.remaining(due.astimezone(UTC).isoformat(), NOW.isoformat()) == "还剩 5 小时"

    def test_refuse_a_moment_without_a_time_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            wording.remaining("2023-12-02T09:30:00", NOW)

    def test_name_the_exact_moment_for_people_and_machines(self) -> None:
        html = components.clock(NOW + 5 * HOUR, NOW)
        assert 'datetime="2023-12-02T14:30:00+08:00"' in html
        assert 'title="2023-12-02 14:30 到期"' in html

    @pytest.mark.parametrize(
        ("values", "word", "tone"),
        [
            ({"due_at": NOW + HOUR, "warn_at": NOW + HOUR}, "还剩", "calm"),
            ({"due_at": NOW + HOUR, "warn_at": NOW}, "还剩", "warn"),
            ({"due_at": NOW}, "还剩", "calm"),
            ({"due_at": NOW - HOUR, "warn_at": NOW - DAY}, "已超期 1 小时", "late"),
            ({"due_at": NOW - HOUR, "state": "paused"}, "已暂停计时", "calm"),
            ({"due_at": NOW, "state": "discharged", "done_at": NOW}, "按期完成", "done"),
            ({"due_at": NOW - DAY, "state": "discharged", "done_at": NOW}, "超期 1 天完成", "warn"),
            ({"due_at": NOW, "state": "cancelled"}, "已取消", "calm"),
            ({"due_at": None}, "无时限", "calm"),
        ],
    )
    def test_come_with_a_tone_and_never_a_tone_alone(self, values: dict, word: str, tone: str) -> None:
        html = components.clock(now=NOW, **values)
        assert word in html
        assert f"tone-{tone}" in html
        assert "<svg" in html


class TestMoney:
    @pytest.mark.parametrize(
        ("fen", "shown"),
        [(1_260_000, "￥12,600.00"), (0, "￥0.00"), (5, "￥0.05"), (-1_050, "-￥10.50"), (None, "不详")],
    )
    def test_is_shown_to_the_cent(self, fen: int | None, shown: str) -> None:
        assert wording.yuan(fen) == shown

    def test_stands_out_only_while_something_is_owed(self) -> None:
        assert "未付" in components.money(100, outstanding=True)
        assert "未付" not in components.money(0, outstanding=True)
        assert "未付" not in components.money(None, outstanding=True)


class TestAPerson:
    def test_is_masked_and_leaves_no_full_number_in_the_page(self) -> None:
        html = components.person("周启", phone="13800001234", id_number="330784199001011234", unmask_href="/x")
        assert "138****1234" in html
        assert "330784********1234" in html
        assert "13800001234" not in html
        assert "330784199001011234" not in html

    def test_is_shown_in_full_when_the_page_says_so(self) -> None:
        assert 'href="tel:13800001234"' in components.person("周启", phone="13800001234", plain=True)


class TestTheStage:
    def test_says_how_far_the_case_is(self) -> None:
        assert "调解中" in components.stage("mediating")
        assert "第 5 步，共 7 步" in components.stage("mediating")

    def test_off_the_way_has_no_progress(self) -> None:
        assert "<progress" not in components.stage("withdrawn")

    def test_nobody_named_is_shown_as_it_is(self) -> None:
        assert "new-stage" in components.stage("new-stage")


class AForm(forms.Form):
    amount = forms.DecimalField(label="金额", help_text="大概数也可以。")
    many = forms.ChoiceField(label="人数", choices=[("1", "只有我")], widget=forms.RadioSelect, required=False)


class TestAField:
    def test_ties_hint_and_error_to_the_control(self) -> None:
        html = components.field(AForm({"amount": "一万"})["amount"])
        assert 'aria-describedby="id_amount-hint id_amount-error"' in html
        assert 'id="id_amount-hint"' in html
        assert 'id="id_amount-error"' in html
        assert 'aria-invalid="true"' in html

    def test_groups_choices_under_a_legend(self) -> None:
        html = components.field(AForm()["many"])
        assert "<legend" in html
        assert 'for="id_many_0"' in html


class TestEveryComponent:
    def test_is_a_tag_of_its_own_name(self) -> None:
        assert set(ui.register.tags) == set(ui.COMPONENTS)

    def test_escapes_what_it_is_given(self) -> None:
        nasty = "<script>"
        drawn = [
            components.badge(nasty),
            components.because(nasty, rule=nasty),
            components.citation(nasty, text=nasty),
            components.facts([(nasty, nasty)]),
            components.file_chip(nasty),
            components.person(nasty),
            components.place([nasty]),
            components.table([{"key": "a", "zh": nasty}], [{"a": nasty}], nasty),
            components.timeline([{"at": NOW, "title": nasty, "note": nasty}]),
            components.duties([{"title": nasty, "due_at": NOW}], NOW),
        ]
        assert not [html for html in drawn if nasty in html]
