"""`bench`: one thin file per subcommand; everything heavy is imported when a command runs."""

from benchmark.cli import (
    cache,
    data,
    doctor,
    figure,
    listing,
    report,
    run,
    simulate,
    status,
    sweep,
    verify,
)
from benchmark.cli.app import app

__all__ = ["app", "main"]

# The rest are the second file of `--data a.h5ad b.h5ad`, or answered with what was meant.
app.command("run", context_settings={"allow_extra_args": True})(run.run)
app.command("report")(report.report)
app.command("list")(listing.list_names)
app.command("status")(status.status)
app.command("simulate")(simulate.simulate)
app.command("sweep")(sweep.sweep)
app.command("verify")(verify.verify)
app.command("doctor")(doctor.doctor)
app.add_typer(cache.app, name="cache")
app.add_typer(data.app, name="data")
app.add_typer(figure.app, name="figure")


def main() -> None:
    """Entry point of the console script."""
    app()
