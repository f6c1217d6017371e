import { describe, expect, test, vi } from "vitest";

vi.hoisted(() => {
  const store = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => store.set(key, value) });
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false, addEventListener() {} }), dispatchEvent() {} });
  vi.stubGlobal("document", { documentElement: { dataset: {} }, hidden: true });
});

const { barSeconds, between, bounds, duration, relative, wider } = await import("./time");

const NOON = Date.UTC(2026, 5, 3, 12, 0, 30); // a Wednesday
const MINUTE = 60_000;
const DAY = 86_400_000;

describe("duration", () => {
  test.each([
    [0, "0ms"],
    [0.0854, "85ms"],
    [0.9996, "1s"],
    [12.44, "12.4s"],
    [59.99, "59.9s"],
    [60, "1m"],
    [192, "3m 12s"],
    [3600, "1h"],
    [3661, "1h 1m"],
    [90061, "1d 1h"],
  ])("%d s is %s", (seconds, said) => expect(duration(seconds)).toBe(said));
});

describe("relative", () => {
  test.each([
    [0, "now"],
    [-90_000, "1m ago"],
    [7_200_000, "in 2h"],
    [-3 * DAY, "3d ago"],
  ])("%d ms away is %s", (distance, said) => expect(relative(NOON + distance, NOON)).toBe(said));
});

describe("bounds", () => {
  test("a moving end is a whole minute, so that questions stay the same within it", () => {
    expect(bounds("1h", "UTC", NOON)).toEqual(bounds("1h", "UTC", NOON + 20_000));
    expect(bounds("1h", "UTC", NOON)).toEqual([NOON + 30_000 - 60 * MINUTE, NOON + 30_000]);
  });
  test("days and weeks begin in the reader's zone", () => {
    expect(bounds("today", "UTC", NOON)?.[0]).toBe(Date.UTC(2026, 5, 3));
    expect(bounds("week", "UTC", NOON)?.[0]).toBe(Date.UTC(2026, 5, 1));
  });
  test("two moments are what they say", () => {
    const range = between(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2));
    expect(bounds(range, "UTC", NOON)).toEqual([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]);
  });
  test.each(["all", "nonsense", "x..y", "2026-01-02T00:00:00Z..2026-01-01T00:00:00Z"])("%s has none", (range) => expect(bounds(range, "UTC", NOON)).toBeNull());
});

test("an empty range is widened step by step", () => {
  expect(["1h", "24h", "30d", "today"].map(wider)).toEqual(["6h", "7d", "all", "7d"]);
});

test("there are never more bars than asked for", () => {
  for (const span of [MINUTE, DAY, 30 * DAY, 900 * DAY]) expect(span / 1000 / barSeconds(span, 90)).toBeLessThanOrEqual(90);
});
