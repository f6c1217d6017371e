import { useEvents } from "@/api/flow-run";
import { JsonView } from "./json-view";
import { Empty, Failure, Loading } from "./notice";
import { Moment } from "./when";

/** What happened to something, the first event first. */
export function EventList({ resource }: { resource: string }) {
  const { data, error, isPending } = useEvents(resource);
  if (error) return <Failure error={error} />;
  if (isPending) return <Loading />;
  if (!data.events.length) return <Empty title="No event tells of it. Events are kept for a time only." />;
  return (
    <div className="p-3">
      {data.total > data.events.length && (
        <p className="mb-2 text-xs text-muted">
          The first {data.events.length} of {data.total}.
        </p>
      )}
      <ol>
        {data.events.map((event) => (
          <li key={event.id} className="border-t border-line py-1 text-sm first:border-t-0">
            <details>
              <summary className="flex cursor-pointer gap-3">
                <span className="text-xs text-muted">
                  <Moment at={event.occurred} />
                </span>
                <code className="min-w-0 truncate font-mono text-xs">{event.event}</code>
                <span className="truncate text-muted">{event.resource["prefect.resource.name"]}</span>
              </summary>
              <JsonView value={event} />
            </details>
          </li>
        ))}
      </ol>
    </div>
  );
}
