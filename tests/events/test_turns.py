"""Under load the sources of events take turns."""

import orjson

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.events import recorder as recorders
from lictor.events.decoding import decode_event
from lictor.events.recorder import Recorder
from lictor.settings.events import EventSettings
from tests.events.sender import task_run_event


async def test_who_sends_much_does_not_keep_others_waiting(db, monkeypatch):
    monkeypatch.setattr(recorders, "MAX_BATCH_EVENTS", 2)
    recorder = Recorder(db)
    sent = {"much": [], "little": []}
    for source, events in (("much", 5), ("little", 1)):
        for _ in range(events):
            text = orjson.dumps(task_run_event(uuid7())).decode()
            arrival = decode_event(text, utc_now(), EventSettings())
            sent[source].append(arrival)
            await recorder.add(arrival, source)
    batches = [[arrival for one in recorder._next_batch() for arrival in one.pending_events] for _ in range(3)]
    much, little = sent["much"], sent["little"]
    assert batches == [much[:2], [*little, much[2]], much[3:]]
