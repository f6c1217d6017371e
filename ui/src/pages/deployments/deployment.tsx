import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch, post } from "@/api/client";
import { useChange } from "@/api/lists";
import type { Deployment, FlowRun } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { Id } from "@/parts/copy";
import { DeleteButton } from "@/parts/delete-button";
import { Confirm } from "@/parts/dialog";
import { JsonView } from "@/parts/json-view";
import { Failure, Loading } from "@/parts/notice";
import { Facts, PageBody, PageHead, Section } from "@/parts/page-head";
import { Tags } from "@/parts/table";
import { When } from "@/parts/when";
import { LastRuns, NextRuns } from "../flows/runs";
import { RunDialog } from "./run-dialog";
import { Schedules } from "./schedule";
import { DeploymentStatus } from "./status";

function Limit({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const current = deployment.global_concurrency_limit?.limit;
  const [limit, setLimit] = useState(current ? String(current) : "");
  const change = useChange(() => patch(`deployments/${deployment.id}`, { concurrency_limit: limit === "" ? null : Number(limit) }), onClose);
  return (
    <Confirm title="Runs at once" action="Save" busy={change.isPending} error={change.error?.message} onConfirm={() => change.mutate()} onClose={onClose}>
      <label className="flex items-center gap-2">
        At most
        <input type="number" min={1} className="field w-24" placeholder="no limit" value={limit} onChange={({ target }) => setLimit(target.value)} />
      </label>
    </Confirm>
  );
}

/** What will this deployment run, when, and how did it go? */
export default function DeploymentPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"run" | "limit" | null>(null);
  const query = useQuery({ queryKey: ["one", "deployments", id], queryFn: ({ signal }) => get<Deployment>(`deployments/${id}`, signal) });
  const pause = useChange((paused: boolean) => post(`deployments/${id}/${paused ? "pause" : "resume"}_deployment`));
  const quickRun = useChange(async () => {
    const run = await post<FlowRun>(`deployments/${id}/create_flow_run`, { state: { type: "SCHEDULED" } });
    void navigate({ to: `/runs/flow-run/${run.id}` });
  });
  useTitle(query.data?.name);
  if (query.error) return <Failure error={query.error} />;
  if (!query.data) return <Loading />;
  const deployment = query.data;
  const filters = { deployments: { id: { any_: [id] } } };
  const error = pause.error ?? quickRun.error;
  const pool = deployment.work_pool_name;
  return (
    <PageBody>
      <PageHead title={deployment.name} up={["/deployments", "Deployments"]}>
        <Id id={id} />
        <button type="button" className="button button-primary" disabled={quickRun.isPending} onClick={() => quickRun.mutate()}>
          Run
        </button>
        <button type="button" className="button" onClick={() => setDialog("run")}>
          Run with…
        </button>
        <button type="button" className="button" disabled={pause.isPending} onClick={() => pause.mutate(!deployment.paused)}>
          {deployment.paused ? "Resume" : "Pause"}
        </button>
        <DeleteButton what={`the deployment ${deployment.name}`} path={`deployments/${id}`} onDone={() => void navigate({ to: "/deployments" })}>
          <p>Its schedules and planned runs go with it; runs that have started stay.</p>
        </DeleteButton>
      </PageHead>
      {error && <Failure error={error} />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Section title="Deployment">
          <Facts
            facts={[
              ["Status", <DeploymentStatus key="status" deployment={deployment} />],
              ["Flow", <Link key="flow" className="link" to={`/flows/flow/${deployment.flow_id}`}>Open the flow</Link>],
              ["Description", deployment.description],
              ["Work pool", pool && <Link key="pool" className="link" to={`/work-pools/work-pool/${encodeURIComponent(pool)}`}>{pool}</Link>],
              ["Work queue", deployment.work_queue_name],
              ["Entrypoint", deployment.entrypoint && <code key="entrypoint" className="font-mono text-xs">{deployment.entrypoint}</code>],
              ["Version", deployment.version],
              ["Tags", <Tags key="tags" tags={deployment.tags} />],
              [
                "Runs at once",
                <span key="limit" className="flex items-center gap-2">
                  {deployment.global_concurrency_limit?.limit ?? "no limit"}
                  <button type="button" className="link text-xs" onClick={() => setDialog("limit")}>
                    Change
                  </button>
                </span>,
              ],
              ["Created", <When key="created" at={deployment.created} />],
              ["Updated", <When key="updated" at={deployment.updated} />],
            ]}
          />
        </Section>
        <div className="flex min-w-0 flex-col gap-4">
          <Schedules deployment={deployment} />
          <NextRuns filters={filters} />
        </div>
      </div>
      <LastRuns filters={filters} />
      <Section title="Parameters">
        <JsonView value={deployment.parameters ?? {}} />
      </Section>
      {dialog === "run" && <RunDialog deployment={deployment} onClose={() => setDialog(null)} />}
      {dialog === "limit" && <Limit deployment={deployment} onClose={() => setDialog(null)} />}
    </PageBody>
  );
}
