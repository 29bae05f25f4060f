"""`bench`: one thin file per subcommand; everything heavy is imported when a command runs."""

from benchmark.cli import cache, doctor, listing, report, run, simulate, status, sweep
from benchmark.cli.app import app

__all__ = ["app", "main"]

app.command("run")(run.run)
app.command("report")(report.report)
app.command("list")(listing.list_names)
app.command("status")(status.status)
app.command("simulate")(simulate.simulate)
app.command("sweep")(sweep.sweep)
app.command("doctor")(doctor.doctor)
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Entry point of the console script."""
    app()
