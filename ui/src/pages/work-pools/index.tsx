import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import { useTitle } from "@/lib/hooks";
import { Confirm } from "@/parts/dialog";
import { Command, Empty, Failure } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { Table, type Column } from "@/parts/table";
import { PoolStatus } from "./status";
import { poolPath, type Pool } from "./types";

function NewPool({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState("process");
  const creation = useChange(() => post("work_pools/", { name, type }), onClose);
  return (
    <Confirm title="New work pool" action="Create" busy={creation.isPending} error={creation.error?.message} onConfirm={() => creation.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[64px_1fr] items-center gap-2">
        <label htmlFor="pool-name">Name</label>
        <input id="pool-name" className="field" required value={name} onChange={({ target }) => setName(target.value)} />
        <label htmlFor="pool-type">Type</label>
        <input id="pool-type" className="field" list="pool-types" value={type} onChange={({ target }) => setType(target.value)} />
        <datalist id="pool-types">
          {["process", "docker", "kubernetes", "ecs", "cloud-run-v2", "azure-container-instance", "vertex-ai"].map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </div>
      <p className="mt-2 text-xs text-muted">Its job template comes from the first worker that starts for it.</p>
    </Confirm>
  );
}

/** Where do runs go, and does anybody take them? */
export default function WorkPoolsPage() {
  useTitle("Work pools");
  const [adding, setAdding] = useState(false);
  const list = useList<Pool>("work_pools/filter", {}, { refetchInterval: 15_000 });
  const pause = useChange(({ name, is_paused }: Pool) => patch(poolPath(name), { is_paused: !is_paused }));
  const columns: Column<Pool>[] = [
    { name: "Work pool", cell: (pool) => <Link to={`/work-pools/work-pool/${encodeURIComponent(pool.name)}`} className="font-medium">{pool.name}</Link> },
    { name: "Status", cell: (pool) => <PoolStatus paused={pool.is_paused} status={pool.status} /> },
    { name: "Type", cell: (pool) => pool.type },
    { name: "Runs at once", cell: (pool) => pool.concurrency_limit ?? <span className="text-faint">no limit</span>, right: true },
    { name: "Active", cell: (pool) => <Switch on={!pool.is_paused} label={pool.is_paused ? `Resume ${pool.name}` : `Pause ${pool.name}`} busy={pause.isPending} onChange={() => pause.mutate(pool)} /> },
  ];
  return (
    <PageBody>
      <PageHead title="Work pools">
        <button type="button" className="button" onClick={() => setAdding(true)}>
          New…
        </button>
      </PageHead>
      {pause.error && <Failure error={pause.error} />}
      <div className="panel">
        <Table label="Work pools" columns={columns} list={list} empty={<Empty title="There are no work pools."><Command>prefect work-pool create my-pool --type process</Command></Empty>} />
      </div>
      {adding && <NewPool onClose={() => setAdding(false)} />}
    </PageBody>
  );
}
