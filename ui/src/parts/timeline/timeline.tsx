import { useEffect, useMemo, useRef, useState } from "react";
import type { GraphNode, Wait } from "@/api/flow-run";
import { token, useEffectiveTheme } from "@/lib/settings";
import { duration, useNow } from "@/lib/time";
import { Icon } from "../icon";
import { look, stateName } from "../state";
import { barsOf, criticalPath, rowsOf, standstillsOf, standstillText, ticks, type Bar, type Row, type Standstill } from "./layout";

const ROW_PX = 22;
const AXIS_PX = 22;
const LABEL_PX = 190;
const NARROW_LABEL_PX = 110;
const LEAST_BAR_PX = 3;
const LEAST_WAIT_PX = 2;
const MOST_LISTED = 200;
const SYMBOLS: Record<string, string> = { completed: "", failed: "✕", crashed: "!", cancelled: "∅", running: "▸", paused: "‖", pending: "…" };

type Window = [from: number, until: number];

interface Props {
  nodes: readonly (readonly [string, GraphNode])[];
  /** The flow run, and when it and its task runs stood still. */
  of: string;
  waits: readonly Wait[];
  start: number;
  /** When it ended; while it runs, the picture grows until now. */
  end: number | null;
  selected: string | null;
  onSelect: (id: string | null) => void;
  zoom: Window | null;
  onZoom: (zoom: Window | null) => void;
  height: number;
}

interface Scene {
  rows: Row[];
  critical: ReadonlySet<string>;
  standstills: ReadonlyMap<string, Standstill[]>;
  /** Those of the flow run itself, during which none of its runs goes on. */
  own: readonly Standstill[];
  start: number;
  view: Window;
  now: number;
  width: number;
  height: number;
  scroll: number;
  labels: number;
  selected: string | null;
  brush: Window | null;
}

function palette() {
  const states = ["completed", "failed", "crashed", "running", "pending", "scheduled", "late", "paused", "cancelled", "cancelling"];
  return {
    states: Object.fromEntries(states.map((state) => [state, token(`--state-${state}`)])),
    text: token("--text"),
    muted: token("--muted"),
    line: token("--line"),
    soft: token("--accent-soft"),
    accent: token("--accent"),
    surface: token("--surface"),
  };
}

type Palette = ReturnType<typeof palette>;

function drawAxis(context: CanvasRenderingContext2D, scene: Scene, colors: Palette, x: (at: number) => number) {
  context.fillStyle = colors.muted;
  context.strokeStyle = colors.line;
  const offset = scene.start;
  for (const at of ticks(scene.view[0] - offset, scene.view[1] - offset, Math.max(2, (scene.width - scene.labels) / 90))) {
    const px = Math.round(x(at + offset)) + 0.5;
    context.beginPath();
    context.moveTo(px, AXIS_PX - 4);
    context.lineTo(px, scene.height);
    context.stroke();
    if (px < scene.width - 30) context.fillText(at === 0 ? "0" : `+${duration(at / 1000)}`, px + 3, 12);
  }
}

/** A time in which a run stood still: a line through its row, thin and dotted, in the colour of the state. */
function drawStandstill(context: CanvasRenderingContext2D, each: Standstill, scene: Scene, colors: Palette, x: (at: number) => number, top: number) {
  const left = Math.max(x(each.from), scene.labels);
  const right = Math.min(x(each.until ?? scene.now), scene.width);
  if (right - left < LEAST_WAIT_PX) return;
  context.strokeStyle = colors.states[look("SCHEDULED", each.state)] ?? colors.muted;
  context.lineWidth = 2;
  context.setLineDash([2, 2]);
  context.beginPath();
  context.moveTo(left, top + ROW_PX / 2);
  context.lineTo(right, top + ROW_PX / 2);
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
}

/** When the flow run itself stood still, behind all rows. */
function drawOwnStandstills(context: CanvasRenderingContext2D, scene: Scene, colors: Palette, x: (at: number) => number) {
  for (const { from, until } of scene.own) {
    const left = Math.max(x(from), scene.labels);
    const right = Math.min(x(until ?? scene.now), scene.width);
    if (right <= left) continue;
    context.fillStyle = colors.muted;
    context.globalAlpha = 0.12;
    context.fillRect(left, AXIS_PX, right - left, scene.height);
    context.globalAlpha = 1;
  }
}

