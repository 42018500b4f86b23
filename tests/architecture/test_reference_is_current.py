"""The reference pages say what the code says."""

from anxin.entrances.commands import reference


def test_the_reference_pages_are_current():
    assert reference.stale() == [], "run: anxin reference"


def test_a_page_that_differs_is_noticed_and_written_anew(tmp_path):
    assert reference.write(tmp_path) == ["commands.md", "lifecycles.md"]
    assert reference.stale(tmp_path) == []
    (tmp_path / "commands.md").write_text("old")
    assert reference.stale(tmp_path) == ["commands.md"]
    assert reference.write(tmp_path) == ["commands.md"]
