import { Link } from "@tanstack/react-router";
import { useList } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { Command, Empty } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";

type Collection = Schemas["ArtifactCollection"];

const COLUMNS: Column<Collection>[] = [
  { name: "Artifact", cell: (row) => <Link to={`/artifacts/key/${encodeURIComponent(row.key ?? "")}`} className="font-medium">{row.key}</Link> },
  { name: "Type", cell: (row) => row.type },
  { name: "Description", cell: (row) => <span className="text-muted">{row.description}</span>, wide: true },
  { name: "By", cell: (row) => row.flow_run_id && <Link to={`/runs/flow-run/${row.flow_run_id}`} className="link">its flow run</Link> },
  { name: "Updated", cell: (row) => <When at={row.updated} /> },
];

/** What did runs leave behind? */
export default function ArtifactsPage() {
  useTitle("Artifacts");
  const [search, setSearch] = useSearch();
  const name: string = text(search, "name", "");
  const list = useList<Collection>("artifacts/latest/filter", {
    artifacts: { type: { not_any_: ["result"] }, ...(name ? { key: { like_: name } } : {}) },
    sort: "UPDATED_DESC",
  });
  return (
    <PageBody>
      <PageHead title="Artifacts">
        <input className="field w-56" placeholder="Part of a key" aria-label="Part of a key" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
      </PageHead>
      <div className="panel">
        <Table label="Artifacts" columns={COLUMNS} list={list} empty={<Empty title={name ? "No artifact has a key with this." : "No run left an artifact with a key."}><Command>create_markdown_artifact(key="summary", markdown="...")</Command></Empty>} />
      </div>
    </PageBody>
  );
}
