"""When Prefect's own schedules run: reads cases of JSON from standard input, prints the moments of each."""

import asyncio
import datetime as dt
import json
import sys

from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule


def schedule_of(fields):
    kind = {"interval": IntervalSchedule, "cron": CronSchedule, "rrule": RRuleSchedule}
    return next(kind[name] for name in kind if name in fields)(**fields)


async def occurrences(case):
    moment = dt.datetime.fromisoformat
    dates = await schedule_of(case["schedule"]).get_dates(n=case["n"], start=moment(case["start"]))
    return [date.astimezone(dt.UTC).isoformat() for date in dates]


async def main():
    return [await occurrences(case) for case in json.load(sys.stdin)]


print(json.dumps(asyncio.run(main())))
