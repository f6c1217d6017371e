import { post, remove } from "./client";
import type { Kind } from "./runs";
import type { Schemas, StateType } from "./types";

/** What can be done to runs: each says why it was refused. */

export interface ProposedState {
  type: StateType;
  name?: string;
  message?: string;
}

type Result = Schemas["OrchestrationResult"];

export interface Outcome {
  done: number;
  refused: string[];
}

const BULK = 50;

export const CANCELLING: ProposedState = { type: "CANCELLING", message: "Cancelled by a person." };
/** Nobody looks after a run without deployment: it is taken as ended, and stops at its next step. */
export const CANCELLED: ProposedState = { type: "CANCELLED", message: "Cancelled by a person." };
export const RETRY: ProposedState = { type: "SCHEDULED", name: "AwaitingRetry", message: "Retried by a person." };

function reason(result: Result): string | null {
  if (result.status === "ACCEPT") return null;
  const details = result.details as { reason?: string | null };
  return details.reason ?? `The server answered ${result.status}.`;
}

/** Proposes a state for one run. Throws what the server says if it refuses. */
export async function setState(kind: Kind, id: string, state: ProposedState, force = false): Promise<void> {
  const result = await post<Result>(`${kind}/${id}/set_state`, { state, force });
  const refused = reason(result);
  if (refused) throw new Error(refused);
}

function chunks(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / BULK) }, (_, number) => ids.slice(number * BULK, (number + 1) * BULK));
}

/** Proposes a state for many runs, some at a time. */
export async function setStates(kind: Kind, ids: string[], state: ProposedState, force = false): Promise<Outcome> {
  const outcome: Outcome = { done: 0, refused: [] };
  if (kind === "task_runs") {
    for (const id of ids) {
      try {
        await setState(kind, id, state, force);
        outcome.done++;
      } catch (error) {
        outcome.refused.push((error as Error).message);
      }
    }
    return outcome;
  }
  for (const some of chunks(ids)) {
    const body = { flow_runs: { id: { any_: some } }, state, force, limit: BULK };
    const { results } = await post<{ results: Result[] }>("flow_runs/bulk_set_state", body);
    for (const result of results) {
      const refused = reason(result);
      if (refused) outcome.refused.push(refused);
      else outcome.done++;
    }
  }
  return outcome;
}

export async function deleteRuns(kind: Kind, ids: string[]): Promise<Outcome> {
  if (kind === "task_runs") {
    for (const id of ids) await remove(`task_runs/${id}`);
    return { done: ids.length, refused: [] };
  }
  let done = 0;
  for (const some of chunks(ids)) {
    const { deleted } = await post<{ deleted: string[] }>("flow_runs/bulk_delete", { flow_runs: { id: { any_: some } }, limit: BULK });
    done += deleted.length;
  }
  return { done, refused: [] };
}
