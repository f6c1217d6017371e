import { Link } from "@tanstack/react-router";
import { post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import type { Deployment } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { Command, Empty, Failure } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { Table, Tags, type Column } from "@/parts/table";
import { scheduleText } from "./schedule";
import { DeploymentStatus } from "./status";

/** Which deployments are there, and does anybody run them? */
export default function DeploymentsPage() {
  useTitle("Deployments");
  const [search, setSearch] = useSearch();
  const name: string = text(search, "name", "");
  const list = useList<Deployment>("deployments/filter", {
    deployments: name ? { flow_or_deployment_name: { like_: name } } : undefined,
    sort: "NAME_ASC",
  });
  const pause = useChange(({ id, paused }: Deployment) => post(`deployments/${id}/${paused ? "resume" : "pause"}_deployment`));
  const columns: Column<Deployment>[] = [
    { name: "Deployment", cell: (row) => <Link to={`/deployments/deployment/${row.id}`} className="font-medium">{row.name}</Link> },
    { name: "Status", cell: (row) => <DeploymentStatus deployment={row} /> },
    { name: "Schedules", cell: (row) => <span className="text-muted">{row.schedules?.map(scheduleText).join("; ") || "none"}</span>, wide: true },
    { name: "Work pool", cell: (row) => row.work_pool_name && <Link to={`/work-pools/work-pool/${encodeURIComponent(row.work_pool_name)}`}>{row.work_pool_name}</Link> },
    { name: "Tags", cell: (row) => <Tags tags={row.tags} />, wide: true },
    { name: "Active", cell: (row) => <Switch on={!row.paused} label={row.paused ? `Resume ${row.name}` : `Pause ${row.name}`} busy={pause.isPending} onChange={() => pause.mutate(row)} /> },
  ];
  return (
    <PageBody>
      <PageHead title="Deployments">
        <input className="field w-56" placeholder="Part of a flow's or its own name" aria-label="Part of a name" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
      </PageHead>
      {pause.error && <Failure error={pause.error} />}
      <div className="panel">
        <Table label="Deployments" columns={columns} list={list} empty={<Empty title={name ? "No name has this." : "There are no deployments."}><Command>prefect deploy</Command></Empty>} />
      </div>
    </PageBody>
  );
}
