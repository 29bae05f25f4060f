"""The skill for coding agents: its form, its commands on a real screen, its installation."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from benchmark.cli.commands.keep.skills import NAME, text_of
from tests.benchmark.cli.test_cli import bench, inside, one_line, screen

__all__ = ["inside"]


def commands() -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", text_of(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ bench ") for line in lines)
    return [shlex.split(line.removeprefix("$ bench ")) for line in lines]


def test_its_head_is_what_agents_read() -> None:
    _, head, body = text_of().split("---\n", 2)
    fields = yaml.safe_load(head)
    assert set(fields) == {"name", "description"}
    assert fields["name"] == NAME
    assert 200 < len(fields["description"]) <= 1024
    assert body.count("\n") < 500


@pytest.mark.slow
@pytest.mark.usefixtures("inside")
def test_its_commands_work_in_order() -> None:
    screen(Path("my_screen"), cells=20)
    Path("my_learner.py").write_text(
        "from learners.linear.pca import PCA\n\n\nclass GroupMeans(PCA):\n    pass\n"
    )
    for words in commands():
        more = ["--workers", "0"] if words[0] in ("run", "choose") else []
        if words[0] == "run" and "--learners" not in words:
            more += ["--learners", "lda", "--aligners", "labeled-eot,label-uniform,oracle"]
        if words[0] == "run":
            more += ["--set", "imputer.kind=mean", "--replace"]
        if words[0] == "choose":
            more += ["--set", "surrogate.merges=1", "--learners", "lda"]
            more += ["--aligners", "labeled-eot,label-uniform"]
        bench(*words, *more)
    assert Path("matched.h5mu").exists()


@pytest.mark.usefixtures("inside")
def test_it_is_installed_where_it_is_wanted() -> None:
    bench("skills", "install", "--to", "mine")
    file = Path("mine/weakpair/SKILL.md")
    assert file.read_text(encoding="utf-8") == text_of()
    bench("skills", "install", "--to", "mine")
    file.write_text("my own")
    assert "--replace" in one_line(bench("skills", "install", "--to", "mine", code=2))
    assert file.read_text() == "my own"
    bench("skills", "install", "--to", "mine", "--replace")
    assert file.read_text(encoding="utf-8") == text_of()
    assert bench("skills", "show").strip() == text_of().strip()
