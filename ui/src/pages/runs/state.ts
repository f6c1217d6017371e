import { useMemo } from "react";
import type { Kind } from "@/api/runs";
import type { Family, Filters } from "@/api/types";
import { withRange } from "@/lib/filters";
import { text, useSearch } from "@/lib/search";
import { bounds, useNow, useZone, type Range } from "@/lib/time";

export const PANELS = ["", "builder", "json", "explain", "code"] as const;
export type Panel = (typeof PANELS)[number];

export const SORTS: Record<Kind, [value: string, name: string][]> = {
  flow_runs: [
    ["START_TIME_DESC", "Newest start"],
    ["START_TIME_ASC", "Oldest start"],
    ["EXPECTED_START_TIME_DESC", "Latest due"],
    ["EXPECTED_START_TIME_ASC", "Earliest due"],
    ["END_TIME_DESC", "Last ended"],
    ["NEXT_SCHEDULED_START_TIME_ASC", "Next scheduled"],
    ["NAME_ASC", "Name, A to Z"],
    ["NAME_DESC", "Name, Z to A"],
    ["ID_DESC", "Last created"],
  ],
  task_runs: [
    ["EXPECTED_START_TIME_DESC", "Newest start"],
    ["EXPECTED_START_TIME_ASC", "Oldest start"],
    ["END_TIME_DESC", "Last ended"],
    ["NEXT_SCHEDULED_START_TIME_ASC", "Next scheduled"],
    ["NAME_ASC", "Name, A to Z"],
    ["NAME_DESC", "Name, Z to A"],
    ["ID_DESC", "Last created"],
  ],
};

/** A question about runs, as a saved search keeps it. */
export interface Question {
  tab?: string;
  q?: Filters;
  range?: Range;
  sort?: string;
}

const isFilters = (value: unknown): value is Filters => typeof value === "object" && value !== null && !Array.isArray(value);

/** The question that the address asks. */
export function useRunsState() {
  const [search, setSearch] = useSearch();
  const inZone = useZone();
  const now = useNow(60);
  const kind: Kind = search.tab === "task-runs" ? "task_runs" : "flow_runs";
  const range = text<Range>(search, "range", "24h");
  const sort = text(search, "sort", SORTS[kind][0]?.[0] ?? "", SORTS[kind].map(([value]) => value));
  const panel = text<Panel>(search, "panel", "", PANELS);
  const filters = useMemo(() => (isFilters(search.q) ? search.q : {}), [search.q]);
  const edges = bounds(range, inZone, now);
  const span = edges?.join() ?? "";
  const within = useMemo(() => edges, [span]);
  const asked = useMemo(() => withRange(filters, kind as Family, within), [filters, kind, within]);

  const setFilters = (changed: Filters, options?: { replace?: boolean }) =>
    setSearch({ q: Object.keys(changed).length ? changed : undefined }, options);
  return { search, setSearch, kind, range, sort, panel, filters, within, asked, setFilters };
}

export type RunsState = ReturnType<typeof useRunsState>;
