"""Events a page at a time, and how many there are."""

from datetime import UTC, datetime, timedelta

import pytest

from lictor.db.base import utc_now
from tests.events.listener import plain_event
from tests.make import NOON

EVER = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
HOUR = timedelta(hours=1)


async def tell(api, *events):
    reply = await api.post("/events", json=list(events))
    assert reply.status_code == 204, reply.text


@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_all_pages_hold_each_event_once(api, order):
    # Many at the same moment: the ids tell them apart.
    told = [plain_event(occurred=(NOON + number // 7 * HOUR).isoformat()) for number in range(23)]
    await tell(api, *told)
    reply = await api.post("/events/filter", json={"filter": {"occurred": EVER, "order": order}, "limit": 5})
    pages = [page := reply.json()]
    await tell(api, plain_event(occurred=NOON.isoformat()))  # what comes in between moves nothing
    while page["next_page"] is not None:
        assert page["next_page"].startswith("http://localhost/api/events/filter/next?page-token=")
        page = (await api.get(page["next_page"])).json()
        pages.append(page)
    found = [event["id"] for page in pages for event in page["events"]]
    expected = [event["id"] for event in sorted(told, key=lambda event: (event["occurred"], event["id"]))]
    if order == "DESC":
        expected.reverse()
    assert [id for id in found if id in expected] == expected
    assert {page["total"] for page in pages} == {23}


async def test_a_page_takes_two_statements(api, statements):
    await tell(api, plain_event())
    statements.clear()
    reply = await api.post("/events/filter", json={"filter": {"any_resource": {"id": ["thing.1"]}}})
    assert reply.json()["total"] == 1
    assert len(statements) == 2, statements


@pytest.mark.parametrize("token", ["", "x", "e30", "bnVsbA", "ü", "W10", "eyJmaWx0ZXIiOnt9fQ"])
async def test_what_is_no_token_is_forbidden(api, token):
    reply = await api.get("/events/filter/next", params={"page-token": token})
    assert reply.status_code == 403


async def test_one_event_of_each_resource(api):
    told = [
        plain_event(about=f"thing.{number % 3}", occurred=(NOON + number * HOUR).isoformat()) for number in range(9)
    ]
    await tell(api, *told)
    asked = {"occurred": EVER, "resource": {"distinct": True}}
    reply = (await api.post("/events/filter", json={"filter": asked, "limit": 2})).json()
    assert [event["id"] for event in reply["events"]] == [told[8]["id"], told[7]["id"]]
    assert reply["total"] == 3
    rest = (await api.get(reply["next_page"])).json()
    assert [event["id"] for event in rest["events"]] == [told[6]["id"]]
    assert rest["next_page"] is None
    asked["order"] = "ASC"
    reply = (await api.post("/events/filter", json={"filter": asked})).json()
    assert [event["id"] for event in reply["events"]] == [event["id"] for event in told[:3]]


async def test_without_a_filter_the_events_of_half_a_year_are_listed(api):
    now = utc_now()
    ages = {0: plain_event(), 179: None, 182: None}
    for days in (179, 182):
        ages[days] = plain_event(occurred=(now - timedelta(days=days)).isoformat())
    await tell(api, *ages.values(), plain_event(occurred=(now + HOUR).isoformat()))
    reply = (await api.post("/events/filter")).json()
    assert [event["id"] for event in reply["events"]] == [ages[0]["id"], ages[179]["id"]]


async def test_an_empty_page(api):
    await tell(api, plain_event())
    reply = (await api.post("/events/filter", json={"limit": 0})).json()
    assert reply == {"events": [], "total": 1, "next_page": None}


async def test_count_by_name_and_by_resource(api):
    def named(name):
        return {"labels": {"prefect.resource.name": name}}

    await tell(
        api,
        plain_event("started", "a", occurred=NOON.isoformat(), **named("old")),
        plain_event("started", "a", occurred=(NOON + HOUR).isoformat(), **named("new")),
        plain_event("ended", "a", occurred=(NOON + 2 * HOUR).isoformat(), **named("new")),
        plain_event("ended", "b", occurred=NOON.isoformat(), labels={"prefect.name": "bee"}),
        plain_event("ended", "c", occurred=NOON.isoformat()),
    )
    asked = {"filter": {"occurred": {"since": "2026-05-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}}}
    counts = (await api.post("/events/count-by/resource", json=asked)).json()
    assert [(c["value"], c["label"], c["count"]) for c in counts] == [("a", "new", 3), ("b", "bee", 1), ("c", "c", 1)]
    assert (counts[0]["start_time"], counts[0]["end_time"]) == ("2026-06-01T12:00:00Z", "2026-06-01T14:00:00Z")
    counts = (await api.post("/events/count-by/event", json=asked)).json()
    assert [(c["value"], c["label"], c["count"]) for c in counts] == [("ended", "ended", 3), ("started", "started", 2)]


async def test_count_by_time(api):
    await tell(api, *(plain_event(occurred=(NOON + minutes * HOUR / 60).isoformat()) for minutes in (0, 29, 30, 100)))
    occurred = {"since": "2026-06-01T11:45:00Z", "until": "2026-06-01T13:45:00Z"}
    asked = {"filter": {"occurred": occurred}, "time_unit": "hour", "time_interval": 0.5}
    counts = (await api.post("/events/count-by/time", json=asked)).json()
    assert [count["count"] for count in counts] == [0, 2, 1, 0, 1]
    assert counts[1] == {
        "value": "1",
        "label": "2026-06-01T12:00:00+00:00",
        "count": 2,
        "start_time": "2026-06-01T12:00:00Z",
        "end_time": "2026-06-01T12:29:59.999999Z",
    }
    assert [count["count"] for count in (await api.post("/events/count-by/day", json=asked)).json()] == [4]


async def test_intervals_end_with_the_present_one(api):
    now = datetime.now(UTC)
    occurred = {"since": (now - timedelta(days=2)).isoformat(), "until": (now + timedelta(days=300)).isoformat()}
    await tell(api, plain_event(), plain_event(occurred=(now + timedelta(days=100)).isoformat()))
    counts = (await api.post("/events/count-by/day", json={"filter": {"occurred": occurred}})).json()
    assert [count["count"] for count in counts] == [0, 0, 1]


@pytest.mark.parametrize(
    ("countable", "asked", "status"),
    [
        ("time", {"time_unit": "second"}, 422),
        ("event", {"time_unit": "minute"}, 422),
        ("time", {"time_interval": 0.001}, 422),
        ("time", {"time_interval": 1e300}, 422),
        ("time", {"time_unit": "month"}, 422),
        ("month", {}, 422),
        ("time", {"time_interval": 100_000}, 200),
    ],
)
async def test_intervals_have_bounds(api, countable, asked, status):
    reply = await api.post(f"/events/count-by/{countable}", json={"filter": {}, **asked})
    assert reply.status_code == status, reply.text
