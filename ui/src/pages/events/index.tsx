import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, post } from "@/api/client";
import { listen } from "@/api/streams";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { bounds, useNow, useZone, type Range } from "@/lib/time";
import { Details } from "@/parts/details";
import { JsonView } from "@/parts/json-view";
import { Empty, Failure, Loading } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { TimeRange } from "@/parts/time-range";
import { Moment } from "@/parts/when";

interface Resource {
  "prefect.resource.id"?: string;
  "prefect.resource.name"?: string;
  "prefect.resource.role"?: string;
}

interface Event {
  id: string;
  occurred: string;
  event: string;
  resource: Resource;
  related?: Resource[];
  payload?: unknown;
}

interface EventPage {
  events: Event[];
  total: number;
  next_page: string | null;
}

const MAX_WAITING = 1000;
const PAGES: [prefix: string, path: string][] = [
  ["prefect.flow-run.", "/runs/flow-run/"],
  ["prefect.task-run.", "/runs/task-run/"],
  ["prefect.flow.", "/flows/flow/"],
  ["prefect.deployment.", "/deployments/deployment/"],
  ["prefect.automation.", "/automations/automation/"],
];

/** What an event is about, with a way there where a page shows it. */
function Subject({ resource }: { resource: Resource }) {
  const id = resource["prefect.resource.id"] ?? "";
  const name = resource["prefect.resource.name"] ?? id;
  const [prefix, path] = PAGES.find(([each]) => id.startsWith(each)) ?? [];
  if (!prefix || !path) return <span title={id}>{name}</span>;
  return (
    <Link to={path + id.slice(prefix.length)} className="link" title={id}>
      {name}
    </Link>
  );
}

function Row({ event }: { event: Event }) {
  const summary = (
    <summary className="flex cursor-pointer flex-wrap items-center gap-x-4">
      <span className="w-[170px] text-xs text-muted">
        <Moment at={event.occurred} />
      </span>
      <span className="min-w-0 flex-1 truncate font-mono text-xs">{event.event}</span>
    </summary>
  );
  return (
    <li className="flex flex-wrap gap-x-4 border-t border-line px-3 py-1.5 text-sm first:border-t-0">
      <Details className="peer min-w-0 flex-1 open:basis-full" summary={summary}>
        {() => (
          <div className="py-2 pl-4">
            {event.related && event.related.length > 0 && (
              <p className="flex flex-wrap gap-x-3 text-xs text-muted">
                Related:
                {event.related.map((each, number) => (
                  <span key={number}>
                    {each["prefect.resource.role"]} <Subject resource={each} />
                  </span>
                ))}
              </p>
            )}
            <JsonView value={event} />
          </div>
        )}
      </Details>
      <span className="max-w-[40%] truncate peer-open:order-first">
        <Subject resource={event.resource} />
      </span>
    </li>
  );
}

interface Filter {
  event?: { prefix: string[] };
  resource?: { id: string[] };
}

/** What happened, and what happens now? */
export default function EventsPage() {
  useTitle("Events");
  const [search, setSearch] = useSearch();
  const zone = useZone();
  const now = useNow(60);
  const name: string = text(search, "name", "");
  const resource: string = text(search, "resource", "");
  const range = text<Range>(search, "range", "24h");
  const [waiting, setWaiting] = useState<Event[]>([]);
  const [more, setMore] = useState<EventPage[]>([]);
  const filter: Filter = { ...(name ? { event: { prefix: [name] } } : {}), ...(resource ? { resource: { id: [resource] } } : {}) };
  const key = JSON.stringify([filter, range]);
  const since = bounds(range, zone, now)?.[0];
  const first = useQuery({
    queryKey: ["events", key],
    queryFn: ({ signal }) => post<EventPage>("events/filter", { limit: 50, filter: { ...filter, ...(since && { occurred: { since: new Date(since).toISOString() } }), order: "DESC" } }, signal),
  });
  useEffect(() => {
    setWaiting([]);
    setMore([]);
    const [current] = JSON.parse(key) as [Filter, Range];
    return listen<Event>("events", current, { onItem: (event) => setWaiting((events) => [event, ...events].slice(0, MAX_WAITING)) });
  }, [key]);
  const showNew = () => {
    setWaiting([]);
    setMore([]);
    void first.refetch();
  };
  const last = more.at(-1) ?? first.data;
  const showMore = async () => {
    const address = last?.next_page;
    if (!address) return;
    const next = await get<EventPage>(`events/filter/next${new URL(address).search}`);
    setMore((pages) => [...pages, next]);
  };
  const events = [...(first.data?.events ?? []), ...more.flatMap((each) => each.events)];
  return (
    <PageBody>
      <PageHead title="Events">
        <input className="field w-56 font-mono" placeholder="prefect.flow-run." aria-label="How names begin" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
        <input className="field w-56 font-mono" placeholder="id of a resource" aria-label="Id of a resource" value={resource} onChange={({ target }) => setSearch({ resource: target.value }, { replace: true })} />
        <TimeRange range={range} onChange={(chosen) => setSearch({ range: chosen })} />
      </PageHead>
      <section className="panel" aria-label="Events">
        <header className="panel-head text-sm text-muted">
          {first.data && `${first.data.total.toLocaleString("en")} in this time`}
          {waiting.length > 0 && (
            <button type="button" className="button ml-auto" onClick={showNew}>
              {waiting.length >= MAX_WAITING ? `${MAX_WAITING}+` : waiting.length} new
            </button>
          )}
        </header>
        {first.error ? <Failure error={first.error} onRetry={() => void first.refetch()} /> : first.isPending ? <Loading rows={8} /> : null}
        {first.data && !events.length && <Empty title="Nothing of this happened in this time." />}
        <ul>
          {events.map((event) => (
            <Row key={event.id} event={event} />
          ))}
        </ul>
        {last?.next_page && (
          <div className="p-2 text-center">
            <button type="button" className="button" onClick={() => void showMore()}>
              Show more
            </button>
          </div>
        )}
      </section>
    </PageBody>
  );
}
