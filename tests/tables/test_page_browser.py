"""The page in a real browser: no complaints, no requests; sorts, filters, fits a phone."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tables.page import Material, build_page, render_page
from tests.tables.browser import Browser, find
from tests.tables.examples import results
from tests.tables.test_page import EVIL, material

TABLE = "document.querySelector('#ranking table.ranked')"
METHODS = f"[...{TABLE}.tBodies[0].rows].filter((r) => !r.hidden).map((r) => r.cells[0].innerText)"
SCREENS = [(1280, 900, False), (1280, 900, True), (390, 844, False), (390, 844, True)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    with Browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def write(tmp_path: Path, known: Material) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render_page(build_page(known)), encoding="utf-8")
    return path


def ranked(tmp_path: Path) -> Path:
    """Ten ranked combinations; `trace` falls from a0 to a9."""
    scores = {(f"a{i}", "eot"): {"trace": [0.9 - 0.05 * i, 0.91 - 0.05 * i]} for i in range(10)}
    return write(tmp_path, Material("ranked", results(scores)))


@pytest.mark.parametrize(("width", "height", "dark"), SCREENS)
def test_it_fits_the_screen_without_a_complaint_or_a_request(
    browser: Browser, tmp_path: Path, width: int, height: int, dark: bool
) -> None:
    browser.screen(width, height, dark=dark)
    browser.open(write(tmp_path, material("a-very-long-name-of-a-learner " * 3)))
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["report-demo.html", "report-simulation.html"])
def test_the_reports_that_the_readme_links_open(browser: Browser, name: str) -> None:
    browser.screen(390, 844, dark=True)
    browser.open(Path(__file__).parents[2] / "docs" / name)
    assert browser.complaints() == []
    assert browser.requests() == []
    assert browser.run("document.documentElement.scrollWidth") <= 390
    assert len(browser.run(METHODS)) > 5


def test_markup_in_names_does_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.open(write(tmp_path, material(EVIL)))
    assert browser.run("document.title").startswith("<img src=x")
    assert browser.run("document.images.length") == 0
    assert browser.run("document.scripts.length") == 1
    assert browser.run(f"{METHODS}[0]").startswith("<img src=x")
    assert browser.complaints() == []


def test_scripts_other_than_its_own_are_refused(browser: Browser, tmp_path: Path) -> None:
    path = ranked(tmp_path)
    html = path.read_text(encoding="utf-8")
    path.write_text(html.replace("</main>", "<script>window.evil = 1</script></main>"))
    browser.open(path)
    assert browser.run("window.evil === undefined")
    assert any("Content Security Policy" in told for told in browser.complaints())


def test_a_heading_sorts_by_number_and_again_the_other_way(
    browser: Browser, tmp_path: Path
) -> None:
    browser.open(ranked(tmp_path))
    names = [f"a{i} + eot" for i in range(10)]
    assert browser.run(METHODS) == names
    heading = f"{TABLE}.tHead.rows[0].cells[2]"
    browser.run(f"{heading}.querySelector('button').focus()")
    browser.press("Enter", text="\r")
    assert browser.run(METHODS) == names[::-1]
    assert browser.run(f"{heading}.getAttribute('aria-sort')") == "ascending"
    browser.press(" ", text=" ")
    assert browser.run(METHODS) == names
    assert browser.run(f"{heading}.getAttribute('aria-sort')") == "descending"


def test_the_filter_keeps_rows_with_all_words(browser: Browser, tmp_path: Path) -> None:
    browser.open(ranked(tmp_path))
    field = "document.querySelector('#ranking input[type=search]')"
    browser.run(f"{field}.focus()")
    browser.send("Input.insertText", text="EOT a3")
    assert browser.run(METHODS) == ["a3 + eot"]
    assert browser.run("document.querySelector('#ranking output').innerText") == "1 of 10 rows"
    browser.run(f"{field}.select()")
    browser.send("Input.insertText", text=" ")
    assert len(browser.run(METHODS)) == 10


def test_a_filter_of_everything_stays_in_the_address(browser: Browser, tmp_path: Path) -> None:
    page = write(tmp_path, material())
    browser.open(page)
    rows = """[...document.querySelectorAll("table tbody tr")].filter((row) => !row.hidden &&
      !row.parentElement.hidden && !row.querySelector("th[scope=rowgroup]"))
      .map((row) => row.textContent)"""
    every = browser.run(rows)
    typed = "document.querySelector('nav input[type=search]')"
    browser.run(f"{typed}.value = 'pca EOT'")
    browser.run(f"{typed}.dispatchEvent(new Event('input'))")
    found = browser.run(rows)
    assert 0 < len(found) < len(every)
    heat = "[...document.querySelectorAll('.heat tbody tr:not([hidden]) th')].map(t => t.innerText)"
    assert set(browser.run(heat)) == {"pca"}
    assert browser.run("location.hash").endswith("&filter=pca%20EOT")
    browser.run("document.querySelector('nav a[href=\"#heat\"]').click()")
    place = browser.run("new Promise((done) => setTimeout(() => done(location.hash), 100))")
    assert place == "#heat&filter=pca%20EOT"
    other = tmp_path / "other"
    other.mkdir()
    browser.open(ranked(other))
    browser.open(page, place)
    assert browser.run(rows) == found
    assert browser.run("scrollY") > 0
    browser.run(f"{typed}.value = ''")
    browser.run(f"{typed}.dispatchEvent(new Event('input'))")
    assert browser.run(rows) == every
    assert browser.run("location.hash") == "#heat"


def test_one_ranking_is_shown_at_a_time_and_the_address_keeps_which(
    browser: Browser, tmp_path: Path
) -> None:
    frame = material().results
    both = pd.concat([frame, frame.assign(variant="other")])
    browser.open(write(tmp_path, material(results=both)))
    shown = "[...document.querySelectorAll('.panel')].filter(p => !p.hidden).map(p => p.id).join()"
    assert browser.run("document.querySelectorAll('.panel').length") > 1
    assert browser.run(shown) == "choice-1"
    pick = "document.querySelector('#choice select')"
    browser.run(f"{pick}.value = 'choice-2'; {pick}.dispatchEvent(new Event('change'))")
    assert browser.run(shown) == "choice-2"
    assert browser.run("location.hash") == "#choice-2"
    browser.run("location.hash = '#choice-1'")
    assert browser.run(f"new Promise(r => setTimeout(() => r({shown}), 50))") == "choice-1"
    assert browser.complaints() == []


def test_the_tab_key_reaches_links_headings_and_the_filter(
    browser: Browser, tmp_path: Path
) -> None:
    browser.open(ranked(tmp_path))
    reached = set()
    for _ in range(40):
        browser.press("Tab")
        tag = browser.run("document.activeElement.tagName")
        outline = browser.run("getComputedStyle(document.activeElement).outlineStyle")
        reached.add(tag)
        assert tag == "BODY" or outline != "none", tag
    assert {"A", "BUTTON", "INPUT", "SUMMARY"} <= reached


def test_maps_are_coloured_by_modality_and_labels_point_out_their_cells(
    browser: Browser, tmp_path: Path
) -> None:
    browser.open(write(tmp_path, material()))
    stroke = "getComputedStyle(document.querySelector('.maps .points.m{0}')).stroke"
    first = browser.run(stroke.format(1))
    browser.run("document.querySelector('input[value=modality]').click()")
    assert browser.run(stroke.format(1)) != first
    assert browser.run(stroke.format(1)) != browser.run(stroke.format(2))
    browser.run("document.querySelector('.maps .legend button').click()")
    bright = "[...document.querySelectorAll('.maps .points:not(.dim)')].map((p) => p.dataset.label)"
    assert set(browser.run(bright)) == {"0"}
    browser.run("document.querySelector('.maps .legend button').click()")
    assert browser.run("document.querySelectorAll('.dim').length") == 0


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable_on_every_shade_of_a_heat_map(
    browser: Browser, tmp_path: Path, dark: bool
) -> None:
    browser.screen(1280, 900, dark=dark)
    browser.open(write(tmp_path, material()))
    # A canvas turns any notation of a colour into red, green, blue.
    script = """(() => {
      const canvas = document.createElement("canvas").getContext("2d", {colorSpace: "srgb"});
      const luminance = (colour) => {
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((c) => c / 255)
          .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      return [...document.querySelectorAll(".heat td[style]")].map((cell) => {
        const style = getComputedStyle(cell);
        const [a, b] = [luminance(style.color), luminance(style.backgroundColor)].sort();
        return (b + 0.05) / (a + 0.05);
      });
    })()"""
    contrasts = browser.run(script)
    assert len(contrasts) > 4
    # WCAG 2, level AA.
    assert min(contrasts) >= 4.5
