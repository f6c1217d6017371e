"""Schedules: what one may look like."""

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from dateutil import rrule
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from lictor.db.base import utc_now
from lictor.validation.fields import as_utc

MAX_RRULE_CHARACTERS = 6500
FIRST_OF_2020 = datetime.fromisoformat("2020-01-01")  # on the clock of whichever time zone the schedule names


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}


def _check_time_zone(name: str | None) -> str | None:
    if name and name not in _time_zones():
        raise ValueError(f'Invalid timezone: "{name}" (specify in IANA tzdata format, for example, America/New_York)')
    return name


def _with_offset(moment: datetime) -> datetime:
    """The moment as it was given, with its offset; UTC unless it has one."""
    in_utc = as_utc(moment)
    return in_utc if moment.tzinfo is None else moment


def _positive(interval: timedelta) -> timedelta:
    if interval <= timedelta(0):
        raise ValueError("interval must be positive")
    return interval


class IntervalSchedule(BaseModel):
    """Runs at regular distances, counted from an anchor."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="float")

    interval: Annotated[
        timedelta,
        AfterValidator(_positive),
        WithJsonSchema({"type": "number"}, mode="serialization"),
        WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}, mode="validation"),
    ] = Field(description="Seconds from one run to the next, or an ISO 8601 duration.")
    anchor_date: Annotated[datetime, AfterValidator(_with_offset)] = Field(
        default_factory=utc_now,
        description="What to count from; now unless given.",
        examples=["2026-01-01T00:00:00Z"],
    )
    timezone: str | None = Field(
        None,
        description="Whose days to count where the interval is a day or longer; UTC unless given.",
        examples=["Europe/Berlin"],
    )

    @model_validator(mode="after")
    def validate_timezone(self) -> Self:
        """Named so because errors are addressed to it."""
        self.timezone = "UTC" if self.timezone is None else _check_time_zone(self.timezone)
        return self


def _check_cron(expression: str) -> str:
    if not croniter.is_valid(expression):
        raise ValueError(f'Invalid cron string: "{expression}"')
    if {"r", "h"} & {field.casefold() for field in expression.split()}:
        raise ValueError(f'Random and Hashed expressions are unsupported, received: "{expression}"')
    return expression


class CronSchedule(BaseModel):
    """Runs when a cron expression says so."""

    model_config = ConfigDict(extra="forbid")

    cron: Annotated[str, AfterValidator(_check_cron)] = Field(
        description="The expression: minute, hour, day of the month, month, day of the week.", examples=["0 6 * * 1-5"]
    )
    timezone: str | None = Field(
        None, description="Whose clock the expression means; UTC unless given.", examples=["Europe/Berlin"]
    )
    day_or: bool = Field(
        True, description="Whether one of the two kinds of day is enough where both are given, or both must fit."
    )

    @model_validator(mode="after")
    def validate_timezone(self) -> Self:
        """Named so because errors are addressed to it."""
        self.timezone = _check_time_zone(self.timezone)
        return self


def _parsed(rule: str) -> rrule.rrule | rrule.rruleset:
    try:
        return rrule.rrulestr(rule, dtstart=FIRST_OF_2020)
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f'Invalid RRule string "{rule}": {error}') from None


def _check_rrule(rule: str) -> str:
    if len(rule) > MAX_RRULE_CHARACTERS:
        raise ValueError(
            f'Invalid RRule string "{rule[:40]}..."\nMax length is {MAX_RRULE_CHARACTERS}, got {len(rule)}'
        )
    _parsed(rule)
    if any(int(interval) < 1 for name, interval in _parts(rule) if name == "INTERVAL"):
        raise ValueError(f'Invalid RRule string "{rule}": INTERVAL must be positive')
    return rule


def _parts(rule: str) -> list[tuple[str, str]]:
    """The frequencies, intervals and counts in a rule that can be parsed."""
    return re.findall(r"\b(FREQ|INTERVAL|COUNT)=([^;\s]+)", rule.upper())


def _check_zone_of_rule(name: str | None) -> str | None:
    if name == "":
        raise ValueError("must not be empty")
    return _check_time_zone(name)


class RRuleSchedule(BaseModel):
    """Runs when a recurrence rule of iCalendar (RFC 5545) says so."""

    model_config = ConfigDict(extra="forbid")

    rrule: Annotated[str, AfterValidator(_check_rrule)] = Field(
        description="The rule, or a set of them.", examples=["FREQ=WEEKLY;BYDAY=MO"]
    )
    timezone: Annotated[str | None, AfterValidator(_check_zone_of_rule)] = Field(
        "UTC", description="Whose clock the rule means.", examples=["Europe/Berlin"]
    )


def with_start(schedule: "Schedule") -> "Schedule":
    """The same schedule with the start of its rule spelled out, so that nobody has to count from another."""
    if not isinstance(schedule, RRuleSchedule) or "DTSTART" in schedule.rrule.upper():
        return schedule
    start = _start(schedule.rrule, ZoneInfo(schedule.timezone or "UTC"))
    return schedule.model_copy(update={"rrule": f"DTSTART:{start:%Y%m%dT%H%M%S}\n{schedule.rrule}"})


def _start(rule: str, zone: ZoneInfo) -> datetime:
    """The start of 2020; of runs that follow each other fast, one shortly before now, at the same distances from it."""
    parts = dict(_parts(rule))
    unit = {"SECONDLY": 1, "MINUTELY": 60}.get(parts["FREQ"]) if isinstance(_parsed(rule), rrule.rrule) else None
    if unit is None or "COUNT" in parts:
        return FIRST_OF_2020
    period = unit * int(parts.get("INTERVAL", 1))
    elapsed = (utc_now().astimezone(zone).replace(tzinfo=None) - FIRST_OF_2020) // timedelta(seconds=1)
    return FIRST_OF_2020 + timedelta(seconds=elapsed // period * period)


Schedule = IntervalSchedule | CronSchedule | RRuleSchedule

NewSchedule = Annotated[Schedule, AfterValidator(with_start)]
"""A schedule as requests give it."""
