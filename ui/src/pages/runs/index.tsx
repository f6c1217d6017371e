import { useCallback, useEffect, useState } from "react";
import { COUNT_BOUND, useHistory, useLiveRuns, useRunCount, type Kind, type Run } from "@/api/runs";
import { STATE_TYPES, type Filters } from "@/api/types";
import { asksNothing, at, conditions, withValue } from "@/lib/filters";
import { bounded, number } from "@/lib/format";
import { useKeys, useTitle } from "@/lib/hooks";
import { between, rangeName, useZone, wider } from "@/lib/time";
import { Histogram } from "@/parts/histogram";
import { Icon } from "@/parts/icon";
import { Menu, MenuItem } from "@/parts/menu";
import { Command, Empty, Failure, Loading } from "@/parts/notice";
import { Pick } from "@/parts/pick";
import { StateBadge } from "@/parts/state";
import { TimeRange } from "@/parts/time-range";
import { BulkBar } from "./bulk";
import { COLUMNS, SHOWN_AT_FIRST } from "./columns";
import { Export } from "./export";
import { BuilderPanel, CodePanel, ExplainPanel, JsonPanel } from "./panels";
import { SavedSearches } from "./saved";
import { SORTS, useRunsState, type Panel, type RunsState } from "./state";
import { RunsTable } from "./table";

/** The quick filters: each is one condition of the same filters that the builder and the JSON show. */
function QuickFilters({ state }: { state: RunsState }) {
  const { filters, kind, setFilters } = state;
  const values = (...path: string[]) => (at(filters, path) as string[] | undefined) ?? [];
  const set = (...path: string[]) => (chosen: unknown) => setFilters(withValue<Filters>(filters, path, chosen));
  const name = String(at(filters, [kind, "name", "like_"]) ?? "");
  return (
    <>
      <Pick label="State" options={STATE_TYPES} values={values(kind, "state", "type", "any_")} onChange={set(kind, "state", "type", "any_")} show={(value) => <StateBadge type={value} />} />
      <Pick label="Flow" field="flows.name" values={values("flows", "name", "any_")} onChange={set("flows", "name", "any_")} />
      <Pick label="Deployment" field="deployments.name" values={values("deployments", "name", "any_")} onChange={set("deployments", "name", "any_")} />
      <Pick label="Tags" field={`${kind}.tags`} values={values(kind, "tags", "all_")} onChange={set(kind, "tags", "all_")} />
      <NameField key={`${kind} ${name}`} name={name} onChange={set(kind, "name", "like_")} />
      <TimeRange range={state.range} onChange={(range) => state.setSearch({ range })} />
    </>
  );
}

