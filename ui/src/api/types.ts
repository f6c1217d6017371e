import type { components } from "./schema";

export type Schemas = components["schemas"];

export type FlowRun = Schemas["FlowRunResponse"];
export type TaskRun = Schemas["TaskRun"];
export type State = Schemas["State"];
export type StateType = Schemas["StateType"];
export type Flow = Schemas["Flow"];
export type Deployment = Schemas["DeploymentResponse"];
export type Log = Schemas["Log"];
export type Artifact = Schemas["Artifact"];
export type Graph = Schemas["Graph"];
export type HistoryInterval = Schemas["HistoryResponse"];
export type SavedSearch = Schemas["SavedSearch"];

export const STATE_TYPES: readonly StateType[] = [
  "COMPLETED",
  "FAILED",
  "CRASHED",
  "CANCELLED",
  "CANCELLING",
  "PAUSED",
  "RUNNING",
  "PENDING",
  "SCHEDULED",
];

export const TERMINAL: ReadonlySet<string> = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);

export const isTerminal = (type: string | null | undefined): boolean => TERMINAL.has(type ?? "");

/** Families of filters that a question about runs may hold; each is a filter as `docs/filters.md` describes it. */
export type Family = "flow_runs" | "task_runs" | "flows" | "deployments" | "work_pools" | "work_pool_queues";

export type FilterNode = { [key: string]: unknown };

export type Filters = Partial<Record<Family, FilterNode>>;
