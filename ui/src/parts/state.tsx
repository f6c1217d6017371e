import type { ReactNode } from "react";
import { classes } from "@/lib/format";

/** Each state is a shape, a word and a colour: the shapes differ without the colours. */
const SHAPES: Record<string, ReactNode> = {
  completed: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm3.4 4.9-4.2 4.5-2.5-2.4" className="disc" />,
  failed: (
    <path d="M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2Zm.4 4.1 4.8 4.8m0-4.8-4.8 4.8" className="disc" />
  ),
  crashed: <path d="M8 1.6 15 14H1Zm0 4.6v3.6m0 1.9v.4" className="disc" />,
  running: <path d="M4 2.4v11.2l9.5-5.6Z" className="solid" />,
  pending: <path d="M4 1.8h8M4 14.2h8M4.8 1.8c0 4 6.4 4.4 6.4 12.4m0-12.4c0 4-6.4 4.4-6.4 12.4" className="line" />,
  scheduled: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 4.4V8l2.6 1.8" className="line" />,
  late: <path d="M8 1.5a6.5 6.5 0 1 1-6.2 4.6M8 4.4V8l2.6 1.8M1.4 2.4l.4 3.8 3.6-1" className="line" />,
  paused: <path d="M3.5 2.2h3v11.6h-3Zm6 0h3v11.6h-3Z" className="solid" />,
  cancelled: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM3.5 12.5l9-9" className="line" />,
  cancelling: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM5 8h6" className="line dashed" />,
};

/** Which of our ten looks a state has: its type's, but that late runs have one of their own. */
export function look(type: string | null | undefined, name?: string | null): string {
  if (type === "SCHEDULED" && name === "Late") return "late";
  const lower = (type ?? "").toLowerCase();
  return lower in SHAPES ? lower : "scheduled";
}

export const stateColor = (type: string | null | undefined, name?: string | null) => `var(--state-${look(type, name)})`;

const NAMES: Record<string, string> = { SCHEDULED: "Scheduled", PENDING: "Pending" };

export function stateName(type: string | null | undefined, name?: string | null): string {
  if (name) return name;
  if (!type) return "No state";
  return NAMES[type] ?? type.charAt(0) + type.slice(1).toLowerCase();
}

interface Props {
  type: string | null | undefined;
  name?: string | null;
  className?: string;
}

export function StateIcon({ type, name, className }: Props) {
  const kind = look(type, name);
  return (
    <svg viewBox="0 0 16 16" className={classes("state-icon shrink-0", `state-${kind}`, className)} aria-hidden="true">
      {SHAPES[kind]}
    </svg>
  );
}

export function StateBadge({ type, name, className }: Props) {
  return (
    <span className={classes("inline-flex min-w-0 items-center gap-1.5", `state-${look(type, name)}`, className)}>
      <StateIcon type={type} name={name} />
      <span className="state-word truncate">{stateName(type, name)}</span>
    </span>
  );
}
