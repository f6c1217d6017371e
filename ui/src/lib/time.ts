import { useSyncExternalStore } from "react";
import { zone } from "./settings";

export type Zone = "local" | "UTC";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: [string, number][] = [
  ["d", DAY],
  ["h", HOUR],
  ["m", MINUTE],
  ["s", SECOND],
];

/** A duration in two significant units: `3m 12s`, `12.4s`, `85ms`. */
export function duration(seconds: number): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  if (ms < SECOND) return `${ms}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1).replace(/\.0$/, "")}s`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [name, size] = UNITS[first] as [string, number];
  const next = UNITS[first + 1];
  const whole = Math.floor(ms / size);
  const rest = next ? Math.floor((ms % size) / next[1]) : 0;
  return rest && next ? `${whole}${name} ${rest}${next[0]}` : `${whole}${name}`;
}

/** How long ago, or how far ahead: `3m ago`, `in 2h`. */
export function relative(moment: string | number | Date, now: number): string {
  const ms = now - new Date(moment).getTime();
  const distance = Math.abs(ms);
  if (distance < 5 * SECOND) return "now";
  const [name, size] = UNITS.find(([, each]) => distance >= each) ?? ["s", SECOND];
  const text = `${Math.floor(distance / size)}${name}`;
  return ms > 0 ? `${text} ago` : `in ${text}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: string, options: Intl.DateTimeFormatOptions, inZone: Zone): Intl.DateTimeFormat {
  const key = `${kind} ${inZone}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: inZone === "UTC" ? "UTC" : undefined });
    formats.set(key, made);
  }
  return made;
}

const DATE: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };
const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

/** `2026-06-01 12:00:00`, in a zone. */
export function absolute(moment: string | number | Date, inZone: Zone): string {
  return format("both", { ...DATE, ...TIME }, inZone).format(new Date(moment));
}

/** `12:00:00.123`, in a zone. */
export function clock(moment: string | number | Date, inZone: Zone, withMillis = true): string {
  const date = new Date(moment);
  const text = format("time", TIME, inZone).format(date);
  return withMillis ? `${text}.${String(date.getUTCMilliseconds()).padStart(3, "0")}` : text;
}

/** The label of a tick: the time within a day or two, else the day. */
export function tick(moment: number, span: number, inZone: Zone): string {
  if (span <= 2 * MINUTE) return clock(moment, inZone, false);
  if (span <= 36 * HOUR) return clock(moment, inZone, false).slice(0, 5);
  return absolute(moment, inZone).slice(5, span <= 5 * DAY ? 16 : 10);
}

export function zoneName(inZone: Zone): string {
  if (inZone === "UTC") return "UTC";
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(new Date());
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local";
}

export const useZone = (): Zone => zone.use();

let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}, SECOND);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The time, by steps of some seconds: whoever asks is drawn again at each step. */
export function useNow(stepSeconds = 1): number {
  const step = stepSeconds * SECOND;
  return useSyncExternalStore(subscribe, () => Math.floor(now / step) * step);
}

/** A time range as the address has it: `1h`, `today`, `2026-06-01T12:00:00Z..2026-06-01T13:00:00Z`, or `all`. */
export type Range = string;

export const RANGES: [Range, string][] = [
  ["15m", "Last 15 minutes"],
  ["1h", "Last hour"],
  ["6h", "Last 6 hours"],
  ["24h", "Last 24 hours"],
  ["today", "Today"],
  ["week", "Since Monday"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["all", "Any time"],
];

function startOfDay(moment: number, inZone: Zone): number {
  const date = new Date(moment);
  return inZone === "UTC"
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
    : new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function startOfWeek(moment: number, inZone: Zone): number {
  const today = startOfDay(moment, inZone);
  const weekday = inZone === "UTC" ? new Date(today).getUTCDay() : new Date(today).getDay();
  return startOfDay(today - ((weekday + 6) % 7) * DAY + 2 * HOUR, inZone);
}

/** The moments a range stands for; its moving end is a whole minute, so that what is asked stays the same within it. */
export function bounds(range: Range, inZone: Zone, at: number): [number, number] | null {
  if (range === "all") return null;
  const end = (Math.floor(at / MINUTE) + 1) * MINUTE;
  if (range === "today") return [startOfDay(at, inZone), end];
  if (range === "week") return [startOfWeek(at, inZone), end];
  if (range.includes("..")) {
    const [from, until] = range.split("..").map((each) => new Date(each).getTime());
    return from !== undefined && until !== undefined && from < until ? [from, until] : null;
  }
  const match = /^(\d+)([mhd])$/.exec(range);
  if (!match) return null;
  const size = { m: MINUTE, h: HOUR, d: DAY }[match[2] as "m" | "h" | "d"];
  return [end - Number(match[1]) * size, end];
}

export function between(from: number, until: number): Range {
  const iso = (each: number) => new Date(each).toISOString().replace(/\.\d+Z/, "Z");
  return `${iso(from)}..${iso(until)}`;
}

export function rangeName(range: Range, inZone: Zone): string {
  const known = RANGES.find(([each]) => each === range);
  if (known) return known[1];
  const found = bounds(range, inZone, 0);
  if (!found) return "Any time";
  const [from, until] = found.map((each) => absolute(each, inZone)) as [string, string];
  const sameDay = from.slice(0, 10) === until.slice(0, 10);
  return `${from.slice(5, 16)} to ${sameDay ? until.slice(11, 16) : until.slice(5, 16)}`;
}

/** What a person widens an empty range to. */
export function wider(range: Range): Range {
  const order = ["15m", "1h", "6h", "24h", "7d", "30d", "all"];
  const position = order.indexOf(range);
  return position < 0 ? "7d" : (order[position + 1] ?? "all");
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** The width of a histogram's bars in seconds, so that there are at most so many. */
export function barSeconds(span: number, bars: number): number {
  const wanted = span / 1000 / bars;
  return STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
}
