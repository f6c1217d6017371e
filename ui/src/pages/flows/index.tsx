import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { post } from "@/api/client";
import { useList } from "@/api/lists";
import type { Flow } from "@/api/types";
import { plural } from "@/lib/format";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { Command, Empty } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Table, Tags, type Column } from "@/parts/table";
import { When } from "@/parts/when";

interface NextRun {
  id: string;
  next_scheduled_start_time: string;
}

/** Which flows are there, and what runs next? */
export default function FlowsPage() {
  useTitle("Flows");
  const [search, setSearch] = useSearch();
  const name: string = text(search, "name", "");
  const list = useList<Flow>("flows/filter", { flows: name ? { name: { like_: name } } : undefined, sort: "NAME_ASC" });
  const ids = list.rows.map(({ id }) => id);
  const counts = useQuery({
    queryKey: ["list", "count-deployments", ids],
    enabled: ids.length > 0,
    queryFn: ({ signal }) => post<Record<string, number>>("ui/flows/count-deployments", { flow_ids: ids.slice(0, 200) }, signal),
  });
  const next = useQuery({
    queryKey: ["list", "next-runs", ids],
    enabled: ids.length > 0,
    queryFn: ({ signal }) => post<Record<string, NextRun | null>>("ui/flows/next-runs", { flow_ids: ids.slice(0, 200) }, signal),
  });
  const columns: Column<Flow>[] = [
    { name: "Flow", cell: (flow) => <Link to={`/flows/flow/${flow.id}`} className="font-medium">{flow.name}</Link> },
    { name: "Tags", cell: (flow) => <Tags tags={flow.tags} />, wide: true },
    { name: "Deployments", cell: (flow) => plural(counts.data?.[flow.id] ?? 0, "deployment") },
    {
      name: "Next run",
      cell: (flow) => {
        const run = next.data?.[flow.id];
        return run ? <Link to={`/runs/flow-run/${run.id}`}><When at={run.next_scheduled_start_time} /></Link> : <span className="text-faint">–</span>;
      },
    },
    { name: "Created", cell: (flow) => <When at={flow.created} />, wide: true },
  ];
  return (
    <PageBody>
      <PageHead title="Flows">
        <input className="field w-56" placeholder="Part of a name" aria-label="Part of a name" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
      </PageHead>
      <div className="panel">
        <Table label="Flows" columns={columns} list={list} empty={<Empty title={name ? "No flow has a name with this." : "No flow has run yet."}><Command>python my_flow.py</Command></Empty>} />
      </div>
    </PageBody>
  );
}
