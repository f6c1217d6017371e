import criteria from "@/api/criteria.json";
import { STATE_TYPES, type Family, type FilterNode } from "@/api/types";
import { at, withValue } from "@/lib/filters";

/** What filters can ask, as the API's own description has it. */

export interface Operator {
  name: string;
  kind?: string;
  list?: boolean;
  values?: string[];
}

export interface Criterion {
  path: string[];
  operators: Operator[];
}

export const CRITERIA = criteria as Record<Family, Criterion[]>;

export const FAMILY_NAMES: Record<Family, string> = {
  flow_runs: "Flow run",
  task_runs: "Task run",
  flows: "Flow",
  deployments: "Deployment",
  work_pools: "Work pool",
  work_pool_queues: "Work queue",
};

const OPERATOR_NAMES: Record<string, string> = {
  any_: "is any of",
  not_any_: "is none of",
  all_: "has all of",
  like_: "contains",
  startswith_: "begins with",
  before_: "until",
  after_: "from",
  ge_: "at least",
  le_: "at most",
  eq_: "is",
  is_null_: "is absent",
  exists_: "exists",
  id_: "id is any of",
  type_: "type is any of",
};

export function operatorName(criterion: Criterion, operator: Operator): string {
  if (criterion.path.at(-1) === "tags" && operator.name === "any_") return "has any of";
  return OPERATOR_NAMES[operator.name] ?? operator.name;
}

export const criterionName = ({ path }: Criterion) => path.join(" ").replaceAll("_", " ");

export interface Condition {
  criterion: Criterion;
  operator: Operator;
  value: unknown;
}

/** The conditions of a filter itself, without those of the filters nested in it. */
export function conditionsOf(family: Family, node: FilterNode): Condition[] {
  return CRITERIA[family].flatMap((criterion) =>
    criterion.operators.flatMap((operator) => {
      const value = at(node, [...criterion.path, operator.name]);
      return value === undefined || value === null ? [] : [{ criterion, operator, value }];
    }),
  );
}

export function withCondition(node: FilterNode, { criterion, operator }: Omit<Condition, "value">, value: unknown): FilterNode {
  return withValue(node, [...criterion.path, operator.name], value);
}

export const GROUPS = ["all_of", "any_of", "none_of"] as const;
export type Group = (typeof GROUPS)[number];
export const GROUP_NAMES: Record<Group, string> = { all_of: "all of", any_of: "any of", none_of: "none of" };

export const groupsOf = (node: FilterNode): [Group, FilterNode[]][] =>
  GROUPS.flatMap((group) => (Array.isArray(node[group]) ? [[group, node[group] as FilterNode[]]] : []));

/** The value that a new condition begins with: one that asks something at once, where there is a plain one. */
export function firstValue({ kind, list, values }: Operator): unknown {
  if (kind === "boolean") return true;
  if (kind === "enum" && list) return values?.includes("FAILED") ? ["FAILED"] : [values?.[0]];
  return undefined;
}

export const FAMILIES_OF = {
  flow_runs: ["flow_runs", "flows", "deployments", "task_runs", "work_pools", "work_pool_queues"],
  task_runs: ["task_runs", "flow_runs", "flows", "deployments"],
} as const satisfies Record<string, readonly Family[]>;

export const STATE_TYPE_VALUES = STATE_TYPES;
