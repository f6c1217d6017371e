import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import { useList } from "@/api/lists";
import { useHistory } from "@/api/runs";
import type { Deployment, Filters, Flow } from "@/api/types";
import { withRange } from "@/lib/filters";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { between, bounds, useNow, useZone, type Range } from "@/lib/time";
import { Id } from "@/parts/copy";
import { DeleteButton } from "@/parts/delete-button";
import { Histogram, summary } from "@/parts/histogram";
import { Failure, Loading } from "@/parts/notice";
import { PageBody, PageHead, Section } from "@/parts/page-head";
import { Table, Tags, type Column } from "@/parts/table";
import { TimeRange } from "@/parts/time-range";
import { DeploymentStatus } from "../deployments/status";
import { LastRuns, NextRuns } from "./runs";

const COLUMNS: Column<Deployment>[] = [
  { name: "Deployment", cell: (row) => <Link to={`/deployments/deployment/${row.id}`} className="font-medium">{row.name}</Link> },
  { name: "Status", cell: (row) => <DeploymentStatus deployment={row} /> },
  { name: "Tags", cell: (row) => <Tags tags={row.tags} />, wide: true },
];

/** How does this flow go? */
export default function FlowPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const [search, setSearch] = useSearch();
  const navigate = useNavigate();
  const flow = useQuery({ queryKey: ["one", "flows", id], queryFn: ({ signal }) => get<Flow>(`flows/${id}`, signal) });
  const filters: Filters = { flows: { id: { any_: [id] } } };
  const deployments = useList<Deployment>("deployments/filter", { ...filters, sort: "NAME_ASC" });
  const range = text<Range>(search, "range", "7d");
  const zone = useZone();
  const now = useNow(60);
  const edges = bounds(range === "all" ? "30d" : range, zone, now);
  const history = useHistory("flow_runs", withRange(filters, "flow_runs", edges), edges);
  useTitle(flow.data?.name);
  if (flow.error) return <Failure error={flow.error} />;
  if (!flow.data) return <Loading />;
  return (
    <PageBody>
      <PageHead title={flow.data.name} up={["/flows", "Flows"]}>
        <Id id={id} />
        <DeleteButton what={`the flow ${flow.data.name}`} path={`flows/${id}`} onDone={() => void navigate({ to: "/flows" })}>
          <p>Its deployments and all of its runs go with it. This cannot be undone.</p>
        </DeleteButton>
      </PageHead>
      <Section title="Runs over time" note={history.data && summary(history.data)} actions={<TimeRange range={range} onChange={(chosen) => setSearch({ range: chosen })} />}>
        <div className="p-2">
          {history.data ? <Histogram history={history.data} onBrush={(from, until) => setSearch({ range: between(from, until) })} /> : <div className="h-24" />}
        </div>
      </Section>
      <Section title="Deployments">
        <Table label="Deployments" columns={COLUMNS} list={deployments} empty={<p className="p-3 text-sm text-muted">None. The flow runs where it is called.</p>} />
      </Section>
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
        <LastRuns filters={filters} />
        <NextRuns filters={filters} />
      </div>
    </PageBody>
  );
}
