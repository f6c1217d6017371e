"""What the real Prefect's evaluation makes of events, with a clock that the events set.

Reads cases from standard input, one JSON object a line, and writes for each which events led to which firings. Windows
of proactive triggers are looked at when they end.
"""

import asyncio
import json
import sys
from datetime import datetime, timedelta
from uuid import uuid4

import prefect.types._datetime
from prefect.server.database import provide_database_interface
from prefect.server.events import triggers
from prefect.server.events.models.automations import automations_session
from prefect.server.events.schemas.automations import Automation, Posture
from prefect.server.events.schemas.events import ReceivedEvent

clock = [datetime(2024, 1, 1)]
fired = []


def now(*_):
    """Never the same twice."""
    clock[0] += timedelta(microseconds=1)
    return clock[0]


async def act(firing):
    event = firing.triggering_event
    fired.append([str(event.id) if event else None, firing.triggering_labels])


async def no_offset():
    return 0.0


def in_order(event):
    automation = next(iter(triggers.automations_by_id.values()))
    order = [trigger.id for trigger in automation.triggers()]
    found = [trigger for trigger in triggers.triggers.values() if trigger.covers(event)]
    return sorted(found, key=lambda trigger: order.index(trigger.id))


async def end_windows(until):
    """Looks at the windows of proactive triggers that end by then, in their order."""
    while True:
        async with automations_session(begin_transaction=True) as session:
            ended = []
            for trigger in triggers.triggers.values():
                if trigger.posture == Posture.Proactive:
                    ended += [
                        (bucket.end, str(trigger.id), tuple(bucket.bucketing_key), trigger)
                        async for bucket in triggers.read_buckets_for_automation(session, trigger)
                        if bucket.end <= until
                    ]
            if not ended:
                return
            end, _, key, trigger = min(ended, key=lambda each: each[:3])
            clock[0] = max(clock[0], end)
            bucket = await triggers.read_bucket(session, trigger, key)
            if bucket.count >= trigger.threshold:
                await triggers.remove_bucket(session, bucket)
                if not trigger.for_each:
                    await triggers.ensure_bucket(
                        session, trigger, key, start=end, end=end + trigger.within, last_event=None
                    )
            else:
                await triggers.evaluate(session, trigger, bucket, end, None)
            await session.commit()


async def run(case):
    fired.clear()
    triggers.clear_loaded_automations()
    db = provide_database_interface()
    automation = Automation(id=uuid4(), name="x", trigger=case["trigger"], actions=[{"type": "do-nothing"}])
    async with automations_session(begin_transaction=True) as session:
        session.add(db.Automation(**automation.model_dump()))
        await session.commit()
    triggers.load_automation(automation)
    clock[0] = begin = datetime.fromisoformat(case["begin"])
    for trigger in list(triggers.triggers.values()):
        if trigger.posture == Posture.Proactive and not trigger.for_each and not trigger.after:
            async with automations_session(begin_transaction=True) as session:
                await triggers.ensure_bucket(
                    session, trigger, (), start=begin, end=begin + trigger.within, last_event=None
                )
                await session.commit()
    for told in case["events"]:
        event = ReceivedEvent.model_validate(told)
        await end_windows(event.occurred)
        clock[0] = max(clock[0], event.occurred)
        await triggers.reactive_evaluation(event)
    await end_windows(datetime.fromisoformat(case["end"]))
    print(json.dumps(fired), flush=True)


async def main():
    prefect.types._datetime.now = now
    triggers.act = act
    triggers.get_events_clock_offset = no_offset
    triggers.find_interested_triggers = in_order
    await provide_database_interface().create_db()
    for line in sys.stdin:
        await run(json.loads(line))


asyncio.run(main())
