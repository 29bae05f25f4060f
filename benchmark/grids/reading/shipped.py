"""The grids that come with the package: where they lie, and what they are about."""

from importlib.resources import files
from pathlib import Path

from weakpair.plain_yaml.loader import plain


def shipped_grids() -> dict[str, Path]:
    """Name → file of the grids that come with the package."""
    folder = Path(str(files("benchmark") / "grids" / "shipped"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def about(path: Path) -> str:
    """Subject of a shipped grid: its line `about`, the rest of the file unread."""
    with path.open(encoding="utf-8") as file:
        line = next((line for line in file if line.startswith("about:")), "about: ''")
    return str(plain(line)["about"])
