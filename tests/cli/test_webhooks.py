"""Webhooks by the command line."""

from tests.cli.running import lictor


def test_made_listed_and_revoked(empty_database_url, tmp_path):
    def command(*arguments):
        url = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": empty_database_url}
        return lictor("webhooks", *arguments, home=tmp_path, **url)

    made = command("create", "mine", "--template", '{"event": "{{ body.kind }}"}', "--description", "of others")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("POST /api/hooks/")
    assert "mine" in command("ls").stdout
    again = command("create", "mine")
    assert (again.returncode, "exists" in again.stderr) == (1, True)
    assert "template" in command("create", "other", "--template", '{"event": "{{"}').stderr
    assert command("revoke", "mine").returncode == 0
    gone = command("revoke", "mine")
    assert (gone.returncode, "no webhook" in gone.stderr) == (1, True)
