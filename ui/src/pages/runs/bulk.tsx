import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { CANCELLED, CANCELLING, RETRY, deleteRuns, setStates, type Outcome, type ProposedState } from "@/api/actions";
import type { Kind, Run } from "@/api/runs";
import { STATE_TYPES, isTerminal, type StateType } from "@/api/types";
import { plural } from "@/lib/format";
import { Confirm } from "@/parts/dialog";
import { stateName } from "@/parts/state";

type Action = "Cancel" | "Retry" | "Delete" | "Set state";

interface Props {
  kind: Kind;
  runs: Run[];
  onDone: () => void;
}

const noun = (kind: Kind) => (kind === "flow_runs" ? "flow run" : "task run");

const hasDeployment = (run: Run) => "deployment_id" in run && Boolean(run.deployment_id);

/** Which of the chosen runs an action is for. */
function concerned(action: Action, runs: Run[]): Run[] {
  if (action === "Cancel") return runs.filter((run) => !isTerminal(run.state_type));
  if (action === "Retry") return runs.filter((run) => isTerminal(run.state_type) && hasDeployment(run));
  return runs;
}

async function cancel(kind: Kind, runs: Run[]): Promise<Outcome> {
  const ids = (some: Run[]) => some.map((run) => run.id);
  const deployed = await setStates(kind, ids(runs.filter(hasDeployment)), CANCELLING);
  const others = await setStates(kind, ids(runs.filter((run) => !hasDeployment(run))), CANCELLED);
  return { done: deployed.done + others.done, refused: [...deployed.refused, ...others.refused] };
}

/** What can be done to the chosen runs; each action says to how many. */
export function BulkBar({ kind, runs, onDone }: Props) {
  const client = useQueryClient();
  const [action, setAction] = useState<Action | null>(null);
  const [state, setState] = useState<ProposedState>({ type: "COMPLETED" });
  const [force, setForce] = useState(false);
  const targets = action ? concerned(action, runs) : [];
  const run = useMutation({
    mutationFn: (): Promise<Outcome> => {
      const ids = targets.map(({ id }) => id);
      if (action === "Delete") return deleteRuns(kind, ids);
      if (action === "Cancel") return cancel(kind, targets);
      return setStates(kind, ids, action === "Retry" ? RETRY : state, force);
    },
    onSuccess: ({ refused }) => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      void client.invalidateQueries({ queryKey: ["run-count"] });
      void client.invalidateQueries({ queryKey: ["history"] });
      if (!refused.length) {
        setAction(null);
        onDone();
      }
    },
  });
  const begin = (chosen: Action) => {
    run.reset();
    setAction(chosen);
  };
  const actions: Action[] = kind === "flow_runs" ? ["Cancel", "Retry", "Delete", "Set state"] : ["Delete", "Set state"];
  const refused = run.data?.refused ?? [];
  const error = run.error?.message ?? (refused.length ? `${plural(run.data?.done ?? 0, "run")} changed; ${refused.length} refused: ${[...new Set(refused)].join(" ")}` : null);
  const left = runs.length - targets.length;

  return (
    <div role="toolbar" aria-label="Chosen runs" className="flex h-11 shrink-0 items-center gap-2 overflow-x-auto border-t border-line bg-surface px-4 text-sm">
      <span className="whitespace-nowrap">{runs.length} chosen:</span>
      {actions.map((each) => (
        <button key={each} type="button" className={each === "Delete" ? "button button-danger" : "button"} disabled={!concerned(each, runs).length} onClick={() => begin(each)}>
          {each}
          {each === "Set state" && "…"}
        </button>
      ))}
      <button type="button" className="button button-quiet ml-auto" onClick={onDone}>
        Choose none
      </button>
      {action && (
        <Confirm
          title={`${action} ${plural(targets.length, noun(kind))}?`}
          action={`${action} ${targets.length}`}
          danger={action === "Delete"}
          busy={run.isPending}
          error={error}
          onConfirm={() => run.mutate()}
          onClose={() => setAction(null)}
        >
          {action === "Delete" && <p>They go with their states, logs and artifacts. This cannot be undone.</p>}
          {action === "Cancel" && <p>Runs of deployments are asked to stop; others are marked as cancelled, and stop at their next step.</p>}
          {action === "Retry" && <p>They are scheduled again now, with the same parameters.</p>}
          {action === "Set state" && (
            <div className="flex flex-col gap-2">
              <label className="flex items-center gap-2">
                <span className="w-20">State</span>
                <select className="field flex-1" value={state.type} onChange={(event) => setState({ ...state, type: event.target.value as StateType })}>
                  {STATE_TYPES.map((type) => (
                    <option key={type} value={type}>
                      {stateName(type)}
                    </option>
                  ))}
                </select>
              </label>
              <label className="flex items-center gap-2">
                <span className="w-20">Message</span>
                <input className="field flex-1" value={state.message ?? ""} onChange={(event) => setState({ ...state, message: event.target.value || undefined })} />
              </label>
              <label className="flex items-center gap-2">
                <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
                Leave out the rules that may refuse it
              </label>
            </div>
          )}
          {left > 0 && <p className="mt-2 text-muted">{plural(left, "other chosen run")} stay as they are.</p>}
        </Confirm>
      )}
    </div>
  );
}
