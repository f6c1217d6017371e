import re
from datetime import timedelta
from pathlib import Path

import pytest

from lictor.settings import Settings, SettingsError, all_settings, read_settings
from lictor.settings.fields import variables_of
from tests.settings_page import settings_page

GROUPS = (
    "settings|self|server|automations|database|tasks|deployments|concurrency|services|ui|work_pools|foreman|late|late_runs|pauses"
    "|pause_expirations|cancellation|liveness|scheduler|retention"
)
"""What settings are read from."""
ROOT = Path(__file__).parents[1]


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Settings as a process in an empty folder reads them."""
    monkeypatch.chdir(tmp_path)

    def read_with(dotenv: str = "", **variables: str) -> Settings:
        (tmp_path / ".env").write_text(dotenv)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return read_with


@pytest.mark.parametrize(
    ("variables", "path", "value"),
    [
        ({"PREFECT_SERVER_API_PORT": "17"}, "server.port", 17),
        ({"prefect_server_api_port": "17"}, "server.port", 17),
        ({"PREFECT_SERVER_API_PORT": ""}, "server.port", 4200),
        ({"PREFECT_API_DEFAULT_LIMIT": "7"}, "server.default_limit", 7),
        ({"PREFECT_SERVER_API_DEFAULT_LIMIT": "8", "PREFECT_API_DEFAULT_LIMIT": "7"}, "server.default_limit", 8),
        ({"PREFECT_SERVER_CSRF_TOKEN_EXPIRATION": "90"}, "server.csrf_token_expiration", timedelta(seconds=90)),
        ({"PREFECT_SERVER_CSRF_TOKEN_EXPIRATION": "PT2H"}, "server.csrf_token_expiration", timedelta(hours=2)),
        ({"PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "https://a, https://b"}, "server.cors_allowed_origins", ("https://a", "https://b")),
        ({"PREFECT_LOGGING_SERVER_LEVEL": "debug"}, "server.logging_level", "DEBUG"),
        ({"PREFECT_SQLALCHEMY_POOL_SIZE": "3"}, "database.pool_size", 3),
        ({"PREFECT_API_DATABASE_ECHO": "true"}, "database.echo", True),
    ],
)  # fmt: skip
def test_a_setting_comes_from_its_variable(read, variables, path, value):
    group, name = path.split(".")
    assert getattr(getattr(read(**variables), group), name) == value


def test_the_environment_goes_before_dotenv_whatever_the_spelling(read):
    dotenv = "PREFECT_SERVER_API_DEFAULT_LIMIT=5\nPREFECT_SERVER_API_PORT=17\nSOMETHING_ELSE=x"
    settings = read(dotenv, PREFECT_API_DEFAULT_LIMIT="7")
    assert (settings.server.default_limit, settings.server.port) == (7, 17)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"LICTOR_HOME": "/srv/lictor"}, "sqlite+aiosqlite:////srv/lictor/lictor.db"),
        ({"PREFECT_API_DATABASE_CONNECTION_URL": "sqlite:////srv/a.db"}, "sqlite+aiosqlite:////srv/a.db"),
        ({"PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql://u:p@h/d"}, "postgresql+asyncpg://u:p@h/d"),
        ({"PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgres://u:p@h/d"}, "postgresql+asyncpg://u:p@h/d"),
        (
            {
                "PREFECT_API_DATABASE_CONNECTION_URL": "postgresql+asyncpg://u:${PREFECT_API_DATABASE_PASSWORD}@h/d",
                "PREFECT_API_DATABASE_PASSWORD": "a@b/c",
            },
            "postgresql+asyncpg://u:a%40b%2Fc@h/d",
        ),
        (
            {
                "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
                "PREFECT_SERVER_DATABASE_HOST": "h",
                "PREFECT_SERVER_DATABASE_USER": "u@x",
                "PREFECT_SERVER_DATABASE_PASSWORD": "p:q",
                "PREFECT_SERVER_DATABASE_NAME": "d",
            },
            "postgresql+asyncpg://u%40x:p%3Aq@h:5432/d",
        ),
        (
            {
                "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
                "PREFECT_SERVER_DATABASE_HOST": "h",
                "PREFECT_SERVER_DATABASE_PORT": "6543",
                "PREFECT_SERVER_DATABASE_USER": "u",
                "PREFECT_SERVER_DATABASE_NAME": "d",
            },
            "postgresql+asyncpg://u@h:6543/d",
        ),
        (
            {"PREFECT_SERVER_DATABASE_DRIVER": "sqlite+aiosqlite", "PREFECT_SERVER_DATABASE_NAME": "/srv/b.db"},
            "sqlite+aiosqlite:////srv/b.db",
        ),
    ],
)
def test_the_database(read, variables, url):
    assert read(**variables).database.url == url


def test_without_any_setting_the_database_is_in_the_users_home(read):
    assert read().database.url == f"sqlite+aiosqlite:///{Path.home()}/.lictor/lictor.db"


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("PREFECT_SERVER_API_PORT", "http", "valid integer"),
        ("PREFECT_SERVER_API_PORT", "70000", "65535"),
        ("PREFECT_API_DEFAULT_LIMIT", "0", "greater than or equal to 1"),
        ("PREFECT_LOGGING_SERVER_LEVEL", "loud", "DEBUG"),
        ("PREFECT_SERVER_CSRF_TOKEN_EXPIRATION", "soon", "timedelta"),
        ("PREFECT_SERVER_DATABASE_TIMEOUT", "-1", "greater than 0"),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "mysql://u:hidden@h/d", "must start with sqlite:// or postgresql://"),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "hidden", "must start with"),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "sqlite:///:memory:", "must name a file"),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "sqlite+aiosqlite:///file::memory:?uri=true", "must name a file"),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "sqlite://", "must name a file"),
        ("LICTOR_MAX_BODY_BYTES", "lots", "valid integer"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(read, variable, value, complaint):
    with pytest.raises(SettingsError, match=f"^{variable}: .*{re.escape(complaint)}") as refused:
        read(**{variable: value})
    assert "\n" not in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_wrong_value_of_dotenv_names_every_name_it_may_have(read):
    with pytest.raises(SettingsError, match="PREFECT_SERVER_API_DEFAULT_LIMIT or PREFECT_API_DEFAULT_LIMIT: "):
        read("PREFECT_API_DEFAULT_LIMIT=many")


def test_several_wrong_values_are_a_line_each(read):
    with pytest.raises(SettingsError) as refused:
        read(PREFECT_SERVER_API_PORT="x", LICTOR_WORKERS="0")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "PREFECT_SERVER_API_PORT",
        "LICTOR_WORKERS",
    ]


def test_a_url_with_a_password_that_is_not_there(read):
    with pytest.raises(SettingsError, match="PREFECT_API_DATABASE_PASSWORD, which is not set"):
        read(PREFECT_API_DATABASE_CONNECTION_URL="postgresql://u:${PREFECT_API_DATABASE_PASSWORD}@h/d")


def test_pieces_that_do_not_make_a_database(read):
    with pytest.raises(SettingsError, match="also needs PREFECT_SERVER_DATABASE_HOST, PREFECT_SERVER_DATABASE_USER"):
        read(PREFECT_SERVER_DATABASE_DRIVER="postgresql+asyncpg", PREFECT_SERVER_DATABASE_NAME="d")


def test_secrets_are_not_shown(read):
    settings = read(
        PREFECT_SERVER_API_AUTH_STRING="me:hidden",
        PREFECT_API_DATABASE_CONNECTION_URL="postgresql://u:hidden@h/d",
        PREFECT_API_DATABASE_PASSWORD="hidden",
    )
    assert "hidden" not in repr(settings)
    assert "hidden" not in settings.model_dump_json()


def test_no_variable_belongs_to_two_settings():
    names = [name for _, field in all_settings() for name in variables_of(field)]
    assert len(names) == len(set(names))
    assert all(names)


def test_every_setting_is_used():
    """A setting that nothing reads would be a promise that nobody keeps."""
    code = "\n".join(file.read_text() for file in (ROOT / "src" / "lictor").rglob("*.py"))
    unused = [
        ".".join(path)
        for path, _ in all_settings()
        if not re.search(rf"\b({GROUPS})\.{path[-1]}\b", code) and f'"{path[-1]}"' not in code
    ]
    assert unused == []


def test_the_page_of_settings_is_true():
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page(), "run `make docs`"
