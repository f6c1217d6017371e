import { Link } from "@tanstack/react-router";
import { useStates } from "@/api/flow-run";
import { Icon } from "@/parts/icon";
import { Failure, Loading } from "@/parts/notice";
import { StateHistory } from "@/parts/run-facts";
import { StateBadge } from "@/parts/state";
import type { Bar } from "@/parts/timeline/layout";
import { duration } from "@/lib/time";

interface Props {
  bar: Bar;
  byId: ReadonlyMap<string, Bar>;
  onSelect: (id: string | null) => void;
  onLogs: () => void;
}

/** The run that is chosen in the timeline: its states, and where its inputs come from. */
export function Selected({ bar, byId, onSelect, onLogs }: Props) {
  const isTask = bar.kind === "task-run";
  const states = useStates(isTask ? "task_run" : "flow_run", bar.id);
  const parents = bar.parents.flatMap((id) => byId.get(id) ?? []);
  return (
    <section className="panel flex min-h-0 flex-col" aria-label={`Chosen: ${bar.label}`}>
      <header className="panel-head">
        <StateBadge type={bar.state.toUpperCase()} />
        <Link to={`/runs/${bar.kind}/${bar.id}`} className="truncate text-sm font-medium">
          {bar.label}
        </Link>
        {bar.end && <span className="text-sm whitespace-nowrap text-muted">{duration((bar.end - bar.start) / 1000)}</span>}
        <button type="button" className="button button-quiet ml-auto px-1" aria-label="Choose nothing" onClick={() => onSelect(null)}>
          <Icon name="close" />
        </button>
      </header>
      <div className="min-h-0 flex-1 overflow-auto px-3 py-1">
        {states.error ? <Failure error={states.error} /> : states.data ? <StateHistory states={states.data} /> : <Loading rows={2} />}
        <div className="flex flex-wrap items-center gap-2 border-t border-line py-2 text-sm">
          {isTask && (
            <button type="button" className="button h-6" onClick={onLogs}>
              Its logs
            </button>
          )}
          {parents.length > 0 && <span className="text-muted">inputs from</span>}
          {parents.slice(0, 12).map((parent) => (
            <button key={parent.id} type="button" className="link" onClick={() => onSelect(parent.id)}>
              {parent.label}
            </button>
          ))}
          {parents.length > 12 && <span className="text-muted">and {parents.length - 12} more</span>}
        </div>
      </div>
    </section>
  );
}
