import type { GraphNode } from "@/api/flow-run";
import { look } from "../state";

/** Where the runs of a flow run stand in its timeline: pure arithmetic, so that it can be tested and is quick. */

export interface Bar {
  id: string;
  kind: GraphNode["kind"];
  label: string;
  state: string;
  start: number;
  end: number | null;
  parents: string[];
}

export interface Row {
  label: string;
  bars: Bar[];
  /** The task whose runs are folded into this row, or unfolded below it. */
  group: string | null;
  folded: boolean;
}

/** From so many runs of one task on, they share a row until somebody wants to see each. */
export const FOLD_FROM = 8;

export function barsOf(nodes: readonly (readonly [string, GraphNode])[]): Bar[] {
  return nodes
    .map(([, node]) => ({
      id: node.id,
      kind: node.kind,
      label: node.label,
      state: look(node.state_type),
      start: new Date(node.start_time).getTime(),
      end: node.end_time ? new Date(node.end_time).getTime() : null,
      parents: (node.parents ?? []).map((each) => each.id),
    }))
    .sort((one, other) => one.start - other.start || one.label.localeCompare(other.label));
}

/** The task of a run, or the flow of a subflow run: the SDK puts a number or three signs behind a task's name. */
export const taskOf = (bar: Bar): string => (bar.kind === "flow-run" ? (bar.label.split(" / ")[0] ?? bar.label) : bar.label.replace(/-[0-9a-f]{1,4}$/, ""));

export function rowsOf(bars: readonly Bar[], unfolded: ReadonlySet<string>): Row[] {
  const groups = Map.groupBy(bars, taskOf);
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const bar of bars) {
    const group = taskOf(bar);
    const members = groups.get(group) ?? [];
    if (members.length < FOLD_FROM) {
      rows.push({ label: bar.label, bars: [bar], group: null, folded: false });
    } else if (!seen.has(group)) {
      seen.add(group);
      const folded = !unfolded.has(group);
      rows.push({ label: `${group} (${members.length})`, bars: members, group, folded });
      if (!folded) for (const each of members) rows.push({ label: each.label, bars: [each], group: null, folded: false });
    }
  }
  return rows;
}

/** The chain of runs that decided when all was done: from the last one back, always to the parent that ended last. */
export function criticalPath(bars: readonly Bar[]): Set<string> {
  const byId = new Map(bars.map((bar) => [bar.id, bar]));
  const endOf = (bar: Bar) => bar.end ?? Number.POSITIVE_INFINITY;
  const path = new Set<string>();
  let current = bars.reduce<Bar | undefined>((last, bar) => (!last || endOf(bar) > endOf(last) ? bar : last), undefined);
  while (current && !path.has(current.id)) {
    path.add(current.id);
    const parents: Bar[] = current.parents.flatMap((id) => byId.get(id) ?? []);
    current = parents.reduce<Bar | undefined>((last, bar) => (!last || endOf(bar) > endOf(last) ? bar : last), undefined);
  }
  return path;
}

export interface Standstill {
  state: string;
  from: number;
  /** Null while it lasts. */
  until: number | null;
}

interface Waited {
  run_id: string;
  state_name: string;
  since: string;
  until?: string | null;
}

/** The times in which runs stood still, by the run. */
export function standstillsOf(waits: readonly Waited[]): Map<string, Standstill[]> {
  const found = new Map<string, Standstill[]>();
  for (const { run_id, state_name, since, until } of waits) {
    const all = found.get(run_id) ?? [];
    all.push({ state: state_name, from: new Date(since).getTime(), until: until ? new Date(until).getTime() : null });
    found.set(run_id, all);
  }
  return found;
}

const WORDS: Record<string, string> = {
  AwaitingConcurrencySlot: "waited for a slot",
  AwaitingRetry: "waited to be tried again",
  Late: "was late",
  Paused: "was paused",
  Pending: "was pending",
  Scheduled: "was scheduled",
  Suspended: "was suspended",
};

/** What a run did while it did nothing. */
export const standstillText = (state: string): string => WORDS[state] ?? `was ${state}`;

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];

/** Round distances from the start, at most so many. */
export function ticks(from: number, until: number, most: number): number[] {
  const step = STEPS_MS.find((each) => (until - from) / each <= most) ?? 864e5 * 7;
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) found.push(at);
  return found;
}
