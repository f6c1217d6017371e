import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { HistoryInterval } from "@/api/types";
import { number, plural } from "@/lib/format";
import { token, useEffectiveTheme } from "@/lib/settings";
import { clock, tick, absolute, useZone, type Zone } from "@/lib/time";
import { look } from "./state";

/** From the bottom of a bar to its top: what ended well lies low, so that trouble stands out at the top. */
const ORDER = ["completed", "cancelled", "cancelling", "paused", "scheduled", "pending", "running", "late", "crashed", "failed"];

interface Stacked {
  times: number[];
  kinds: string[];
  counts: number[][];
}

function stacked(history: HistoryInterval[]): Stacked {
  const times = history.map((each) => new Date(each.interval_start).getTime() / 1000);
  const counts = ORDER.map(() => new Array<number>(history.length).fill(0));
  history.forEach((interval, position) => {
    for (const state of interval.states) {
      const row = counts[ORDER.indexOf(look(state.state_type, state.state_name))];
      if (row) row[position] = (row[position] ?? 0) + state.count_runs;
    }
  });
  const used = ORDER.map((_, kind) => kind).filter((kind) => counts[kind]?.some((count) => count > 0));
  return { times, kinds: used.map((kind) => ORDER[kind] as string), counts: used.map((kind) => counts[kind] as number[]) };
}

/** What the picture says, in words. */
export function summary(history: HistoryInterval[]): string {
  const { kinds, counts } = stacked(history);
  const totals = kinds.map((kind, position) => [kind, counts[position]?.reduce((sum, each) => sum + each, 0) ?? 0] as const);
  const all = totals.reduce((sum, [, count]) => sum + count, 0);
  return [plural(all, "run"), ...totals.map(([kind, count]) => `${number(count)} ${kind}`)].join(", ");
}

function options(data: Stacked, width: number, height: number, inZone: Zone, onBrush?: (from: number, until: number) => void) {
  const step = (data.times[1] ?? 0) - (data.times[0] ?? 0) || 60;
  const bars = uPlot.paths.bars?.({ size: [0.86, 48], align: 1 });
  const first = data.times[0] ?? 0;
  const last = (data.times.at(-1) ?? 0) + step;
  const axis = { stroke: token("--muted"), font: "11px system-ui", grid: { show: false }, ticks: { show: false } };
  const series: uPlot.Series[] = [...data.kinds].reverse().map((kind) => {
    const color = token(`--state-${kind}`);
    return { label: kind, fill: color, stroke: color, width: 0, paths: bars, points: { show: false } };
  });
  return {
    width,
    height,
    padding: [6, 24, 0, 0],
    legend: { show: false },
    cursor: { x: true, y: false, drag: { x: Boolean(onBrush), y: false, setScale: false }, points: { show: false } },
    scales: { x: { time: true, range: () => [first, last] }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] } },
    axes: [
      { ...axis, size: 20, gap: 2, values: (_, splits) => splits.map((each) => tick(each * 1000, (last - first) * 1000, inZone)) },
      { ...axis, size: 40, gap: 4, space: 20, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7], grid: { show: true, stroke: token("--line"), width: 1 }, values: (_, splits) => splits.map((each) => number(each)) },
    ],
    series: [{}, ...series],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected < 4 || !onBrush) return;
          const edge = (px: number) => Math.round(plot.posToVal(px, "x") / step) * step;
          const from = edge(left);
          const until = Math.max(edge(left + selected), from + step);
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          onBrush(from * 1000, until * 1000);
        },
      ],
    },
  } satisfies uPlot.Options;
}

/** Each series is drawn from zero to the sum of itself and those below it, the highest first. */
function aligned({ times, counts }: Stacked): uPlot.AlignedData {
  const sums: number[][] = [];
  counts.forEach((row, kind) => sums.push(row.map((count, at) => count + (sums[kind - 1]?.[at] ?? 0))));
  return [times, ...sums.reverse()];
}

function describe(data: Stacked, at: number, inZone: Zone): string {
  const step = ((data.times[1] ?? 0) - (data.times[0] ?? 0)) * 1000;
  const from = (data.times[at] ?? 0) * 1000;
  const counts = data.kinds.flatMap((kind, row) => (data.counts[row]?.[at] ? [`${number(data.counts[row][at])} ${kind}`] : []));
  return `${absolute(from, inZone).slice(5, 16)}–${clock(from + step, inZone, false).slice(0, 5)}: ${counts.reverse().join(", ") || "none"}`;
}

interface Props {
  history: HistoryInterval[];
  height?: number;
  onBrush?: (from: number, until: number) => void;
}

/** Runs by state over time; drag across it to choose a part. */
export function Histogram({ history, height = 96, onBrush }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const hint = useRef<HTMLDivElement>(null);
  const brush = useRef(onBrush);
  brush.current = onBrush;
  const brushes = Boolean(onBrush);
  const inZone = useZone();
  const theme = useEffectiveTheme();
  const data = useMemo(() => stacked(history), [history]);

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const handler = brushes ? (from: number, until: number) => brush.current?.(from, until) : undefined;
    const made: uPlot.Options = options(data, element.clientWidth || 600, height, inZone, handler);
    made.hooks = {
      ...made.hooks,
      setCursor: [
        (plot) => {
          const at = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? Math.floor(plot.posToVal(plot.cursor.left, "x")) : -1;
          const position = data.times.findLastIndex((time) => time <= at);
          if (hint.current) hint.current.textContent = position >= 0 && at >= 0 ? describe(data, position, inZone) : "";
        },
      ],
    };
    const plot = new uPlot(made, aligned(data), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, height, inZone, theme, brushes]);

  return (
    <div className="relative" role="img" aria-label={summary(history)}>
      <div ref={ref} style={{ height }} className={brushes ? "cursor-crosshair" : ""} />
      <div ref={hint} className="pointer-events-none absolute top-0 right-2 rounded bg-surface/90 px-1 text-xs text-muted" />
    </div>
  );
}
