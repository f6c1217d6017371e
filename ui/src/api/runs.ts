import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { barSeconds } from "@/lib/time";
import { page, post, type Page } from "./client";
import { listen } from "./streams";
import type { Filters, FlowRun, HistoryInterval, Schemas, TaskRun } from "./types";

export type Kind = "flow_runs" | "task_runs";
export type NamedFlowRun = FlowRun & Pick<Schemas["NamedFlowRun"], "flow_name" | "deployment_name" | "task_run_count">;
export type NamedTaskRun = TaskRun & Pick<Schemas["NamedTaskRun"], "flow_run_name" | "flow_id" | "flow_name">;
export type Run = NamedFlowRun | NamedTaskRun;

export const COUNT_BOUND = 10_000;
const PAGE_ROWS = 100;
const MOST_BARS = 90;

/** What a kind of run can be asked: task runs know nothing of work pools. */
function asked(kind: Kind, filters: Filters): Filters {
  if (kind === "flow_runs") return filters;
  const { work_pools, work_pool_queues, ...rest } = filters;
  void [work_pools, work_pool_queues];
  return rest;
}

export const runsKey = (kind: Kind, filters: Filters, sort: string) => ["runs", kind, filters, sort] as const;

/** An endless list of runs, page by page behind a cursor. */
export function useRuns<T extends Run>(kind: Kind, filters: Filters, sort: string) {
  return useInfiniteQuery({
    queryKey: runsKey(kind, filters, sort),
    queryFn: ({ pageParam, signal }) =>
      page<T>(`ui/${kind}/filter`, { ...asked(kind, filters), sort, limit: PAGE_ROWS }, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: Page<T>) => last.next,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** How many runs match, up to a bound. */
export function useRunCount(kind: Kind, filters: Filters) {
  return useQuery({
    queryKey: ["run-count", kind, filters],
    queryFn: ({ signal }) =>
      post<Schemas["BoundedCount"]>(`ui/${kind}/bounded-count`, { ...asked(kind, filters), bound: COUNT_BOUND }, signal),
    placeholderData: keepPreviousData,
  });
}

/** Runs by state over time. The queues have another name here than elsewhere. */
export function useHistory(kind: Kind, filters: Filters, bounds: [number, number] | null, bars = MOST_BARS) {
  const { work_pool_queues, ...rest } = asked(kind, filters);
  const body = work_pool_queues ? { ...rest, work_queues: work_pool_queues } : rest;
  return useQuery({
    queryKey: ["history", kind, body, bounds, bars],
    enabled: bounds !== null,
    queryFn: ({ signal }) => {
      const [from, until] = bounds as [number, number];
      const seconds = barSeconds(until - from, bars);
      const start = Math.floor(from / 1000 / seconds) * seconds * 1000;
      const when = { history_start: new Date(start).toISOString(), history_end: new Date(until).toISOString() };
      return post<HistoryInterval[]>(`${kind}/history`, { ...body, ...when, history_interval_seconds: seconds }, signal);
    },
    placeholderData: keepPreviousData,
  });
}

interface RunEvent {
  resource: Record<string, string>;
}

const FLUSH_MS = 2000;

/** Calls back with the ids of runs that changed, a moment after they did. */
export function useChangedRuns(kind: Kind, onChange: (ids: Set<string>) => void) {
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    const prefix = `prefect.${kind === "flow_runs" ? "flow-run" : "task-run"}.`;
    const changed = new Set<string>();
    const stop = listen<RunEvent>("events", { event: { prefix: [prefix] } }, {
      onItem: ({ resource }) => {
        const id = resource["prefect.resource.id"];
        if (id?.startsWith(prefix)) changed.add(id.slice(prefix.length));
      },
    });
    const timer = window.setInterval(() => {
      if (!changed.size || document.hidden) return;
      latest.current(new Set(changed));
      changed.clear();
    }, FLUSH_MS);
    return () => {
      stop();
      window.clearInterval(timer);
    };
  }, [kind]);
}

type Loaded<T> = InfiniteData<Page<T>, string>;

const MOST_REFRESHED = 200;

/**
 * Keeps a list up to date without moving a row: rows that are shown change in place, and new ones are counted until
 * they are asked for.
 */
export function useLiveRuns<T extends Run>(kind: Kind, filters: Filters, sort: string) {
  const client = useQueryClient();
  const list = useRuns<T>(kind, filters, sort);
  const rows = useMemo(() => list.data?.pages.flatMap((each) => each.rows) ?? [], [list.data]);
  const [waiting, setWaiting] = useState(0);
  const key = JSON.stringify([kind, filters, sort]);
  useEffect(() => setWaiting(0), [key]);

  useChangedRuns(kind, async (ids) => {
    const shown = new Set(rows.map((row) => row.id));
    const known = [...ids].filter((id) => shown.has(id)).slice(0, MOST_REFRESHED);
    const queryKey = runsKey(kind, filters, sort);
    if (known.length) {
      const fresh = await page<T>(`ui/${kind}/filter`, { [kind]: { id: { any_: known } }, limit: MOST_REFRESHED }, "");
      const byId = new Map(fresh.rows.map((row) => [row.id, row]));
      client.setQueryData<Loaded<T>>(queryKey, (data) =>
        data && { ...data, pages: data.pages.map((each) => ({ ...each, rows: each.rows.map((row) => byId.get(row.id) ?? row) })) },
      );
    }
    if (known.length < ids.size) {
      const first = await page<T>(`ui/${kind}/filter`, { ...asked(kind, filters), sort, limit: PAGE_ROWS }, "");
      setWaiting(first.rows.filter((row) => !shown.has(row.id)).length);
      void client.invalidateQueries({ queryKey: ["run-count", kind] });
      void client.invalidateQueries({ queryKey: ["history", kind] });
    }
  });

  const showNew = () => {
    setWaiting(0);
    void client.resetQueries({ queryKey: runsKey(kind, filters, sort) });
  };
  return { list, rows, waiting, showNew };
}
