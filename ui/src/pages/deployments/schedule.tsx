import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange } from "@/api/lists";
import type { Deployment } from "@/api/types";
import { duration } from "@/lib/time";
import { Confirm } from "@/parts/dialog";
import { DeleteButton } from "@/parts/delete-button";
import { Failure } from "@/parts/notice";
import { Section } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { NextTimes } from "./next-times";

/** When a schedule runs: what the API says of it. */
export type Timing = { interval: number; anchor_date?: string; timezone?: string | null } | { cron: string; timezone?: string | null; day_or?: boolean } | { rrule: string; timezone?: string | null };

interface Scheduled {
  schedule: unknown;
  active?: boolean;
}

export function scheduleText({ schedule, active }: Scheduled): string {
  const timing = schedule as Timing;
  const zone = timing.timezone && timing.timezone !== "UTC" ? ` ${timing.timezone}` : "";
  const when = "interval" in timing ? `every ${duration(timing.interval)}` : "cron" in timing ? `cron ${timing.cron}` : timing.rrule.split("\n").join(" ");
  return `${when}${zone}${active === false ? " (inactive)" : ""}`;
}

type Kind = "cron" | "interval" | "rrule";

const EXAMPLES: Record<Kind, string> = { cron: "0 7 * * 1-5", interval: "3600", rrule: "FREQ=DAILY;BYHOUR=7" };
const HINTS: Record<Kind, string> = { cron: "minute, hour, day, month, day of the week", interval: "seconds", rrule: "an RFC 5545 rule" };

function timingOf(kind: Kind, value: string, timezone: string): Timing {
  if (kind === "interval") return { interval: Number(value), timezone };
  return kind === "cron" ? { cron: value, timezone } : { rrule: value, timezone };
}

function kindOf(timing: Timing): [kind: Kind, value: string] {
  if ("interval" in timing) return ["interval", String(timing.interval)];
  return "cron" in timing ? ["cron", timing.cron] : ["rrule", timing.rrule];
}

interface Saved extends Scheduled {
  id: string;
}

/** A schedule to add, or one to change. */
function ScheduleDialog({ deployment, saved, onClose }: { deployment: Deployment; saved: Saved | null; onClose: () => void }) {
  const before = (saved?.schedule ?? { cron: EXAMPLES.cron, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }) as Timing;
  const [[kind, value], setRule] = useState(() => kindOf(before));
  const [timezone, setTimezone] = useState(before.timezone || "UTC");
  const chosen = timingOf(kind, value, timezone);
  // What the form does not show stays: the day an interval counts from, how days of a cron are combined.
  const timing = kindOf(before)[0] === kind ? { ...before, ...chosen } : chosen;
  const save = useChange(() => {
    const path = `deployments/${deployment.id}/schedules`;
    return saved ? patch(`${path}/${saved.id}`, { schedule: timing }) : post(path, [{ schedule: timing, active: true }]);
  }, onClose);
  return (
    <Confirm title={saved ? "Change a schedule" : "Add a schedule"} action={saved ? "Save" : "Add"} busy={save.isPending} error={save.error?.message} onConfirm={() => save.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[88px_1fr] items-center gap-2">
        <label htmlFor="schedule-kind">Kind</label>
        <select id="schedule-kind" className="field" value={kind} onChange={({ target }) => setRule([target.value as Kind, EXAMPLES[target.value as Kind]])}>
          <option value="cron">Cron</option>
          <option value="interval">Interval</option>
          <option value="rrule">Rule</option>
        </select>
        <label htmlFor="schedule-value">When</label>
        <input id="schedule-value" className="field font-mono" value={value} title={HINTS[kind]} onChange={({ target }) => setRule([kind, target.value])} />
        <label htmlFor="schedule-zone">Time zone</label>
        <input id="schedule-zone" className="field" value={timezone} onChange={({ target }) => setTimezone(target.value)} />
      </div>
      <p className="mt-2 text-xs text-muted">{HINTS[kind]}</p>
      <NextTimes timing={timing} />
    </Confirm>
  );
}

/** When a deployment runs by itself. */
export function Schedules({ deployment }: { deployment: Deployment }) {
  const [edited, setEdited] = useState<Saved | "new" | null>(null);
  const toggle = useChange(({ id, active }: { id: string; active: boolean }) => patch(`deployments/${deployment.id}/schedules/${id}`, { active }));
  const add = (
    <button type="button" className="button" onClick={() => setEdited("new")}>
      Add…
    </button>
  );
  return (
    <Section title="Schedules" actions={add}>
      {toggle.error && <Failure error={toggle.error} />}
      {!deployment.schedules?.length && <p className="p-3 text-sm text-muted">None. It runs when somebody says so.</p>}
      <ul>
        {deployment.schedules?.map((each) => (
          <li key={each.id} className="flex min-h-9 items-center gap-3 border-t border-line px-3 text-sm first:border-t-0">
            <Switch on={each.active ?? true} label={`Active: ${scheduleText(each)}`} busy={toggle.isPending} onChange={(active) => toggle.mutate({ id: each.id, active })} />
            <span className="min-w-0 flex-1 truncate font-mono text-xs">{scheduleText(each)}</span>
            <button type="button" className="button h-6" onClick={() => setEdited(each as Saved)} aria-label={`Change: ${scheduleText(each)}`}>
              Change
            </button>
            <DeleteButton small what="this schedule" path={`deployments/${deployment.id}/schedules/${each.id}`}>
              <p>The runs that it has planned go with it.</p>
            </DeleteButton>
          </li>
        ))}
      </ul>
      {edited && <ScheduleDialog deployment={deployment} saved={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </Section>
  );
}
