import { expect, test } from "vitest";
import { CRITERIA, conditionsOf, groupsOf, withCondition } from "./criteria";
import type { Family, FilterNode } from "@/api/types";

test("what the builder makes of a filter is that filter again, for every criterion and operator", () => {
  for (const family of Object.keys(CRITERIA) as Family[]) {
    let node: FilterNode = {};
    for (const criterion of CRITERIA[family]) {
      for (const operator of criterion.operators) {
        const value = operator.kind === "boolean" ? false : operator.list ? ["x"] : "x";
        node = withCondition(node, { criterion, operator }, value);
      }
    }
    const again = conditionsOf(family, node).reduce<FilterNode>((made, each) => withCondition(made, each, each.value), {});
    expect(again).toEqual(node);
    expect(conditionsOf(family, node)).toHaveLength(CRITERIA[family].flatMap((each) => each.operators).length);
  }
});

test("removing every condition leaves nothing", () => {
  const node = { name: { like_: "x" }, state: { type: { any_: ["FAILED"] } } };
  const emptied = conditionsOf("flow_runs", node).reduce((made, each) => withCondition(made, each, undefined), node as FilterNode);
  expect(emptied).toEqual({});
});

test("nested filters are told apart from conditions", () => {
  const node = { any_of: [{ name: { like_: "x" } }], none_of: [{}] };
  expect(conditionsOf("flow_runs", node)).toEqual([]);
  expect(groupsOf(node).map(([group, filters]) => [group, filters.length])).toEqual([
    ["any_of", 1],
    ["none_of", 1],
  ]);
});
