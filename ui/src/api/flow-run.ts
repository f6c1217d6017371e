import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, page, post } from "./client";
import type { NamedFlowRun, NamedTaskRun } from "./runs";
import { isTerminal, type Artifact, type Graph, type Log, type Schemas, type State } from "./types";

/** What the pages of one run ask. */

export type GraphNode = Schemas["Node"];

const POLL_MS = 5000;
const LOG_PAGE = 200;
export const COMPARED_RUNS = 20;

async function one<T>(path: string, kind: string, id: string, signal: AbortSignal): Promise<T | null> {
  const { rows } = await page<T>(path, { [kind]: { id: { any_: [id] } }, limit: 1 }, "", signal);
  return rows[0] ?? null;
}

export function useFlowRun(id: string) {
  return useQuery({
    queryKey: ["flow-run", id],
    queryFn: ({ signal }) => one<NamedFlowRun>("ui/flow_runs/filter", "flow_runs", id, signal),
  });
}

/** A task run; the filter looks at those without a flow run only when it is told to. */
export function useTaskRun(id: string) {
  return useQuery({
    queryKey: ["task-run", id],
    queryFn: async ({ signal }) => {
      const which = { id: { any_: [id] } };
      const either = { any_of: [{ ...which, flow_run_id: {} }, { ...which, flow_run_id: { is_null_: true } }] };
      const { rows } = await page<NamedTaskRun>("ui/task_runs/filter", { task_runs: either, limit: 1 }, "", signal);
      return rows[0] ?? null;
    },
  });
}

/** The task runs and subflow runs of a flow run, read again while it runs. */
export function useGraph(id: string, stateType: string | null | undefined) {
  return useQuery({
    queryKey: ["graph", id],
    queryFn: ({ signal }) => get<Graph>(`flow_runs/${id}/graph-v2`, signal),
    refetchInterval: isTerminal(stateType) ? false : POLL_MS,
  });
}

export type Wait = Schemas["Wait"];

/** When a flow run and its task runs stood still. */
export function useWaits(id: string, stateType: string | null | undefined) {
  return useQuery({
    queryKey: ["waits", id],
    queryFn: ({ signal }) => get<Wait[]>(`ui/flow_runs/${id}/waits`, signal),
    refetchInterval: isTerminal(stateType) ? false : POLL_MS,
  });
}

export function useStates(kind: "flow_run" | "task_run", id: string | null) {
  return useQuery({
    queryKey: ["states", kind, id],
    enabled: id !== null,
    queryFn: ({ signal }) => get<State[]>(`${kind}_states/?${kind}_id=${id}`, signal),
  });
}

/** The runs of the same flow that ended before, the last ones first: what is usual. */
export function useFormerRuns(run: NamedFlowRun | null | undefined) {
  return useQuery({
    queryKey: ["former-runs", run?.flow_id, run?.id],
    enabled: Boolean(run),
    queryFn: async ({ signal }) => {
      const which = { state: { type: { any_: ["COMPLETED", "FAILED", "CRASHED"] } }, id: { not_any_: [run?.id] } };
      const body = { flow_runs: which, flows: { id: { any_: [run?.flow_id] } }, sort: "END_TIME_DESC", limit: COMPARED_RUNS };
      return (await page<NamedFlowRun>("ui/flow_runs/filter", body, "", signal)).rows;
    },
  });
}

/** Why a flow run does not run: asked again and again, because time alone may change the answer. */
export function useWaiting(id: string, stateType: string | null | undefined) {
  return useQuery({
    queryKey: ["waiting", id],
    enabled: Boolean(stateType) && !isTerminal(stateType) && stateType !== "RUNNING",
    queryFn: ({ signal }) => get<Schemas["Waiting"]>(`flow_runs/${id}/waiting`, signal),
    refetchInterval: POLL_MS,
  });
}

export function useArtifacts(filter: object) {
  return useQuery({
    queryKey: ["artifacts", filter],
    queryFn: ({ signal }) =>
      post<Artifact[]>("artifacts/filter", { artifacts: { ...filter, type: { not_any_: ["result"] } }, sort: "CREATED_DESC", limit: 200 }, signal),
  });
}

export interface LogQuestion {
  filter: object;
  newestFirst: boolean;
}

export function useLogs({ filter, newestFirst }: LogQuestion) {
  return useInfiniteQuery({
    queryKey: ["logs", filter, newestFirst],
    queryFn: ({ pageParam, signal }) =>
      page<Log>("logs/filter", { logs: filter, sort: newestFirst ? "TIMESTAMP_DESC" : "TIMESTAMP_ASC", limit: LOG_PAGE }, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: Number.POSITIVE_INFINITY, // what comes later comes by the stream
  });
}

export interface ApiEvent {
  id: string;
  occurred: string;
  event: string;
  resource: Record<string, string>;
  related: Record<string, string>[];
  payload: Record<string, unknown>;
}

export function useEvents(resource: string) {
  return useQuery({
    queryKey: ["events", resource],
    queryFn: ({ signal }) =>
      post<{ events: ApiEvent[]; total: number }>("events/filter", { filter: { any_resource: { id: [resource] }, order: "ASC" }, limit: 50 }, signal),
  });
}
