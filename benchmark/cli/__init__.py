"""`bench`: one thin file per subcommand; everything heavy is imported when a command runs."""

from benchmark.cli.app import app
from benchmark.cli.commands.compute import apply, choose, ensemble, run, simulate, sweep
from benchmark.cli.commands.keep import (
    cache,
    check,
    data,
    doctor,
    merge,
    publish,
    skills,
    verify,
)
from benchmark.cli.commands.look import figure, listing, report, status
from benchmark.cli.leaving import leave
from benchmark.cli.streams import adapt_streams, flush

__all__ = ["app", "main"]

# The rest are the second file of `--data a.h5ad b.h5ad`, or answered with what was meant.
_EXTRA = {"allow_extra_args": True}
app.command("run", rich_help_panel="Run", context_settings=_EXTRA)(run.run)
app.command("choose", rich_help_panel="Run")(choose.choose)
app.command("apply", rich_help_panel="Run")(apply.apply)
app.command("report", rich_help_panel="Look")(report.report)
app.command("list", rich_help_panel="Look")(listing.list_names)
app.command("status", rich_help_panel="Look")(status.status)
app.add_typer(simulate.app, name="simulate", rich_help_panel="Data")
app.command("ensemble", rich_help_panel="Run")(ensemble.ensemble)
app.command("sweep", rich_help_panel="Run")(sweep.sweep)
app.command("publish", rich_help_panel="Look")(publish.publish)
app.command("merge", rich_help_panel="Look")(merge.merge)
app.command("verify", rich_help_panel="Maintenance")(verify.verify)
app.command("check", rich_help_panel="Maintenance")(check.check)
app.command("doctor", rich_help_panel="Maintenance")(doctor.doctor)
app.add_typer(cache.app, name="cache", rich_help_panel="Maintenance")
app.add_typer(skills.app, name="skills", rich_help_panel="Maintenance")
app.add_typer(data.app, name="data", rich_help_panel="Data")
app.add_typer(figure.app, name="figure", rich_help_panel="Look")


def main() -> None:
    """Entry point of the console script."""
    adapt_streams()
    code: object = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code
    finally:
        flush()
    leave(code)
