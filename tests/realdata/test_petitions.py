"""4,326 real messages of residents: read without loss, sorted as well as docs/explanation/intake-quality.md says."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.policy.current import book
from anxin.resolution.intake import importing, services
from anxin.resolution.intake.classify import classify
from anxin.resolution.intake.models import Complaint
from anxin.resolution.intake.similar import group_messages

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
COUNTY = "330784"
MESSAGES = 4326
LABELS = Path(__file__).with_name("labels.csv")


@pytest.fixture(scope="module")
def content(realdata: Path) -> bytes:
    return (realdata / "petitions.xlsx").read_bytes()


@pytest.fixture(scope="module")
def sheet(content: bytes) -> importing.Sheet:
    return importing.parse(content, book().section("intake", place=COUNTY)["import"], now=NOW)


def measured(sheet: importing.Sheet, label: str, drawn: str = "") -> tuple[float, float]:
    """Precision and recall of a label over the labelled messages, or over those drawn in one way."""
    words = book().section("intake", place=COUNTY)["classify"]
    by_number = {message.number: message for message in sheet.messages}
    rows = [row for row in csv.DictReader(LABELS.open(encoding="utf-8")) if not drawn or row["drawn"] == drawn]
    hits = said = meant = 0
    for row in rows:
        message = by_number[row["number"]]
        verdict = classify(message.text, words, subject=message.subject)
        found = "wages" if verdict.kind == "wages" else "consultation" if verdict.consultation else "other"
        hits += found == row["label"] == label
        said += found == label
        meant += row["label"] == label
    return hits / said, hits / meant


def test_every_message_is_read(sheet):
    assert (len(sheet.messages), sheet.rejected) == (MESSAGES, [])
    assert all("\t" not in message.said and "\u3000" not in message.said for message in sheet.messages)
    assert len({message.number for message in sheet.messages}) == MESSAGES


def test_wage_complaints_are_found(sheet):
    precision, recall = measured(sheet, "wages")
    assert precision >= 0.91 and recall >= 0.98


def test_questions_are_told_from_complaints(sheet):
    precision, recall = measured(sheet, "consultation")
    assert precision >= 0.76 and recall >= 0.76


def test_near_identical_messages_are_grouped(sheet):
    groups = group_messages({message.row: message.said for message in sheet.messages}, 0.9)
    assert len(groups) >= 200 and sum(map(len, groups)) >= 450


@pytest.mark.django_db
def test_the_whole_file_goes_in_once(content):
    office = actor_for_post(COUNTY, "arrears_office", on=NOW.date())
    out = services.import_file(actor=office, now=NOW, content=content)
    assert (out["accepted"], out["rejected"], out["duplicate"]) == (MESSAGES, [], 0) and out["merged"] > 100
    assert Complaint.objects.filter(kind="wages").count() == 73
    again = services.import_file(actor=office, now=NOW, content=content)
    assert (again["accepted"], again["duplicate"], Complaint.objects.count()) == (0, MESSAGES, MESSAGES)
