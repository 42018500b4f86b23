"""Words people read come from one glossary; words machines read are English."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.db.models import Field

from tests.architecture.house import ROOT, own_models

GLOSSARY = ROOT / "docs" / "glossary.toml"


def known() -> set[str]:
    """Every Chinese word of the glossary; one entry may give several, parted by a slash or in brackets."""
    terms = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))["term"]
    return {word.strip() for term in terms for word in re.split(r"[/（）]", term["zh"])}


def spoken() -> set[str]:
    """The same, and each entry as a whole: names of fields may carry brackets."""
    terms = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))["term"]
    return known() | {term["zh"] for term in terms}


def own_fields() -> list[Field]:
    fields = [f for m in own_models() for f in m._meta.local_fields if f.model.__module__.startswith("anxin.")]
    return [f for f in fields if not f.auto_created and f.name not in {"id", "password", "last_login"}]


def test_the_glossary_says_of_every_term_what_it_is_and_says_it_once():
    terms = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))["term"]
    assert all({"zh", "en", "code", "note", "source"} <= term.keys() for term in terms)
    names = [term["zh"] for term in terms]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_a_model_is_called_by_a_word_of_the_glossary(model):
    assert model._meta.verbose_name in known()


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_a_model_docstring_opens_with_its_chinese_name(model):
    assert (model.__doc__ or "").startswith(str(model._meta.verbose_name))


@pytest.mark.parametrize("field", own_fields(), ids=str)
def test_a_field_is_called_by_a_word_of_the_glossary(field):
    assert str(field.verbose_name) in spoken()


@pytest.mark.parametrize("name", ["anxin", "tests", "demo", "benchmarks"])
def test_files_and_folders_have_english_names(name):
    odd = [p for p in (ROOT / name).rglob("*") if "__pycache__" not in p.parts and not Path(p.name).name.isascii()]
    assert odd == []
