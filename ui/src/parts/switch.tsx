import { classes } from "@/lib/format";

interface Props {
  on: boolean;
  label: string;
  busy?: boolean;
  onChange: (on: boolean) => void;
}

/** On or off, with its word beside it. */
export function Switch({ on, label, busy, onChange }: Props) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      title={label}
      disabled={busy}
      onClick={() => onChange(!on)}
      className={classes("inline-flex h-[18px] w-8 shrink-0 items-center rounded-full border px-0.5", on ? "justify-end border-accent bg-accent" : "justify-start border-strong bg-sunken")}
    >
      <span className={classes("size-3 rounded-full", on ? "bg-on-accent" : "bg-muted")} />
    </button>
  );
}
