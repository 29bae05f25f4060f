"""Published folders hold all that the run has, and with --public nothing of the data."""

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from tests.benchmark.cli.test_cli import bench, inside, one_line, screen

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")

RUN = [
    *("run", "--data", "own", "--group", "perturbation", "--workers", "0", "--tasks", "matching"),
    *("--learners", "lda,pca", "--aligners", "labeled-eot,label-uniform", "--split"),
]


class Links(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "href" and value]


def links(page: Path) -> list[str]:
    parser = Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


@pytest.fixture
def runs(inside: None) -> list[str]:
    screen(Path("own"), groups=4)
    bench(*RUN, "kfold:3", "--out", "runs/folds")
    bench(*RUN, "lopo", "--out", "runs/lopo")
    return ["runs/folds", "runs/lopo"]


def test_a_folder_holds_all_of_each_run_and_its_links_lead_there(runs: list[str]) -> None:
    bench("publish", *runs, "--out", "site")
    found = links(Path("site/index.html"))
    assert len(found) == 10
    assert all((Path("site") / link).is_file() for link in found)
    scores = pd.read_parquet("site/folds/results.parquet")
    pd.testing.assert_frame_equal(scores, pd.read_parquet("runs/folds/results.parquet"))
    tables = pd.read_csv("site/lopo/tables.csv")
    assert "lda + labeled-eot" in set(tables["row"])
    text = Path("site/index.html").read_text(encoding="utf-8")
    assert "matching: lda + labeled-eot" in text or "matching: pca + labeled-eot" in text


def test_the_card_says_what_the_files_are(runs: list[str]) -> None:
    bench("publish", runs[0], "--out", "site")
    card = json.loads(Path("site/folds/croissant.json").read_text(encoding="utf-8"))
    assert card["conformsTo"].endswith("croissant/1.0")
    for file in card["distribution"]:
        path = Path("site/folds") / file["contentUrl"]
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    (scores,) = card["recordSet"]
    columns = pd.read_parquet("site/folds/results.parquet").columns
    assert [field["name"] for field in scores["field"]] == list(columns)
    kinds = {field["name"]: field["dataType"] for field in scores["field"]}
    assert (kinds["value"], kinds["learner"]) == ("sc:Float", "sc:Text")


def test_public_folders_name_no_perturbation(runs: list[str]) -> None:
    bench("publish", *runs, "--public", "--out", "site")
    for path in Path("site").rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            assert "gene0" not in path.read_text(encoding="utf-8"), path
    folds = pd.read_parquet("site/lopo/results.parquet")["fold"]
    assert set(folds) == {f"perturbation {n}" for n in range(1, 5)}


def test_mistakes_are_one_line(runs: list[str]) -> None:
    assert "does not exist" in one_line(bench("publish", "runs/none", "--out", "site", code=2))
    assert not Path("site").exists()
    Path("site").mkdir()
    assert "exists already" in one_line(bench("publish", runs[0], "--out", "site", code=2))
    again = bench("publish", runs[0], runs[0], "--out", "other", code=2)
    assert "two runs are called folds" in one_line(again)
