"""What shows that the rows of docs/compatibility.md are true, beside the requests in `told_requests.py` and `told_sequences.py`.

`tests/test_compatibility_page.py` holds that no row is without any of the three.
"""

COMPARED = {
    # Requests
    "NaN, an infinity, or a number too large for a float": "test_bad_requests::test_bad_requests",
    "a body that says it is text or a form": "test_bad_requests::test_bad_requests",
    "a change with neither the password nor a CSRF token": "test_protection::test_strangers_are_refused",
    "a password or a CSRF token that is not ASCII": "test_protection::test_strangers_are_refused",
    "`/docs`, `/redoc` and `/openapi.json` with a password": "test_protection::test_the_documents_ask_for_the_password",
    # Answers
    "CSRF errors": "test_protection::test_a_page_elsewhere_can_read_that_it_lacks_a_token",
    "moments such as `12:00` and `now`, which are not ISO 8601": "test_bad_requests::test_bad_requests",
    "a dashboard's counts with `work_pools`, or with `or_` beyond its window": "test_deviations::test_dashboard_of_work_pools",
    # Runs and their states
    "leaving a completed state whose data is text or a list": "test_write_task_runs::test_retries",
    "resuming a paused run in vain": "test_write_flow_run_inputs::test_resume_with_input",
    "`GET /task_run_states/{id}` of a state that is not there": "test_bad_requests::test_bad_requests",
    "`GET /flows/name/...` with a line break in the name": "test_write_flows::test_flow_names_and_labels",
    "ids of new flows and flow runs": "test_told_differences::test_ids_come_in_the_order_of_time",
    # Inputs and graphs of flow runs
    "resuming with a schema that is none, or with a keyset that lacks a key": "test_write_flow_run_inputs::test_resume_with_input",
    "a graph's `since` without an offset": "test_flow_run_views::test_graphs",
    "a graph of the first version with inputs that are no task runs": "test_flow_run_views::test_graphs",
    # Logs, variables, artifacts and saved searches
    "half a surrogate pair in a log's message or logger": "test_write_logs::test_levels_beyond_small_integers",
    "a level past 2^15, on SQLite past 2^63": "test_write_logs::test_levels_beyond_small_integers",
    "a search of several parts in a filter with `or_`": "test_write_logs::test_text_search",
    # Concurrency limits
    "resetting the limit on a tag": "test_write_concurrency_limits::test_task_runs_on_a_tag",
    "a negative limit on a tag": "test_write_concurrency_limits::test_life_of_a_limit_on_a_tag",
    # Schedules and their runs
    "an interval below a day, in the hour that comes twice": "test_occurrences::test_where_prefects_schedules_differ",
    "recurrence rules after 2037": "test_occurrences::test_where_prefects_schedules_differ",
    # Deployments, work pools and queues
    "a body that is no object": "test_write_deployments::test_deployment_life",
    "a name of a deployment, or of a queue to be made for one, with `/`, `%`, `&`, `<` or `>`": "test_write_deployments::test_refused_deployments",
    "`null` for what cannot be absent in a deployment, pool or queue, in a `PATCH`": "test_write_deployments::test_deployment_life",
    "`POST /work_queues/{id}/get_runs`": "test_sdk_reads::test_every_read_finds_what_is_stored",
    # Blocks
    "an update that merges, of a document with blocks within that it does not speak of": "test_write_blocks::test_changing_a_block_document",
    "a `block_document_id` that is none": "test_write_blocks::test_refused_block_documents",
    "a schema whose `definitions` or `block_schema_references` are not what they must be, or lack a block": "test_write_blocks::test_refused_block_schemas",
}
"""The test that asks both servers, and fails where they no longer differ."""

_ORDER = "What may come in any order may come in ours."
_SAME = "It tells of no difference."
_MEMORY = "Prefect's side is what it keeps in memory: to lose it, its server would have to end."
_LATER = "Prefect's side is that nothing happens, or that it happens some time later."
_FAST = "Prefect's side needs events or requests at a pace that no test can promise."
_BREAKS = "Prefect's side is a row that then breaks the lists of every other test on that server."
_HANGS = "Prefect's server would hang, or be ended, for all other tests."
_SERVICE = "Prefect's side is a service, which rests in these tests so that others can compare."
_LIMITS = "Only a bound of ours: Prefect has none."
_START = "It is about how a server is started."
_TRIGGERS = "Random streams compare what both tell; this needs a moment or a pace that these cannot have."

