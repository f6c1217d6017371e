"""How settings are declared, and the kinds of values that they have."""

import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo

CommaSeparated = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda text: [word.strip() for word in text.split(",")] if isinstance(text, str) else text),
]


def _check_networks(addresses: tuple[str, ...]) -> tuple[str, ...]:
    for address in addresses:
        if address not in {"", "*"}:
            ip_network(address)
    return addresses


Networks = Annotated[CommaSeparated, AfterValidator(_check_networks)]
"""Addresses such as 10.0.0.7 and networks such as 10.0.0.0/8; `*` stands for all."""
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda level: level.upper() if isinstance(level, str) else level),
]


Seconds = Annotated[
    timedelta,
    BeforeValidator(lambda text: float(text) if isinstance(text, str) and text.replace(".", "", 1).isdigit() else text),
]


def _clean_path(path: str) -> str:
    """A path of an URL, without the slash at its end, where requests can find it: nothing in it is quoted."""
    path = path.rstrip("/")
    if not re.fullmatch(r"(/[\w.~-]+)*", path, re.ASCII):
        raise ValueError("must be a path such as /api, of letters, digits and . _ ~ -")
    return path


URLPath = Annotated[str, AfterValidator(_clean_path)]


def setting(default: Any, *variables: str, about: str, **limits: Any) -> Any:
    """A field that takes its value from the first of these environment variables that is set."""
    return Field(default, description=about, json_schema_extra={"variables": list(variables)}, **limits)


def variables_of(field: FieldInfo) -> list[str]:
    """The environment variables of a setting, the first of them first."""
    extra = field.json_schema_extra
    return [str(name) for name in extra["variables"]] if isinstance(extra, dict) else []  # type: ignore[union-attr]


class Group(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def keys_in(keys: SecretStr | None) -> tuple[str, ...]:
    """Keys that are separated by commas."""
    return () if keys is None else tuple(key.strip() for key in keys.get_secret_value().split(","))


KEY_BYTES = 32
"""Of a Fernet key. The library itself is imported when something is encrypted."""


def check_keys(keys: SecretStr | None) -> SecretStr | None:
    """The keys, unless one of them is none of Fernet's."""
    for key in keys_in(keys):
        try:
            is_key = len(urlsafe_b64decode(key)) == KEY_BYTES
        except ValueError:
            is_key = False
        if not is_key:
            raise ValueError("each key must be 32 bytes in URL-safe base64") from None
    return keys
