import { useState, type FormEvent } from "react";
import { RANGES, absolute, between, bounds, rangeName, useNow, useZone, zoneName, type Range, type Zone } from "@/lib/time";
import { Icon } from "./icon";
import { Popover } from "./menu";

/** What a date field holds, read in the reader's zone. */
function readLocal(value: string, inZone: Zone): number {
  return new Date(inZone === "UTC" ? `${value}Z` : value).getTime();
}

const forField = (moment: number, inZone: Zone) => absolute(moment, inZone).slice(0, 16).replace(" ", "T");

/** Ranges as a person says them, or from one moment to another. */
export function TimeRange({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const [open, setOpen] = useState(false);
  const inZone = useZone();
  const now = useNow(60);
  const [from, until] = bounds(range, inZone, now) ?? [now - 86_400_000, now];
  const choose = (chosen: Range) => {
    setOpen(false);
    onChange(chosen);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [start, end] = ["from", "until"].map((name) => readLocal(String(form.get(name)), inZone)) as [number, number];
    if (start < end) choose(between(start, end));
  };
  const trigger = (
    <button type="button" className="button" aria-label={`Time range: ${rangeName(range, inZone)}`}>
      {rangeName(range, inZone)}
      <Icon name="chevron" className="size-3" />
    </button>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger={trigger} className="menu max-h-none! w-[300px]">
      <div role="listbox" aria-label="Time range">
        {RANGES.map(([each, name]) => (
          <button key={each} type="button" role="option" aria-selected={each === range} className="menu-item" onClick={() => choose(each)}>
            {name}
          </button>
        ))}
      </div>
      <form onSubmit={submit} className="mt-1 flex flex-col gap-2 border-t border-line p-2">
        {(["from", "until"] as const).map((name) => (
          <label key={name} className="flex items-center justify-between gap-2 text-xs text-muted">
            <span className="capitalize">{name}</span>
            <input className="field w-[200px]" type="datetime-local" name={name} required defaultValue={forField(name === "from" ? from : until, inZone)} />
          </label>
        ))}
        <div className="flex items-center justify-between text-xs text-muted">
          {zoneName(inZone)}
          <button type="submit" className="button">
            Apply
          </button>
        </div>
      </form>
    </Popover>
  );
}