UNASKED = {
    # Requests
    "a body in chunks without a content type": "The comparison's client always names the type.",
    "an event of a run that has more than 500 tags": _LIMITS,
    "an answer past `LICTOR_MAX_RESPONSE_BYTES` (64 MiB)": _LIMITS,
    "half a request, or an answer that is not read": _LATER,
    "the database is gone": _HANGS,
    "a schema or a template that takes more than a second, or 512 MB": _HANGS,
    "an authentication string without a colon": _START,
    # Answers
    "objects that the sort does not tell apart": _ORDER,
    "the states of an interval of a history; the order of errors for a body that is no object": _SAME,
    "runs without a state, in a history": _BREAKS,
    "a dashboard's run in the last microseconds of its window": _BREAKS,
    "the document at `/openapi.json`": "It follows from where each server mounts its routes.",
    "the times of a history on SQLite": "Ours are compared with the rows; Prefect's are near, and may be equal by chance.",
    "`null` for an optional parameter of a body": "It is about the documents, whose comparison allows for it.",
    # Runs and their states
    "the average lateness on SQLite": "Ours is compared with the rows; Prefect's is near, and may be equal by chance.",
    "a tag limit on SQLite, when a task run is to run": _HANGS,
    "a limit of zero beside another limit": "Which slots stay taken depends on the order in which Prefect's database gives the limits.",
    "a run whose lease on a deployment's slot has expired, when it is over": _LATER,
    "such a run, when it starts before it is due": _LATER,
    "a client that does not renew leases, when it starts": _MEMORY,
    "a state's message of more than 100,000 characters, in an event": _SERVICE,
    "a name of a state, or a tag, of about 2,500 bytes, in an event": _SERVICE,
    "`request_body` in an answer to an invalid request": "Every comparison of a refusal checks ours, and leaves out Prefect's.",
    # Inputs and graphs of flow runs
    "an edge of a graph": _ORDER,
    "runs without a state, in a graph or in the dashboard's history": _BREAKS,
    "the next run of a flow, where two are due at once": _ORDER,
    # Logs, variables, artifacts and saved searches
    "logs of a run that was deleted": _LATER,
    "logs of one moment, in lists and downloads": _ORDER,
    "the latest artifact of a key that several write at once": _FAST,
    # Events and the task runs that are recorded from them
    "the answer to a ping on `/events/in`, and 204 of `POST /events`": _FAST,
    "more events than can be written": _FAST,
    "an event on the websocket that is not valid": "The comparison of events has no websocket.",
    "an event with a NUL character": _LATER,
    "an event of a write that then fails or is tried again": _FAST,
    "states of a task run with the same timestamp": _LATER,
    "a field of a task run that its last event does not tell": _LATER,
    "a name of a task run, or of its state, of more than 2,500 bytes": _LATER,
    "prefixes and patterns in a filter of events, on SQLite": "It differs by database.",
    "text in other letters than ASCII, searched in events on SQLite": "It depends on the SQLite that Prefect runs on.",
    "events of one moment": _ORDER,
    "pages of events while new ones arrive": _FAST,
    "counts by `time` on SQLite": "It differs by database.",
    "`related` in the filter of a stream": "The comparison has no streams.",
    "the filter of a stream without `occurred.until`": "The comparison has no streams.",
    "a client of a stream that is too slow": _FAST,
    "a search for `text` in a stream of logs": "The comparison has no streams.",
    "task runs that wait for a task worker": _MEMORY,
    "a task worker that dies with a task run which it has not begun": _MEMORY,
    "the task workers of several servers": _MEMORY,
    "a search of observed states in letters other than ASCII, on SQLite": "It depends on the SQLite that Prefect runs on.",
    # Automations
    "the order of `after`, `expect` and `for_each` in answers": _ORDER,
    "an event that is recorded twice": _LATER,
    "events that arrive out of their order": _TRIGGERS,
    "an event that lies in the future": _TRIGGERS,
    "windows of time that end while no server runs, or nobody looks": _TRIGGERS,
    "a window of a proactive trigger in which enough happened": _TRIGGERS,
    "a proactive trigger with `after` and without `for_each`": _TRIGGERS,
    "an automation whose trigger matches what it tells of itself": _HANGS,
    "an action that fails for a reason that may pass": _LATER,
    "a webhook that answers with 300 or more": _LATER,
    "webhooks and notifications to loopback, link-local and private addresses": _LATER,
    "`actions_on_resolve`": _SAME,
    "tags of a flow run notification policy": "Prefect 3.9.1 has no policies; ours are tested.",
    # Concurrency limits
    "leases, by default": _MEMORY,
    "a lease that expires, or ends, while its limit is not active": _LATER,
    "`decrement`, where slots are held by leases": "The answers are equal; what differs is how many slots are left, which ours are tested for.",
    "slots that are given to a client which hangs up before the answer": _FAST,
    "slots of a rate, asked for in vain in between": _FAST,
    "changing a limit with a rate": _FAST,
    "resetting or deleting the limit on a tag": _LATER,
    "limits on tags behind many other limits, in a list": "It takes more limits than other tests can bear in their lists.",
    "the limits in an answer to taking or giving back slots": _ORDER,
    # Schedules and their runs
    "an interval of days and hours across a transition": "Prefect has two answers, one of its API and one of its scheduler.",
    "a slot whose run a deploy took away, and whose time passes before the scheduler comes round": _SERVICE,
    "a schedule's `max_scheduled_runs`": _SERVICE,
    "a run that cannot be created, among others in a bulk": "Its words are compared by what they must say.",
    # Deployments, work pools and queues
    "`created_by` and `updated_by` of a deployment that an automation makes": _SERVICE,
    # Work pools, workers and the runs they start
    "the status of workers, pools, queues and deployments": _SERVICE,
    "the moment of a poll": _FAST,
    "the timeouts of polls, `PREFECT_SERVER_SERVICES_FOREMAN_..._LAST_POLLED_TIMEOUT_SECONDS`": _SERVICE,
    "two workers, or two processes that serve the same deployment, that poll at the same time": "Clients are told apart by their connections, of which the comparison keeps none.",
    "runs that were given to a worker, and are not pending yet, beside a limit of a pool or queue": "Clients are told apart by their connections, of which the comparison keeps none.",
    "a worker that dies between `PENDING` and the start of a run": _LATER,
    "a run that sent heartbeats and fell silent for three of them": _LATER,
    "a run without heartbeats whose worker, of a pool of the type `process`, went offline": _LATER,
    "what a run reports that was given up as crashed": _LATER,
    "a run of a deployment or a work pool that is pending for more than an hour (`LICTOR_PENDING_TIMEOUT`)": _LATER,
    "a slot of a deployment's limit that is free again: given back, of a lease that expired, or because the limit was raised or deleted": _SERVICE,
    "a run that began before its deployment had a limit, when it is over": "It takes a deployment whose limit comes while a run of it runs; ours is tested.",
    "what is to be torn down after a cancellation that timed out": _MEMORY,
    "task runs that are told of after their flow run was cancelled": _SERVICE,
    "kinds of workers and blocks in `/collections/views`": "Prefect's side comes from the network.",
    "`aggregate-flow-metadata` and `demo-flows`, without a network": "Prefect's side depends on the network.",
    # Blocks
    "descriptions and code examples of the system's blocks": "They are texts, of which `system_blocks.py` compares what is alike.",
    "fields of the system's schemas": "They are texts, of which `system_blocks.py` compares what is alike.",
    "documents nested more than 50 levels deep, or more than 1,000 in one": _HANGS,
    "a document that was encrypted with a key that the server does not have": _START,
    "a key that is given after documents were encrypted with the database's own": _START,
}
"""Why no test asks Prefect: what Lictor does has tests of its own all the same."""
