"""The `lictor` command. Each subcommand is loaded when it is asked for, so that none waits for another's imports."""

import sys

from cyclopts import App

from lictor import __version__
from lictor.errors import LictorError

app = App(
    name="lictor",
    version=__version__,
    help="A fast server for the Prefect 3 SDK, CLI and HTTP clients.",
)
server = App(name="server", help="Run the server.")
services = App(name="services", help="Look after what the server does without being asked.")
webhooks = App(name="webhooks", help="Look after the addresses that turn requests into events.")
database = App(name="database", help="Look after the database's tables.")

server.command("lictor.cli.server:start", help="Run the server until it is told to stop.")
services.command("lictor.cli.services:start", help="Run the services, without a server, until told to stop.")
services.command("lictor.cli.services:ls", help="List the services, and when each ran last.")
webhooks.command("lictor.cli.webhooks:create", help="Make a webhook, and show its address.")
webhooks.command("lictor.cli.webhooks:ls", help="List the webhooks, without their addresses.")
webhooks.command("lictor.cli.webhooks:revoke", help="Delete a webhook and its address.")
database.command("lictor.cli.database:upgrade", help="Bring the tables up to date.")
database.command("lictor.cli.database:downgrade", help="Take the tables back to an earlier version.")
database.command("lictor.cli.revision:revision", help="Begin a new migration (for Lictor's developers).")
database.command("lictor.cli.database:stamp", help="Note a version without touching the tables.")
database.command("lictor.cli.database:reset", help="Throw everything away and make the tables anew.")
database.command(
    "lictor.cli.check:check", help="Compare the tables that are derived from runs with the runs, and repair them."
)
app.command(server)
app.command(services)
app.command(webhooks)
app.command(database)
app.command("lictor.cli.import_:import_", name="import", help="Bring the history over from a Prefect 3 database.")
app.command("lictor.cli.version:version", help="Show the versions of Lictor, of the API it serves, and of Python.")


def main() -> None:
    try:
        app()
    except LictorError as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
