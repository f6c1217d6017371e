import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLogs } from "@/api/flow-run";
import { listen } from "@/api/streams";
import type { Log } from "@/api/types";
import { classes } from "@/lib/format";
import { text, useSearch } from "@/lib/search";
import { clock, useZone } from "@/lib/time";
import { Empty, Failure, Loading } from "./notice";

const LEVELS: [number, string][] = [
  [0, "All levels"],
  [20, "Info and above"],
  [30, "Warnings and above"],
  [40, "Errors"],
];

const LINES_FOLDED = 12;
const LINE_PX = 20;
const MOST_LIVE = 5000;

export function levelName(level: number): string {
  if (level >= 50) return "CRITICAL";
  if (level >= 40) return "ERROR";
  if (level >= 30) return "WARNING";
  return level >= 20 ? "INFO" : "DEBUG";
}

const levelColor = (level: number) =>
  level >= 40 ? "text-[var(--state-failed)]" : level >= 30 ? "text-[var(--state-crashed)]" : level >= 20 ? "text-muted" : "text-faint";

/** New lines, as they are committed, while the run goes on. */
function useLiveLogs(filter: object, live: boolean): [Log[], boolean] {
  const [logs, setLogs] = useState<Log[]>([]);
  const [connected, setConnected] = useState(false);
  const key = JSON.stringify(filter);
  useEffect(() => {
    setLogs([]);
    if (!live) return;
    let waiting: Log[] = [];
    const stop = listen<Log>("logs", JSON.parse(key) as object, { onItem: (log) => waiting.push(log), onState: setConnected });
    const timer = window.setInterval(() => {
      if (!waiting.length) return;
      const arrived = waiting;
      waiting = [];
      setLogs((before) => [...before, ...arrived].slice(-MOST_LIVE));
    }, 300);
    return () => {
      stop();
      window.clearInterval(timer);
    };
  }, [key, live]);
  return [logs, connected];
}

interface LineProps {
  log: Log;
  name: string | undefined;
  wrap: boolean;
  marked: boolean;
  onMark: () => void;
}

