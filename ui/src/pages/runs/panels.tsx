import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { API, ApiError, post } from "@/api/client";
import type { Kind } from "@/api/runs";
import type { Filters, Schemas } from "@/api/types";
import { duration } from "@/lib/time";
import { Copy } from "@/parts/copy";
import { JsonEditor, JsonView } from "@/parts/json-view";
import { Failure, Loading } from "@/parts/notice";
import { QueryBuilder } from "@/parts/query/builder";
import { FAMILIES_OF } from "@/parts/query/criteria";
import type { RunsState } from "./state";

export function BuilderPanel({ state }: { state: RunsState }) {
  return <QueryBuilder families={FAMILIES_OF[state.kind]} filters={state.filters} onChange={(filters) => state.setFilters(filters, { replace: true })} />;
}

/** The same question as text: what is valid JSON is asked at once. */
export function JsonPanel({ state }: { state: RunsState }) {
  const [draft, setDraft] = useState(() => JSON.stringify(state.filters, null, 2));
  const [error, setError] = useState<string | null>(null);
  const current = JSON.stringify(state.filters);
  useEffect(() => {
    setDraft((text) => {
      try {
        return JSON.stringify(JSON.parse(text)) === current ? text : JSON.stringify(JSON.parse(current), null, 2);
      } catch {
        return text; // being written
      }
    });
  }, [current]);
  const change = (text: string) => {
    setDraft(text);
    try {
      const parsed: unknown = JSON.parse(text || "{}");
      if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("must be an object");
      setError(null);
      if (JSON.stringify(parsed) !== current) state.setFilters(parsed as Filters, { replace: true });
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  return (
    <div className="flex flex-col gap-1">
      <JsonEditor label="Filters as JSON" value={draft} onChange={change} className="max-h-[40vh] overflow-auto rounded border border-line" />
      <p className="text-xs text-muted" role="status">
        {error ? `Not asked yet: ${error}` : "The filters of the request; the time range comes on top of them."}
      </p>
    </div>
  );
}

export function ExplainPanel({ state }: { state: RunsState }) {
  const body = { ...state.asked, sort: state.sort, limit: 100, cursor: "" };
  const { data, error, isPending } = useQuery({
    queryKey: ["explain", state.kind, body],
    queryFn: async ({ signal }) => {
      const begin = performance.now();
      const explained = await post<Schemas["Explanation"]>(`${state.kind}/filter/explain`, body, signal);
      return { ...explained, took: performance.now() - begin };
    },
  });
  if (error instanceof ApiError && error.status === 403) {
    return <p className="text-sm text-muted">This server does not explain: it shows SQL and plans only when it is started with LICTOR_EXPLAIN_ENABLED=true.</p>;
  }
  if (error) return <Failure error={error} />;
  if (isPending) return <Loading />;
  return (
    <div className="flex max-h-[40vh] flex-col gap-2 overflow-auto">
      <p className="text-xs text-muted">
        {data.database}, {data.statements.length} statements, explained in {duration(data.took / 1000)}
      </p>
      {data.statements.map((statement, position) => (
        <div key={position} className="rounded border border-line">
          <div className="flex items-start gap-1">
            <pre className="min-w-0 flex-1 overflow-auto p-2 font-mono text-xs whitespace-pre-wrap">{statement.sql}</pre>
            <Copy text={statement.sql} label="Copy SQL" />
          </div>
          <JsonView value={statement.plan} className="border-t border-line" />
        </div>
      ))}
    </div>
  );
}

const LANGUAGES = ["curl", "Python", "SDK"] as const;
type Language = (typeof LANGUAGES)[number];

const PYTHON_WORDS: Record<string, string> = { true: "True", false: "False", null: "None" };

/** JSON as Python writes it; what stands in a string stays as it is. */
const python = (value: unknown) =>
  JSON.stringify(value, null, 4).replace(/"(?:\\.|[^"\\])*"|\b(?:true|false|null)\b/g, (word) => PYTHON_WORDS[word] ?? word);

const SDK_FILTERS: Record<string, [parameter: string, type: string]> = {
  flow_runs: ["flow_run_filter", "FlowRunFilter"],
  task_runs: ["task_run_filter", "TaskRunFilter"],
  flows: ["flow_filter", "FlowFilter"],
  deployments: ["deployment_filter", "DeploymentFilter"],
  work_pools: ["work_pool_filter", "WorkPoolFilter"],
  work_pool_queues: ["work_queue_filter", "WorkQueueFilter"],
};

export function snippet(language: Language, kind: Kind, filters: Filters, sort: string): string {
  const body = { ...filters, sort, limit: 200 };
  const address = `${API}${kind}/filter`;
  if (language === "curl") {
    return `curl -X POST '${address}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`;
  }
  if (language === "Python") return `import httpx\n\nruns = httpx.post(\n    "${address}",\n    json=${python(body).replaceAll("\n", "\n    ")},\n).json()`;
  const known = Object.entries(filters).filter(([family]) => SDK_FILTERS[family]);
  const sorts = kind === "flow_runs" ? "FlowRunSort" : "TaskRunSort";
  const names = known.map(([family]) => SDK_FILTERS[family]?.[1]).join(", ");
  const given = known.map(([family, node]) => `            ${SDK_FILTERS[family]?.[0]}=${SDK_FILTERS[family]?.[1]}.model_validate(${python(node).replaceAll("\n", "\n            ")}),\n`);
  return `import asyncio\n\nfrom prefect import get_client\n${names ? `from prefect.client.schemas.filters import ${names}\n` : ""}from prefect.client.schemas.sorting import ${sorts}\n\n\nasync def main():\n    async with get_client() as client:\n        return await client.read_${kind}(\n${given.join("")}            sort=${sorts}.${sort},\n        )\n\n\nruns = asyncio.run(main())`;
}

export function CodePanel({ state }: { state: RunsState }) {
  const [language, setLanguage] = useState<Language>("curl");
  const code = snippet(language, state.kind, state.asked, state.sort);
  return (
    <div>
      <div role="tablist" aria-label="Language" className="mb-2 flex gap-1">
        {LANGUAGES.map((each) => (
          <button key={each} type="button" role="tab" aria-selected={each === language} className="button h-6 px-2 text-xs" onClick={() => setLanguage(each)}>
            {each}
          </button>
        ))}
        <Copy text={code} label="Copy code" />
      </div>
      <pre tabIndex={0} aria-label="Code" className="max-h-[36vh] overflow-auto rounded border border-line bg-sunken p-3 font-mono text-xs">{code}</pre>
      {language === "SDK" && JSON.stringify(state.asked).match(/"(all|any|none)_of"/) && (
        <p className="mt-1 text-xs text-muted">Nested filters are this server's own: the SDK's models refuse them, plain HTTP takes them.</p>
      )}
    </div>
  );
}
