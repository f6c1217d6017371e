import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch, post, put } from "@/api/client";
import { useChange } from "@/api/lists";
import { useTitle } from "@/lib/hooks";
import { Id } from "@/parts/copy";
import { DeleteButton } from "@/parts/delete-button";
import { Details } from "@/parts/details";
import { JsonView } from "@/parts/json-view";
import { Failure, Loading } from "@/parts/notice";
import { Facts, PageBody, PageHead, Section } from "@/parts/page-head";
import { Tags } from "@/parts/table";
import { When } from "@/parts/when";
import { AutomationDialog } from "./dialog";
import { actionText, triggerText, type Automation } from "./types";

interface FiringAction {
  id: string;
  type: string;
  status: string;
  attempts: number;
  due: string | null;
  finished: string | null;
  error: string | null;
  result: unknown;
}

interface Firing {
  id: string;
  fired: string;
  is_test: boolean;
  events: Record<string, unknown>[];
  actions: FiringAction[];
}

function Delivery({ action }: { action: FiringAction }) {
  const retry = useChange(() => post(`automations/actions/${action.id}/retry`));
  const failed = Boolean(action.error);
  return (
    <li className="flex flex-wrap items-center gap-x-3 py-0.5">
      <span className="font-medium">{actionText(action)}</span>
      <span className={failed ? "text-danger" : "text-muted"}>
        {failed ? "✕" : "●"} {action.status.toLowerCase().replaceAll("_", " ")}
        {action.attempts > 1 && `, ${action.attempts} attempts`}
      </span>
      {action.finished && <When at={action.finished} className="text-muted" />}
      {action.error && <span className="min-w-0 break-words text-danger">{action.error}</span>}
      {action.status === "FAILED" && (
        <button type="button" className="button h-6" disabled={retry.isPending} onClick={() => retry.mutate()}>
          Try again
        </button>
      )}
      {retry.error && <span className="text-danger">{retry.error.message}</span>}
    </li>
  );
}

function Firings({ firings }: { firings: Firing[] }) {
  if (!firings.length) return <p className="p-3 text-sm text-muted">It has not fired yet.</p>;
  return (
    <ul className="text-sm">
      {firings.map((firing) => (
        <li key={firing.id} className="border-t border-line px-3 py-2 first:border-t-0">
          <Details
            summary={
              <summary className="cursor-pointer">
                <When at={firing.fired} /> {firing.is_test && <span className="tag">test</span>}{" "}
                <span className="text-muted">{firing.events.map((event) => String(event.event ?? "")).join(", ")}</span>
              </summary>
            }
          >
            {() => <JsonView value={firing.events} />}
          </Details>
          <ul className="mt-1 pl-4">
            {firing.actions.map((action) => (
              <Delivery key={action.id} action={action} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

/** What the API takes to replace an automation: all of it but what the server keeps. */
function replaceable({ id, created, updated, ...rest }: Automation): object {
  void [id, created, updated];
  return rest;
}

/** When does it fire, what did it do, and did that arrive? */
export default function AutomationPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const query = useQuery({ queryKey: ["one", "automations", id], queryFn: ({ signal }) => get<Automation>(`automations/${id}`, signal) });
  const firings = useQuery({ queryKey: ["one", "automations", id, "firings"], queryFn: ({ signal }) => get<Firing[]>(`automations/${id}/firings`, signal), refetchInterval: 5000 });
  const toggle = useChange((enabled: boolean) => patch(`automations/${id}`, { enabled }));
  const test = useChange(() => post(`automations/${id}/test`));
  useTitle(query.data?.name);
  if (query.error) return <Failure error={query.error} />;
  if (!query.data) return <Loading />;
  const automation = query.data;
  const error = toggle.error ?? test.error;
  return (
    <PageBody>
      <PageHead title={automation.name} up={["/automations", "Automations"]}>
        <Id id={id} />
        <button type="button" className="button" disabled={test.isPending} title="Fires it once with a sample event: its actions are carried out" onClick={() => test.mutate()}>
          Test
        </button>
        <button type="button" className="button" onClick={() => setEditing(true)}>
          Edit…
        </button>
        <button type="button" className="button" disabled={toggle.isPending} onClick={() => toggle.mutate(!automation.enabled)}>
          {automation.enabled ? "Disable" : "Enable"}
        </button>
        <DeleteButton what={`the automation ${automation.name}`} path={`automations/${id}`} onDone={() => void navigate({ to: "/automations" })} />
      </PageHead>
      {error && <Failure error={error} />}
      <Section title="Automation">
        <Facts
          facts={[
            ["Enabled", automation.enabled ? "yes" : "no"],
            ["When", triggerText(automation.trigger)],
            ["Then", automation.actions.map(actionText).join(", ")],
            ["Description", automation.description],
            ["Tags", <Tags key="tags" tags={automation.tags} />],
            ["Events", <Link key="events" className="link" to="/events" search={{ resource: `prefect.automation.${id}` } as never}>Show its events</Link>],
          ]}
        />
      </Section>
      <Section title="Firings" note="and what became of their actions">
        {firings.error ? <Failure error={firings.error} /> : <Firings firings={firings.data ?? []} />}
      </Section>
      <Section title="JSON">
        <JsonView value={automation} />
      </Section>
      {editing && <AutomationDialog title={`Edit ${automation.name}`} value={replaceable(automation)} onSave={(body) => put(`automations/${id}`, body)} onClose={() => setEditing(false)} />}
    </PageBody>
  );
}