function Line({ log, name, wrap, marked, onMark }: LineProps) {
  const inZone = useZone();
  const [open, setOpen] = useState(false);
  const lines = log.message.split("\n");
  const folded = lines.length > LINES_FOLDED && !open;
  const shown = folded ? lines.slice(0, LINES_FOLDED).join("\n") : log.message;
  return (
    <div className={classes("flex gap-3 px-3 font-mono text-xs leading-5 hover:bg-hover", marked && "bg-mark")}>
      <button type="button" className="shrink-0 self-start text-faint hover:text-accent" title="Link to this line" onClick={onMark}>
        {clock(log.timestamp, inZone)}
      </button>
      <span className={classes("hidden w-[62px] shrink-0 sm:block", levelColor(log.level))}>{levelName(log.level)}</span>
      <span className="hidden w-[130px] shrink-0 truncate text-muted sm:block" title={name}>
        {name}
      </span>
      <span className={classes("min-w-0 flex-1", wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre", log.level >= 40 && levelColor(log.level))}>
        {shown}
        {lines.length > LINES_FOLDED && (
          <button type="button" className="link ml-2 font-sans" onClick={() => setOpen(!open)}>
            {folded ? `${lines.length - LINES_FOLDED} more lines` : "fold"}
          </button>
        )}
      </span>
    </div>
  );
}

interface Props {
  /** What the logs belong to, as a filter of logs. */
  of: object;
  names: ReadonlyMap<string, string>;
  live: boolean;
  download?: string;
  className?: string;
}

/** Logs: endless, followed while they are written, by level and text, each line with an address of its own. */
export function LogView({ of, names, live, download, className }: Props) {
  const [search, setSearch] = useSearch();
  const level = Number(search.level ?? 0) || 0;
  const words = text(search, "text", "");
  const newestFirst = search.order === "newest";
  const marked = text(search, "log", "");
  const wrap = search.wrap !== false;
  const [follow, setFollow] = useState(true);
  const [draft, setDraft] = useState<string>(words);
  const scroller = useRef<HTMLDivElement>(null);

  const filter = useMemo(
    () => ({ ...of, ...(level ? { level: { ge_: level } } : {}), ...(words ? { text: { query: words } } : {}) }),
    [JSON.stringify(of), level, words],
  );
  const stored = useLogs({ filter, newestFirst });
  const [arrived, connected] = useLiveLogs(filter, live);
  const logs = useMemo(() => {
    const rows = stored.data?.pages.flatMap((each) => each.rows) ?? [];
    if (!arrived.length) return rows;
    const known = new Set(rows.map((log) => log.id));
    const fresh = arrived.filter((log) => !known.has(log.id));
    if (newestFirst) return [...fresh.reverse(), ...rows];
    return stored.hasNextPage ? rows : [...rows, ...fresh];
  }, [stored.data, stored.hasNextPage, arrived, newestFirst]);

  const virtual = useVirtualizer({
    count: logs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => logs[index]?.id ?? index,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = stored;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= logs.length - 60) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, logs.length]);
  useEffect(() => {
    if (follow && live && !newestFirst && logs.length) virtual.scrollToIndex(logs.length - 1);
  }, [follow, live, newestFirst, logs.length, virtual]);
  const position = marked ? logs.findIndex((log) => log.id === marked) : -1;
  useEffect(() => {
    if (position >= 0) virtual.scrollToIndex(position, { align: "center" });
  }, [position, virtual]);

  return (
    <div className={classes("flex min-h-0 flex-col", className)}>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5 text-sm">
        <select className="field" aria-label="Level" value={level} onChange={(event) => setSearch({ level: Number(event.target.value) || undefined })}>
          {LEVELS.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        <input
          className="field w-[180px]"
          type="search"
          aria-label="Search in logs"
          placeholder="Search, Enter"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && setSearch({ text: draft || undefined })}
          onBlur={() => draft !== words && setSearch({ text: draft || undefined })}
        />
        <button type="button" className="button" aria-pressed={newestFirst} onClick={() => setSearch({ order: newestFirst ? undefined : "newest" })}>
          Newest first
        </button>
        <button type="button" className="button" aria-pressed={wrap} onClick={() => setSearch({ wrap: wrap ? false : undefined }, { replace: true })}>
          Wrap
        </button>
        {live && (
          <button type="button" className="button" aria-pressed={follow} onClick={() => setFollow(!follow)}>
            {connected ? "Follow" : "Follow (connecting)"}
          </button>
        )}
        {download && (
          <a className="button ml-auto" href={download} download>
            Download
          </a>
        )}
      </div>
      {stored.error && <Failure error={stored.error} onRetry={() => void stored.refetch()} />}
      {stored.isPending && <Loading rows={4} />}
      {stored.data && !logs.length && (
        <Empty title={level || words ? "No line matches." : live ? "No line yet." : "Nothing was logged."}>
          {(level > 0 || words) && (
            <button type="button" className="button" onClick={() => (setDraft(""), setSearch({ level: undefined, text: undefined }))}>
              Show all lines
            </button>
          )}
        </Empty>
      )}
      <div
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-label="Logs"
        className="min-h-0 flex-1 overflow-auto py-1"
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
      >
        <div className="relative min-w-full" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const log = logs[index] as Log;
            return (
              <div key={log.id} ref={virtual.measureElement} data-index={index} className="absolute top-0 left-0 min-w-full" style={{ transform: `translateY(${start}px)`, ...(wrap ? { width: "100%" } : {}) }}>
                <Line
                  log={log}
                  name={log.task_run_id ? (names.get(log.task_run_id) ?? "task run") : "flow run"}
                  wrap={wrap}
                  marked={log.id === marked}
                  onMark={() => setSearch({ log: log.id === marked ? undefined : log.id }, { replace: true })}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
