import { describe, expect, test } from "vitest";
import { asksNothing, at, conditions, withRange, withValue } from "./filters";

describe("withValue", () => {
  test("puts a value where it belongs and leaves the rest alone", () => {
    const filters = { flows: { name: { any_: ["etl"] } } };
    expect(withValue(filters, ["flow_runs", "state", "type", "any_"], ["FAILED"])).toEqual({
      flows: { name: { any_: ["etl"] } },
      flow_runs: { state: { type: { any_: ["FAILED"] } } },
    });
    expect(filters).toEqual({ flows: { name: { any_: ["etl"] } } });
  });
  test.each([[[]], [""], [undefined], [null]])("takes an empty value (%j) out, with what held nothing else", (empty) => {
    expect(withValue({ flows: { name: { any_: ["etl"] } } }, ["flows", "name", "any_"], empty)).toEqual({});
  });
  test("keeps what is false", () => {
    expect(withValue({}, ["deployments", "paused", "eq_"], false)).toEqual({ deployments: { paused: { eq_: false } } });
  });
});

describe("withRange", () => {
  const bounds: [number, number] = [0, 1000];
  const within = { expected_start_time: { after_: "1970-01-01T00:00:00.000Z", before_: "1970-01-01T00:00:01.000Z" } };
  test("asks of the time beside what is asked", () => {
    expect(withRange({ flow_runs: { name: { like_: "x" } } }, "flow_runs", bounds)).toEqual({ flow_runs: { name: { like_: "x" }, ...within } });
  });
  test.each([{ operator: "or_", name: { like_: "x" } }, { expected_start_time: { after_: "2026-01-01T00:00:00Z" } }])("never takes the place of what is asked: %j", (own) => {
    expect(withRange({ flow_runs: own }, "flow_runs", bounds)).toEqual({ flow_runs: { all_of: [own, within] } });
  });
  test("asks nothing without bounds", () => expect(withRange({}, "flow_runs", null)).toEqual({}));
});

test("values are read by their path", () => {
  expect(at({ a: { b: [1] } }, ["a", "b"])).toEqual([1]);
  expect(at({ a: null }, ["a", "b"])).toBeUndefined();
});

test("conditions are counted on all levels", () => {
  const nested = { flow_runs: { operator: "or_", name: { like_: "x" }, any_of: [{ tags: { all_: ["a"], is_null_: false } }, {}] } };
  expect(conditions(nested)).toBe(3);
  expect(asksNothing({ flow_runs: {} })).toBe(true);
  expect(asksNothing(nested)).toBe(false);
});
