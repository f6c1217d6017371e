import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useList } from "@/api/lists";
import type { Artifact } from "@/api/types";
import { plural } from "@/lib/format";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { Empty, Failure, Loading } from "@/parts/notice";
import { PageBody, PageHead, Section } from "@/parts/page-head";
import { Moment } from "@/parts/when";

const ArtifactView = lazy(() => import("@/parts/artifact").then((module) => ({ default: module.ArtifactView })));

function originOf({ flow_run_id, task_run_id }: Artifact) {
  const path = task_run_id ? `/runs/task-run/${task_run_id}` : flow_run_id ? `/runs/flow-run/${flow_run_id}` : null;
  return path && <Link to={path} className="link">{task_run_id ? "by a task" : "by a flow run"}</Link>;
}

/** How did this artifact change, and what is it now? One of an id, or all of a key. */
export default function ArtifactPage() {
  const { key, id } = useParams({ strict: false }) as { key?: string; id?: string };
  const [search, setSearch] = useSearch();
  const which = key === undefined ? { id: { any_: [id] } } : { key: { any_: [key] } };
  const list = useList<Artifact>("artifacts/filter", { artifacts: which, sort: "ID_DESC" });
  const shown = list.rows.find((each) => each.id === text(search, "version", "")) ?? list.rows[0];
  const title = key ?? shown?.key ?? "Artifact";
  useTitle(title);
  if (list.error) return <Failure error={list.error} />;
  if (list.isPending) return <Loading />;
  if (!shown) return <Empty title="There is no such artifact."><Link to="/artifacts" className="link">All artifacts</Link></Empty>;
  return (
    <PageBody>
      <PageHead title={title} up={["/artifacts", "Artifacts"]}>
        {key === undefined && shown.key && <Link to={`/artifacts/key/${encodeURIComponent(shown.key)}`} className="link text-sm">All of this key</Link>}
      </PageHead>
      <div className={`grid items-start gap-4 ${list.rows.length > 1 ? "lg:grid-cols-[minmax(0,1fr)_260px]" : ""}`}>
        <Suspense fallback={<Loading />}>
          <ArtifactView artifact={shown} origin={originOf(shown)} />
        </Suspense>
        {list.rows.length > 1 && (
          <Section title="Versions" note={`${plural(list.rows.length, "version")}${list.hasNextPage ? " and more" : ""}`}>
            <ul className="max-h-[60vh] overflow-auto p-1">
              {list.rows.map((each) => (
                <li key={each.id}>
                  <button type="button" className="menu-item" aria-pressed={each === shown} onClick={() => setSearch({ version: each.id })}>
                    <span className={each === shown ? "font-medium" : "text-muted"}>
                      <Moment at={each.created} />
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {list.hasNextPage && (
              <button type="button" className="button m-2" onClick={() => void list.fetchNextPage()}>
                Show more
              </button>
            )}
          </Section>
        )}
      </div>
    </PageBody>
  );
}
