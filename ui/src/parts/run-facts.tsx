import type { ReactNode } from "react";
import type { State } from "@/api/types";
import { duration } from "@/lib/time";
import { StateBadge } from "./state";
import { Moment } from "./when";

/** Names and values, one below the other. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[minmax(90px,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value ?? <span className="text-faint">–</span>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The states that a run was in, each with how long. */
export function StateHistory({ states }: { states: State[] }) {
  const sorted = [...states].sort((one, other) => String(one.timestamp).localeCompare(String(other.timestamp)));
  return (
    <ol className="flex flex-col">
      {sorted.map((state, position) => {
        const next = sorted[position + 1];
        const seconds = next && (new Date(next.timestamp as string).getTime() - new Date(state.timestamp as string).getTime()) / 1000;
        return (
          <li key={state.id} className="grid grid-cols-[130px_auto_1fr] items-baseline gap-x-3 border-t border-line py-1 text-sm first:border-t-0">
            <StateBadge type={state.type} name={state.name} />
            <span className="text-xs text-muted">
              <Moment at={state.timestamp as string} />
            </span>
            <span className="text-right text-xs text-muted">{seconds !== undefined && duration(seconds)}</span>
            {state.message && <span className="col-span-3 text-xs break-words text-muted">{state.message}</span>}
          </li>
        );
      })}
    </ol>
  );
}

export function Tags({ tags }: { tags: readonly string[] | null | undefined }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      {tags?.map((tag) => (
        <span key={tag} className="tag">
          {tag}
        </span>
      ))}
    </span>
  );
}

export interface Tab {
  id: string;
  name: string;
  count?: number;
}

interface TabsProps {
  tabs: readonly Tab[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** The tabs of a run's page; the keys 1 to 9 go to them. */
export function Tabs({ tabs, chosen, onChoose }: TabsProps) {
  return (
    <div role="tablist" aria-label="Parts" className="flex shrink-0 gap-1 overflow-x-auto border-b border-line bg-surface px-3">
      {tabs.map(({ id, name, count }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`tab-${id}`}
          aria-selected={id === chosen}
          aria-controls="tab-content"
          className={`h-9 border-b-2 px-2 text-sm whitespace-nowrap ${id === chosen ? "border-accent font-medium" : "border-transparent text-muted hover:text-text"}`}
          onClick={() => onChoose(id)}
        >
          {name}
          {count ? <span className="ml-1 text-xs text-muted">{count}</span> : null}
        </button>
      ))}
    </div>
  );
}
