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

function NewSchedule({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("cron");
  const [value, setValue] = useState(EXAMPLES.cron);
  const [timezone, setTimezone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  const timing = timingOf(kind, value, timezone);
  const creation = useChange(() => post(`deployments/${deployment.id}/schedules`, [{ schedule: timing, active: true }]), onClose);
  const choose = (chosen: Kind) => {
    setKind(chosen);
    setValue(EXAMPLES[chosen]);
  };
  return (
    <Confirm title="Add a schedule" action="Add" busy={creation.isPending} error={creation.error?.message} onConfirm={() => creation.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[88px_1fr] items-center gap-2">
        <label htmlFor="schedule-kind">Kind</label>
        <select id="schedule-kind" className="field" value={kind} onChange={({ target }) => choose(target.value as Kind)}>
          <option value="cron">Cron</option>
          <option value="interval">Interval</option>
          <option value="rrule">Rule</option>
        </select>
        <label htmlFor="schedule-value">When</label>
        <input id="schedule-value" className="field font-mono" value={value} title={HINTS[kind]} onChange={({ target }) => setValue(target.value)} />
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
  const [adding, setAdding] = useState(false);
  const toggle = useChange(({ id, active }: { id: string; active: boolean }) => patch(`deployments/${deployment.id}/schedules/${id}`, { active }));
  const add = (
    <button type="button" className="button" onClick={() => setAdding(true)}>
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
            <DeleteButton small what="this schedule" path={`deployments/${deployment.id}/schedules/${each.id}`}>
              <p>The runs that it has planned go with it.</p>
            </DeleteButton>
          </li>
        ))}
      </ul>
      {adding && <NewSchedule deployment={deployment} onClose={() => setAdding(false)} />}
    </Section>
  );
}
