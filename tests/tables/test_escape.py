"""Names of people's data are text everywhere: markup in them is shown, never obeyed."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import tables
from tables import Cell, Column, Group, Mark, Row, Screen, Table
from tables.formats.escape import latex, markdown, plain
from tests.tables.readers import latex_prints, read_html

MARKUP = r"""*<b>x</b> <script>alert(1)</script> & &amp; | \ \\ ` ** __ [a](b) ![i](j) ~~ $ $x$
 {} % # ^ -- --- ,, '' `` ?` !` "q" {{ 7*7 }} {% raw %} \input{x}
 [bold]y[/bold] https://a.b www.c.d e@f.g"""
NASTY = st.one_of(
    st.text(alphabet="ab \\`*_{}[]()#+-.!|~$&<>%^\"'@:/;=,?0\n\t\x1b\x00", max_size=30),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(MARKUP.split()),
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def named(name: str) -> Table:
    """A table with the name wherever a person's name can stand."""
    columns = (Column("method", name, numeric=False), Column("trace", "Trace", True))
    cells = (Cell(None, name, marks=frozenset({Mark.UNCONVERGED})), Cell(0.5, "0.500"))
    return Table(name, f"About {name}.", columns, (Group(f"g {name}", (Row(cells),)),))


@given(NASTY)
def test_plain_is_one_visible_line(name: str) -> None:
    line = plain(name)
    assert all(c == " " or not c.isspace() for c in line)
    assert line.isprintable() or not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)
    assert plain(line) == line


@given(NASTY)
def test_latex_prints_the_name(name: str) -> None:
    greek = {c for c in name if "\u0370" <= c <= "\u03ff" or c == "µ"}
    if not greek:
        assert latex_prints(latex(name)) == plain(name)


@pytest.mark.parametrize(("letter", "written"), [("β", r"$\beta$"), ("µ", r"$\mu$")])
def test_latex_writes_greek(letter: str, written: str) -> None:
    assert latex(f"IFN-{letter}1") == f"IFN-{written}1"


@given(NASTY)
def test_markdown_shows_the_name(name: str) -> None:
    html = MARKDOWN.render(f"| a |\n| --- |\n| {markdown(name)} |\n\nAbout {markdown(name)}.\n")
    page = read_html(html)
    assert page.tags == {"table", "thead", "tbody", "tr", "th", "td", "p"}
    assert page.tables == [[["a"], [plain(name)]]]
    assert " ".join(f"About {plain(name)}.".split()) in " ".join("".join(page.text).split())


@given(NASTY)
def test_markdown_headings_are_headings(name: str) -> None:
    tokens = MARKDOWN.parse(tables.render(named(f"t {name}"), "markdown"))
    (heading,) = [tokens[i + 1] for i, t in enumerate(tokens) if t.type == "heading_open"]
    shown = "".join(child.content for child in heading.children or [])
    assert unescape(shown) == plain(f"t {name}") or shown == plain(f"t {name}")


@given(NASTY)
def test_html_shows_the_name(name: str) -> None:
    page = read_html(tables.render(named(name), "html"))
    assert page.tags <= {"table", "caption", "b", "thead", "tbody", "tr", "th", "td", "sup"}
    assert page.tables[0][0][0] == plain(name)
    assert page.tables[0][1][0] == plain(f"g {name}")
    assert page.tables[0][-1][0] == f"{plain(name)}†"


@given(NASTY)
def test_text_shows_the_name_and_sends_no_codes(name: str) -> None:
    text = tables.render(named(f"x{name}"), "text")
    assert plain(f"x{name}") in text
    assert "\x1b" not in text


@given(NASTY, st.integers(10, 40))
def test_a_screen_folds_names_but_keeps_the_number(name: str, width: int) -> None:
    assert "0.500" in tables.render(named(name), "text", screen=Screen(width))


def test_the_whole_zoo_in_every_format() -> None:
    table = named(MARKUP)
    assert "<script>" not in tables.render(table, "html")
    assert "<script>" not in tables.render(table, "markdown")
    assert "[bold]y[/bold]" in tables.render(table, "text")
    assert r"\input" not in tables.render(table, "latex")


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html"])
@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x1b", "\x07", "\x9b", "\u2028", "\ufeff"])
def test_no_sign_turns_a_line_round_or_steers_a_terminal(form: str, sign: str) -> None:
    """It is spelt out, and joins of letters stay."""
    text = tables.render(named(f"a{sign}b क्\u200dष"), form)
    assert sign not in text
    if not sign.isspace():
        spelt = sign.encode("unicode_escape").decode()
        assert spelt.removeprefix("\\") in text
    assert "\u200d" in text
