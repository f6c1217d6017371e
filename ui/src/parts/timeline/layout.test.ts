import { expect, test, vi } from "vitest";

vi.mock("../state", () => ({ look: (type: string) => type.toLowerCase() }));

const { barsOf, criticalPath, FOLD_FROM, rowsOf, taskOf, ticks } = await import("./layout");

type Node = Parameters<typeof barsOf>[0][number];

function node(id: string, label: string, start: number, end: number | null, parents: string[] = []): Node {
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  return [
    id,
    { id, kind: "task-run", label, state_type: "COMPLETED", start_time: iso(start), end_time: end === null ? null : iso(end), parents: parents.map((each) => ({ id: each })), children: [], encapsulating: [], artifacts: [] } as Node[1],
  ];
}

test("the critical path goes from the last run back to the parents that ended last", () => {
  const bars = barsOf([node("a", "a-1", 0, 5), node("b", "b-1", 0, 9), node("c", "c-1", 9, 12, ["a", "b"]), node("d", "d-1", 0, 11)]);
  expect([...criticalPath(bars)]).toEqual(["c", "b"]);
});

test("runs of one task are folded from a number on, and unfold one below the other", () => {
  const many = Array.from({ length: FOLD_FROM }, (_, number) => node(`m${number}`, `load-${number}`, number, number + 1));
  const bars = barsOf([...many, node("x", "report-1f2", 20, 21)]);
  expect(rowsOf(bars, new Set()).map((row) => row.label)).toEqual([`load (${FOLD_FROM})`, "report-1f2"]);
  expect(rowsOf(bars, new Set(["load"]))).toHaveLength(FOLD_FROM + 2);
});

test.each([
  ["load-3", "load"],
  ["load-a1f", "load"],
  ["load-orders", "load-orders"],
])("%s is a run of %s", (label, task) => expect(taskOf(barsOf([node("a", label, 0, 1)])[0] as never)).toBe(task));

test("ten thousand runs are laid out at once", () => {
  const bars = barsOf(Array.from({ length: 10_000 }, (_, number) => node(`n${number}`, `task${number % 50}-${number % 4096}`, number, number + 5)));
  expect(rowsOf(bars, new Set())).toHaveLength(50);
  expect(criticalPath(bars).size).toBe(1);
});

test("ticks are round and few", () => {
  expect(ticks(0, 1000, 4)).toEqual([0, 500, 1000]);
  expect(ticks(0, 7 * 86_400_000, 7).length).toBeLessThanOrEqual(8);
});
