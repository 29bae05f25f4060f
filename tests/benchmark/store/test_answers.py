"""What our code answered before is asked anew once the code, or a setting it reads, has changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmark.store import answers


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "learners" / "calibration" / "same"
    folder.mkdir(parents=True)
    (folder / "ps.json").write_text("{}")
    (tmp_path / "learners" / "neural").mkdir()
    (tmp_path / "learners" / "neural" / "ps.py").write_text("")
    monkeypatch.setattr(answers, "HOME", tmp_path)
    yield tmp_path
    answers.code.cache_clear()


@pytest.mark.parametrize("name", ["learners/neural/ps.py", "learners/calibration/same/ps.json"])
def test_a_changed_file_is_another_code(home: Path, name: str) -> None:
    digests = []
    for text in ("{ }", "{  }"):
        (home / name).write_text(text)
        answers.code.cache_clear()
        digests.append(answers.code())
    assert digests[0] != digests[1]
