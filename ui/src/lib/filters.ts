import type { Family, FilterNode, Filters } from "@/api/types";

/** Reads and writes filters as the API takes them; what is empty is left out, so that equal questions look alike. */

export type Path = readonly string[];

export function at(node: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner && typeof inner === "object" ? (inner as FilterNode)[key] : undefined), node);
}

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** A copy with a value at a path; an empty value is taken out, with what holds nothing else. */
export function withValue<T extends object>(node: T | undefined, path: Path, value: unknown): T {
  const [key, ...rest] = path;
  const copy: FilterNode = { ...(node as FilterNode | undefined) };
  if (key === undefined) return copy as T;
  const inner = rest.length ? withValue(copy[key] as FilterNode | undefined, rest, value) : value;
  if (isEmpty(inner)) delete copy[key];
  else copy[key] = inner;
  return copy as T;
}

const FIELD_OF_TIME = "expected_start_time";

/** The filters with a time range: beside what is asked of the time already, if anything is. */
export function withRange(filters: Filters, family: Family, bounds: [number, number] | null): Filters {
  if (!bounds) return filters;
  const [after_, before_] = bounds.map((each) => new Date(each).toISOString()) as [string, string];
  const own = filters[family] ?? {};
  const within = { [FIELD_OF_TIME]: { after_, before_ } };
  if (isEmpty(own)) return { ...filters, [family]: within };
  const joins = own.operator === "or_" || own[FIELD_OF_TIME] !== undefined;
  return { ...filters, [family]: joins ? { all_of: [own, within] } : { ...own, ...within } };
}

/** Whether these filters ask anything. */
export const asksNothing = (filters: Filters) => Object.values(filters).every(isEmpty);

/** How many conditions filters hold, on all levels. */
export function conditions(node: unknown): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, each) => sum + conditions(each), 0);
  if (!node || typeof node !== "object") return 0;
  return Object.entries(node).reduce((sum, [key, value]) => {
    if (key === "operator") return sum;
    if (key.endsWith("_") ) return sum + 1;
    return sum + conditions(value);
  }, 0);
}
