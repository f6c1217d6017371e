import { absolute, duration, relative, useNow, useZone, zoneName } from "@/lib/time";
import { isTerminal } from "@/api/types";

/** A moment: relative to now, and absolute when pointed at. */
export function When({ at, className }: { at: string | null | undefined; className?: string }) {
  const now = useNow(5);
  const inZone = useZone();
  if (!at) return <span className="text-faint">–</span>;
  return (
    <time dateTime={at} title={`${absolute(at, inZone)} ${zoneName(inZone)}`} className={className}>
      {relative(at, now)}
    </time>
  );
}

/** A moment in full. */
export function Moment({ at }: { at: string | null | undefined }) {
  const inZone = useZone();
  const now = useNow(30);
  if (!at) return <span className="text-faint">–</span>;
  return (
    <time dateTime={at} title={relative(at, now)} className="whitespace-nowrap">
      {absolute(at, inZone)}
    </time>
  );
}

interface Timed {
  start_time?: string | null;
  end_time?: string | null;
  state_type?: string | null;
  total_run_time?: number;
}

/** How many seconds a run has taken: to its end, or until now. */
export function secondsOf(run: Timed, now: number): number | null {
  if (!run.start_time) return null;
  const end = run.end_time ? new Date(run.end_time).getTime() : isTerminal(run.state_type) ? null : now;
  if (end === null) return run.total_run_time ?? null;
  return Math.max(0, end - new Date(run.start_time).getTime()) / 1000;
}

function Ticking({ run }: { run: Timed }) {
  const seconds = secondsOf(run, useNow(1));
  return <>{seconds === null ? "–" : duration(Math.floor(seconds))}</>;
}

/** How long a run took, or takes until now, which ticks. */
export function Took({ run }: { run: Timed }) {
  if (!run.start_time) return <span className="text-faint">–</span>;
  if (!run.end_time && !isTerminal(run.state_type)) return <Ticking run={run} />;
  const seconds = secondsOf(run, 0);
  return <>{seconds === null ? "–" : duration(seconds)}</>;
}