function drawBar(context: CanvasRenderingContext2D, bar: Bar, scene: Scene, colors: Palette, x: (at: number) => number, top: number, folded: boolean) {
  const left = Math.max(x(bar.start), scene.labels);
  const right = x(bar.end ?? scene.now);
  if (right < scene.labels || left > scene.width) return;
  const width = Math.max(right - left, LEAST_BAR_PX);
  context.fillStyle = colors.states[bar.state] ?? colors.muted;
  context.globalAlpha = folded ? 0.55 : bar.kind === "flow-run" ? 0.75 : 1;
  context.fillRect(left, top + 5, width, ROW_PX - 10);
  context.globalAlpha = 1;
  if (scene.critical.has(bar.id)) {
    context.fillStyle = colors.text;
    context.fillRect(left, top + ROW_PX - 4, width, 1.5);
  }
  if (bar.id === scene.selected) {
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.strokeRect(left - 1.5, top + 3.5, width + 3, ROW_PX - 7);
    context.lineWidth = 1;
  }
  const symbol = SYMBOLS[bar.state];
  if (!folded && symbol) {
    context.fillStyle = colors.states[bar.state] ?? colors.muted;
    context.fillText(symbol, left + width + 4, top + 15);
  }
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return `${text.slice(0, length)}…`;
}

/** Draws what is seen: as many rows as fit, however many there are. */
function draw(canvas: HTMLCanvasElement, scene: Scene, colors: Palette) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = scene.width * ratio;
  canvas.height = scene.height * ratio;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  context.font = "12px system-ui, sans-serif";
  const [from, until] = scene.view;
  const scale = (scene.width - scene.labels - 12) / Math.max(until - from, 1);
  const x = (at: number) => scene.labels + (at - from) * scale;
  drawOwnStandstills(context, scene, colors, x);
  drawAxis(context, scene, colors, x);
  const first = Math.max(0, Math.floor(scene.scroll / ROW_PX));
  const last = Math.min(scene.rows.length, first + Math.ceil(scene.height / ROW_PX) + 1);
  context.save();
  context.beginPath();
  context.rect(0, AXIS_PX, scene.width, scene.height - AXIS_PX);
  context.clip();
  for (let index = first; index < last; index++) {
    const row = scene.rows[index] as Row;
    const top = AXIS_PX + index * ROW_PX - scene.scroll;
    if (row.bars.length === 1 && row.bars[0]?.id === scene.selected) {
      context.fillStyle = colors.soft;
      context.fillRect(0, top, scene.labels, ROW_PX);
    }
    for (const bar of row.bars) for (const each of scene.standstills.get(bar.id) ?? []) drawStandstill(context, each, scene, colors, x, top);
    for (const bar of row.bars) drawBar(context, bar, scene, colors, x, top, row.bars.length > 1);
    context.fillStyle = row.group ? colors.text : colors.muted;
    const mark = row.group ? (row.folded ? "▸ " : "▾ ") : "";
    context.fillText(fitted(context, mark + row.label, scene.labels - 16), 8, top + 15);
  }
  context.restore();
  if (scene.brush) {
    context.fillStyle = colors.accent;
    context.globalAlpha = 0.15;
    context.fillRect(scene.brush[0], AXIS_PX, scene.brush[1] - scene.brush[0], scene.height);
    context.globalAlpha = 1;
  }
}

const seconds = ({ from, until }: { from: number; until: number | null }, now: number) => duration(((until ?? now) - from) / 1000);

function describe(bar: Bar, standstills: readonly Standstill[] | undefined, now: number): string {
  const told = [bar.label, stateName(bar.state.toUpperCase()), `took ${seconds({ from: bar.start, until: bar.end }, now)}`];
  return [...told, ...(standstills ?? []).map((each) => `${standstillText(each.state)} ${seconds(each, now)}`)].join(", ");
}

