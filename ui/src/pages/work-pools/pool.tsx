import { useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import { useTitle } from "@/lib/hooks";
import { DeleteButton } from "@/parts/delete-button";
import { Dialog, Confirm } from "@/parts/dialog";
import { JsonEditor } from "@/parts/json-view";
import { Command, Empty, Failure, Loading } from "@/parts/notice";
import { Facts, PageBody, PageHead, Section } from "@/parts/page-head";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";
import { LastRuns, NextRuns } from "../flows/runs";
import { Queues } from "./queues";
import { PoolStatus } from "./status";
import { poolPath, type Pool, type Worker } from "./types";

const WORKERS: Column<Worker>[] = [
  { name: "Worker", cell: (worker) => <span className="font-medium">{worker.name}</span> },
  { name: "Status", cell: (worker) => <PoolStatus status={worker.status} /> },
  { name: "Last heard of", cell: (worker) => <When at={worker.last_heartbeat_time} /> },
];

function Template({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(pool.base_job_template ?? {}, null, 2));
  const save = useChange(async () => patch(poolPath(pool.name), { base_job_template: JSON.parse(text) as unknown }), onClose);
  return (
    <Dialog title={`Base job template of ${pool.name}`} onClose={onClose} wide>
      <JsonEditor label="Base job template" value={text} onChange={setText} />
      {save.error && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {save.error.message}
        </p>
      )}
      <div className="mt-3 flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>
          Keep
        </button>
        <button type="button" className="button button-primary" disabled={save.isPending} onClick={() => save.mutate()}>
          Save
        </button>
      </div>
    </Dialog>
  );
}

function Settings({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const [limit, setLimit] = useState(pool.concurrency_limit != null ? String(pool.concurrency_limit) : "");
  const [description, setDescription] = useState(pool.description ?? "");
  const save = useChange(() => patch(poolPath(pool.name), { concurrency_limit: limit === "" ? null : Number(limit), description }), onClose);
  return (
    <Confirm title={`Work pool ${pool.name}`} action="Save" busy={save.isPending} error={save.error?.message} onConfirm={() => save.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[104px_1fr] items-center gap-2">
        <label htmlFor="pool-limit">Runs at once</label>
        <input id="pool-limit" type="number" min={0} className="field" placeholder="no limit" value={limit} onChange={({ target }) => setLimit(target.value)} />
        <label htmlFor="pool-description">Description</label>
        <input id="pool-description" className="field" value={description} onChange={({ target }) => setDescription(target.value)} />
      </div>
    </Confirm>
  );
}

/** Who works for this pool, what waits in it, and why? */
export default function WorkPoolPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"template" | "settings" | null>(null);
  const query = useQuery({ queryKey: ["one", "work_pools", name], queryFn: ({ signal }) => get<Pool>(poolPath(name), signal), refetchInterval: 15_000 });
  const workers = useList<Worker>(`${poolPath(name)}/workers/filter`, {}, { refetchInterval: 15_000 });
  const pause = useChange((is_paused: boolean) => patch(poolPath(name), { is_paused }));
  useTitle(name);
  if (query.error) return <Failure error={query.error} />;
  if (!query.data) return <Loading />;
  const pool = query.data;
  const filters = { work_pools: { name: { any_: [name] } } };
  return (
    <PageBody>
      <PageHead title={name} up={["/work-pools", "Work pools"]}>
        <button type="button" className="button" onClick={() => setDialog("settings")}>
          Settings…
        </button>
        <button type="button" className="button" onClick={() => setDialog("template")}>
          Job template…
        </button>
        <button type="button" className="button" disabled={pause.isPending} onClick={() => pause.mutate(!pool.is_paused)}>
          {pool.is_paused ? "Resume" : "Pause"}
        </button>
        <DeleteButton what={`the work pool ${name}`} path={poolPath(name)} onDone={() => void navigate({ to: "/work-pools" })}>
          <p>Its queues go with it; deployments that use it have no pool any more.</p>
        </DeleteButton>
      </PageHead>
      {pause.error && <Failure error={pause.error} />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Section title="Work pool">
          <Facts
            facts={[
              ["Status", <PoolStatus key="status" paused={pool.is_paused} status={pool.status} />],
              ["Type", pool.type],
              ["Description", pool.description],
              ["Runs at once", pool.concurrency_limit ?? "no limit"],
              ["Created", <When key="created" at={pool.created} />],
            ]}
          />
        </Section>
        <Section title="Workers">
          <Table label="Workers" columns={WORKERS} list={workers} empty={<Empty title="No worker has been heard of."><Command>{`prefect worker start --pool '${name}'`}</Command></Empty>} />
        </Section>
      </div>
      <Queues pool={pool} />
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
        <LastRuns filters={filters} />
        <NextRuns filters={filters} />
      </div>
      {dialog === "template" && <Template pool={pool} onClose={() => setDialog(null)} />}
      {dialog === "settings" && <Settings pool={pool} onClose={() => setDialog(null)} />}
    </PageBody>
  );
}