function NameField({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const [text, setText] = useState(name);
  const submit = () => text !== name && onChange(text);
  return (
    <input
      className="field w-[120px]"
      type="search"
      aria-label="Name contains"
      placeholder="Name contains"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={submit}
      onKeyDown={(event) => event.key === "Enter" && submit()}
    />
  );
}

const PANEL_NAMES: [Panel, string][] = [
  ["builder", "Filter"],
  ["json", "JSON"],
  ["explain", "Explain"],
  ["code", "Code"],
];

function PanelButtons({ state }: { state: RunsState }) {
  const count = conditions(state.filters);
  return PANEL_NAMES.map(([panel, name]) => (
    <button key={panel} type="button" className="button" aria-pressed={state.panel === panel} onClick={() => state.setSearch({ panel: state.panel === panel ? undefined : panel })}>
      {name}
      {panel === "builder" && count > 0 && <span className="rounded bg-soft px-1 text-xs">{count}</span>}
    </button>
  ));
}

function OpenPanel({ state }: { state: RunsState }) {
  const panels = { builder: BuilderPanel, json: JsonPanel, explain: ExplainPanel, code: CodePanel };
  if (!state.panel) return null;
  const Chosen = panels[state.panel];
  return (
    <section aria-label={state.panel} className="max-h-[46vh] shrink-0 overflow-auto border-b border-line bg-surface px-4 py-3">
      <Chosen state={state} />
    </section>
  );
}

function ColumnsMenu({ kind, columns, onChange }: { kind: Kind; columns: string[]; onChange: (columns: string[]) => void }) {
  const toggle = (id: string) => onChange(columns.includes(id) ? columns.filter((each) => each !== id) : [...columns, id]);
  return (
    <Menu
      trigger={
        <button type="button" className="button hidden nav:inline-flex">
          Columns
          <Icon name="chevron" className="size-3" />
        </button>
      }
    >
      {COLUMNS[kind].map(({ id, header }) => (
        <MenuItem key={id} checked={columns.includes(id as string)} onSelect={() => toggle(id as string)}>
          {String(header)}
        </MenuItem>
      ))}
    </Menu>
  );
}

function Counts({ state }: { state: RunsState }) {
  const { data } = useRunCount(state.kind, state.asked);
  const noun = state.kind === "flow_runs" ? "flow runs" : "task runs";
  return (
    <span role="status" className="whitespace-nowrap text-muted">
      {data ? `${data.is_more ? bounded(COUNT_BOUND + 1, COUNT_BOUND) : number(data.count)} ${noun}` : "…"}
    </span>
  );
}

function Nothing({ state }: { state: RunsState }) {
  const inZone = useZone();
  if (state.range === "all" && asksNothing(state.filters)) {
    return (
      <Empty title={state.kind === "flow_runs" ? "No flow has run yet." : "No task has run yet."}>
        <p>Point Prefect at this server and run a flow:</p>
        <Command>{`prefect config set PREFECT_API_URL=${new URL("api", document.baseURI).href}`}</Command>
      </Empty>
    );
  }
  return (
    <Empty title={state.range === "all" ? "No run matches these filters." : `No such run: ${rangeName(state.range, inZone).toLowerCase()}.`}>
      <div className="flex gap-2">
        {state.range !== "all" && (
          <button type="button" className="button" onClick={() => state.setSearch({ range: wider(state.range) })}>
            Look at {rangeName(wider(state.range), inZone).toLowerCase()}
          </button>
        )}
        {!asksNothing(state.filters) && (
          <button type="button" className="button" onClick={() => state.setFilters({})}>
            Drop the filters
          </button>
        )}
      </div>
    </Empty>
  );
}

function List({ state, columns }: { state: RunsState; columns: string[] }) {
  const { list, rows, waiting, showNew } = useLiveRuns<Run>(state.kind, state.asked, state.sort);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const key = JSON.stringify([state.kind, state.filters, state.range]);
  useEffect(() => setChosen(new Set()), [key]);
  useKeys({ n: showNew });
  const choose = (id: string, on: boolean) =>
    setChosen((current) => {
      const next = new Set(current);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });
  const { fetchNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => !isFetchingNextPage && void fetchNextPage(), [fetchNextPage, isFetchingNextPage]);
  if (list.error && !rows.length) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  if (list.isPending) return <Loading rows={8} />;
  return (
    <>
      {waiting > 0 && (
        <button type="button" className="h-7 shrink-0 border-b border-line bg-soft text-sm text-accent" onClick={showNew}>
          Show {waiting} new
        </button>
      )}
      {rows.length ? (
        <RunsTable
          kind={state.kind}
          rows={rows}
          columns={columns}
          chosen={chosen}
          onChoose={choose}
          onChooseAll={(on) => setChosen(new Set(on ? rows.map((run) => run.id) : []))}
          hasMore={list.hasNextPage}
          onMore={more}
        />
      ) : (
        <Nothing state={state} />
      )}
      {chosen.size > 0 && <BulkBar kind={state.kind} runs={rows.filter((run) => chosen.has(run.id))} onDone={() => setChosen(new Set())} />}
    </>
  );
}

/** Which runs are those? */
export default function Runs() {
  useTitle("Runs");
  const state = useRunsState();
  const { kind, search, setSearch } = state;
  const history = useHistory(kind, state.asked, state.within);
  const columns = typeof search.cols === "string" ? search.cols.split(".") : SHOWN_AT_FIRST[kind];
  useKeys({ f: () => setSearch({ panel: "builder" }), j: () => setSearch({ panel: "json" }) });

  return (
    <div className="flex h-full flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2">
        <h1 className="mr-2">Runs</h1>
        <div role="tablist" aria-label="Kind of run" className="mr-auto flex gap-1">
          {(["flow_runs", "task_runs"] as const).map((each) => (
            <button key={each} type="button" role="tab" aria-selected={each === kind} className="button" onClick={() => setSearch({ tab: each === "task_runs" ? "task-runs" : undefined, sort: undefined, cols: undefined })}>
              {each === "flow_runs" ? "Flow runs" : "Task runs"}
            </button>
          ))}
        </div>
        <SavedSearches state={state} />
        <Export state={state} />
        <ColumnsMenu kind={kind} columns={columns} onChange={(chosen) => setSearch({ cols: chosen.join(".") }, { replace: true })} />
      </div>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2">
        <QuickFilters state={state} />
        <PanelButtons state={state} />
      </div>
      <OpenPanel state={state} />
      <div className="shrink-0 border-b border-line px-4 pt-2 pb-1">
        <div className="flex items-center gap-3 text-sm">
          <Counts state={state} />
          <label className="ml-auto flex items-center gap-2 text-muted">
            <span className="hidden nav:inline">Order</span>
            <select className="field" aria-label="Order" value={state.sort} onChange={(event) => setSearch({ sort: event.target.value })}>
              {SORTS[kind].map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
        {state.within && (history.data ? <Histogram history={history.data} height={84} onBrush={(from, until) => setSearch({ range: between(from, until) })} /> : <div className="h-[84px]" />)}
        {history.error && <p className="text-xs text-danger">{history.error.message}</p>}
      </div>
      <List state={state} columns={columns} />
    </div>
  );
}
