import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import { DeleteButton } from "@/parts/delete-button";
import { Confirm } from "@/parts/dialog";
import { Failure } from "@/parts/notice";
import { Section } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { Table, type Column } from "@/parts/table";
import { PoolStatus } from "./status";
import { poolPath, type Pool, type Queue } from "./types";

const limitOf = (text: string) => (text === "" ? null : Number(text));

function QueueDialog({ pool, queue, onClose }: { pool: Pool; queue: Queue | null; onClose: () => void }) {
  const [name, setName] = useState(queue?.name ?? "");
  const [priority, setPriority] = useState(queue?.priority ? String(queue.priority) : "");
  const [limit, setLimit] = useState(queue?.concurrency_limit != null ? String(queue.concurrency_limit) : "");
  const base = `${poolPath(pool.name)}/queues`;
  const save = useChange(() => {
    const body = { name, priority: priority ? Number(priority) : undefined, concurrency_limit: limitOf(limit) };
    return queue ? patch(`${base}/${encodeURIComponent(queue.name)}`, body) : post(base, body);
  }, onClose);
  return (
    <Confirm title={queue ? `Work queue ${queue.name}` : "New work queue"} action="Save" busy={save.isPending} error={save.error?.message} onConfirm={() => save.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[104px_1fr] items-center gap-2">
        <label htmlFor="queue-name">Name</label>
        <input id="queue-name" required className="field" value={name} onChange={({ target }) => setName(target.value)} />
        <label htmlFor="queue-priority">Priority</label>
        <input id="queue-priority" type="number" min={1} className="field" placeholder="after all others" value={priority} onChange={({ target }) => setPriority(target.value)} />
        <label htmlFor="queue-limit">Runs at once</label>
        <input id="queue-limit" type="number" min={0} className="field" placeholder="no limit" value={limit} onChange={({ target }) => setLimit(target.value)} />
      </div>
      <p className="mt-2 text-xs text-muted">1 comes first.</p>
    </Confirm>
  );
}

/** The queues of a pool, in the order in which their runs are taken. */
export function Queues({ pool }: { pool: Pool }) {
  const [edited, setEdited] = useState<Queue | "new" | null>(null);
  const list = useList<Queue>(`${poolPath(pool.name)}/queues/filter`, {}, { refetchInterval: 15_000 });
  const sorted = [...list.rows].sort((one, other) => (one.priority ?? 0) - (other.priority ?? 0));
  const path = (queue: Queue) => `${poolPath(pool.name)}/queues/${encodeURIComponent(queue.name)}`;
  const pause = useChange((queue: Queue) => patch(path(queue), { is_paused: !queue.is_paused }));
  const columns: Column<Queue>[] = [
    { name: "Priority", cell: (queue) => queue.priority, right: true },
    { name: "Queue", cell: (queue) => <button type="button" className="link font-medium" onClick={() => setEdited(queue)}>{queue.name}</button> },
    { name: "Status", cell: (queue) => <PoolStatus paused={queue.is_paused} status={queue.status} /> },
    { name: "Runs at once", cell: (queue) => queue.concurrency_limit ?? <span className="text-faint">no limit</span>, right: true },
    { name: "Active", cell: (queue) => <Switch on={!queue.is_paused} label={queue.is_paused ? `Resume ${queue.name}` : `Pause ${queue.name}`} onChange={() => pause.mutate(queue)} /> },
    { name: "_Actions", cell: (queue) => queue.id !== pool.default_queue_id && <DeleteButton small what={`the queue ${queue.name}`} path={path(queue)} />, right: true, wide: true },
  ];
  const add = (
    <button type="button" className="button" onClick={() => setEdited("new")}>
      New…
    </button>
  );
  return (
    <Section title="Work queues" actions={add}>
      {pause.error && <Failure error={pause.error} />}
      <Table label="Work queues" columns={columns} list={{ ...list, rows: sorted }} empty={<p className="p-3 text-sm text-muted">There are none.</p>} />
      {edited && <QueueDialog pool={pool} queue={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}