/** The task runs and subflow runs of a flow run over time, on a canvas, with a list of the same for who cannot see it. */
export function Timeline({ nodes, of, waits, start, end, selected, onSelect, zoom, onZoom, height }: Props) {
  const outer = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(800);
  const [scroll, setScroll] = useState(0);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [hint, setHint] = useState("");
  const [brush, setBrush] = useState<Window | null>(null);
  const theme = useEffectiveTheme();
  const ticking = useNow(1);
  const now = end ?? ticking;
  const bars = useMemo(() => barsOf(nodes), [nodes]);
  const rows = useMemo(() => rowsOf(bars, unfolded), [bars, unfolded]);
  const critical = useMemo(() => criticalPath(bars), [bars]);
  const standstills = useMemo(() => standstillsOf(waits), [waits]);
  const own = useMemo(() => standstills.get(of)?.filter(({ from }) => from >= start) ?? [], [standstills, of, start]);
  const colors = useMemo(palette, [theme]);
  const labels = width < 600 ? NARROW_LABEL_PX : LABEL_PX;
  const view: Window = zoom ?? [start, Math.max(now, start + 1, ...(bars.length ? [bars.reduce((most, bar) => Math.max(most, bar.end ?? 0), 0)] : []))];

  useEffect(() => {
    const element = outer.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (canvas.current) draw(canvas.current, { rows, critical, standstills, own, start, view, now, width, height, scroll, labels, selected, brush }, colors);
  });

  const rowAt = (y: number) => rows[Math.floor((y - AXIS_PX + scroll) / ROW_PX)];
  const timeAt = (px: number) => view[0] + ((px - labels) / Math.max(width - labels - 12, 1)) * (view[1] - view[0]);
  const barAt = (row: Row | undefined, px: number) => {
    const at = timeAt(px);
    const slack = ((view[1] - view[0]) / Math.max(width, 1)) * 4;
    return row?.bars.find((bar) => bar.start - slack <= at && (bar.end ?? now) + slack >= at) ?? (row?.bars.length === 1 ? row.bars[0] : undefined);
  };
  const place = (event: React.PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top] as const;
  };
  const release = (event: React.PointerEvent) => {
    const [px, py] = place(event);
    const chosen = brush;
    setBrush(null);
    if (chosen && Math.abs(chosen[1] - chosen[0]) > 5) {
      const [from, until] = [Math.min(...chosen), Math.max(...chosen)].map(timeAt) as Window;
      onZoom([Math.max(from, start), until]);
      return;
    }
    const row = rowAt(py);
    if (row?.group && px < labels) {
      const next = new Set(unfolded);
      if (!next.delete(row.group)) next.add(row.group);
      setUnfolded(next);
    } else onSelect(barAt(row, px)?.id ?? null);
  };
  const move = (event: React.PointerEvent) => {
    const [px, py] = place(event);
    if (brush) setBrush([brush[0], px]);
    const bar = barAt(rowAt(py), px);
    setHint(bar ? describe(bar, standstills.get(bar.id), now) : "");
  };
  const press = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const shown = rows.flatMap((row) => (row.group ? [] : row.bars));
    const position = shown.findIndex((bar) => bar.id === selected);
    onSelect(shown[Math.min(Math.max(position + step, 0), shown.length - 1)]?.id ?? null);
  };
  const total = rows.length * ROW_PX + AXIS_PX;

  return (
    <div className="relative">
      <div
        ref={outer}
        tabIndex={0}
        role="group"
        aria-label={`Timeline of ${bars.length} runs; arrow keys choose one`}
        className="overflow-x-hidden overflow-y-auto"
        style={{ height }}
        onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
        onKeyDown={press}
      >
        <div style={{ height: Math.max(total, height - 2) }}>
          <canvas
            ref={canvas}
            aria-hidden="true"
            className="sticky top-0 touch-pan-y"
            style={{ width, height: height - 2 }}
            onPointerDown={(event) => {
              const [px] = place(event);
              if (px > labels && event.button === 0 && event.pointerType === "mouse") setBrush([px, px]);
            }}
            onPointerMove={move}
            onPointerUp={release}
            onPointerLeave={() => {
              setHint("");
              setBrush(null);
            }}
          />
        </div>
      </div>
      <div className="pointer-events-none absolute right-3 bottom-1 rounded bg-surface px-1 text-xs text-muted">{hint}</div>
      {zoom && (
        <button type="button" className="button absolute top-1 right-2 h-6 px-1.5 text-xs" onClick={() => onZoom(null)}>
          <Icon name="close" className="size-3" /> Whole run
        </button>
      )}
      <ul className="sr-only" aria-label="Runs in the timeline">
        {bars.slice(0, MOST_LISTED).map((bar) => (
          <li key={bar.id}>{describe(bar, standstills.get(bar.id), now)}</li>
        ))}
      </ul>
    </div>
  );
}
