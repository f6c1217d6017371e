import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { CANCELLED, CANCELLING, RETRY, deleteRuns, setState } from "@/api/actions";
import { get, post } from "@/api/client";
import type { NamedFlowRun } from "@/api/runs";
import { isTerminal, type Deployment } from "@/api/types";
import { Confirm } from "@/parts/dialog";
import { Icon } from "@/parts/icon";
import { Menu, MenuItem, MenuSeparator } from "@/parts/menu";
import { Failure, Loading } from "@/parts/notice";
import { fields, SchemaForm, type Schema, type Values } from "@/parts/schema-form";

type Action = "Pause" | "Resume" | "Cancel" | "Retry" | "Run again" | "Delete";

const PAUSE_SECONDS = 24 * 3600;

interface Keyset {
  schema?: string;
}

function pause(run: NamedFlowRun) {
  const until = new Date(Date.now() + PAUSE_SECONDS * 1000).toISOString();
  const state_details = { pause_timeout: until, pause_reschedule: true };
  return post<{ status: string; details: { reason?: string } }>(`flow_runs/${run.id}/set_state`, {
    state: { type: "PAUSED", name: "Suspended", message: "Paused by a person.", state_details },
  }).then(({ status, details }) => {
    if (status !== "ACCEPT") throw new Error(details.reason ?? `The server answered ${status}.`);
  });
}

async function resume(run: NamedFlowRun, input: unknown) {
  const answer = await post<{ status: string; details: { reason?: string } }>(`flow_runs/${run.id}/resume`, input === undefined ? {} : { run_input: input });
  if (answer.status !== "ACCEPT") throw new Error(answer.details.reason ?? `The server answered ${answer.status}.`);
}

/** The schema of the input that a paused run waits for, if it waits for any. */
function useAwaitedInput(run: NamedFlowRun, enabled: boolean) {
  const keyset = (run.state?.state_details as { run_input_keyset?: Keyset } | undefined)?.run_input_keyset;
  return useQuery({
    queryKey: ["awaited-input", run.id, keyset?.schema],
    enabled: enabled && Boolean(keyset?.schema),
    queryFn: ({ signal }) => get<Schema>(`flow_runs/${run.id}/input/${encodeURIComponent(keyset?.schema ?? "")}`, signal),
  });
}

/** The schema of the parameters that a run's deployment takes. */
function useParameterSchema(run: NamedFlowRun, enabled: boolean) {
  return useQuery({
    queryKey: ["one", "deployments", run.deployment_id],
    enabled: enabled && Boolean(run.deployment_id),
    queryFn: ({ signal }) => get<Deployment>(`deployments/${run.deployment_id}`, signal),
    select: ({ parameter_openapi_schema }) => (parameter_openapi_schema ?? {}) as Schema,
  });
}

function defaultsOf(schema: Schema): Values {
  return Object.fromEntries(fields(schema).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])));
}

function possible(run: NamedFlowRun): Action[] {
  const actions: Action[] = [];
  if (run.state_type === "PAUSED") actions.push("Resume");
  if (run.state_type === "RUNNING") actions.push("Pause");
  if (isTerminal(run.state_type) && run.deployment_id) actions.push("Retry");
  if (run.deployment_id) actions.push("Run again");
  if (!isTerminal(run.state_type)) actions.push("Cancel");
  return [...actions, "Delete"];
}

/** What can be done to a flow run. */
export function FlowRunActions({ run }: { run: NamedFlowRun }) {
  const [action, setAction] = useState<Action | null>(null);
  const [draft, setDraft] = useState<Values | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const awaited = useAwaitedInput(run, action === "Resume");
  const accepted = useParameterSchema(run, action === "Run again");
  const input: Values = draft ?? (action === "Run again" ? (run.parameters ?? {}) : awaited.data ? defaultsOf(awaited.data) : {});
  const act = useMutation({
    mutationFn: async (): Promise<string | null> => {
      switch (action) {
        case "Pause":
          await pause(run);
          break;
        case "Resume":
          await resume(run, awaited.data ? input : undefined);
          break;
        case "Cancel":
          await setState("flow_runs", run.id, run.deployment_id ? CANCELLING : CANCELLED);
          break;
        case "Retry":
          await setState("flow_runs", run.id, RETRY);
          break;
        case "Run again": {
          const made = await post<{ id: string }>(`deployments/${run.deployment_id}/create_flow_run`, { parameters: input, tags: run.tags });
          return `/runs/flow-run/${made.id}`;
        }
        case "Delete":
          await deleteRuns("flow_runs", [run.id]);
          return "/runs";
      }
      return null;
    },
    onSuccess: (next) => {
      setAction(null);
      if (next) void navigate({ to: next, replace: action === "Delete" });
      else void client.invalidateQueries();
    },
  });
  const begin = (chosen: Action) => {
    act.reset();
    setDraft(null);
    setAction(chosen);
  };
  const actions = possible(run);

  return (
    <div className="flex shrink-0 items-center gap-2">
      {actions
        .filter((each) => each !== "Delete")
        .slice(0, 2)
        .map((each) => (
          <button key={each} type="button" className="button" onClick={() => begin(each)}>
            {each}
            {each === "Run again" && "…"}
          </button>
        ))}
      <Menu
        trigger={
          <button type="button" className="button px-1.5" aria-label="More actions">
            <Icon name="more" />
          </button>
        }
      >
        {actions.map((each) => (
          <div key={each}>
            {each === "Delete" && actions.length > 1 && <MenuSeparator />}
            <MenuItem danger={each === "Delete"} onSelect={() => begin(each)}>
              {each}
              {each === "Run again" && " with other parameters"}…
            </MenuItem>
          </div>
        ))}
      </Menu>
      {action && (
        <Confirm title={`${action} ${run.name}?`} action={action} danger={action === "Delete"} busy={act.isPending} error={act.error?.message} onConfirm={() => act.mutate()} onClose={() => setAction(null)}>
          {action === "Delete" && <p>It goes with its task runs, states, logs and artifacts. This cannot be undone.</p>}
          {action === "Cancel" && <p>{run.deployment_id ? "Whoever runs it is asked to stop it." : "It has no deployment, so nobody can stop its process: it is marked as cancelled, and stops at its next step."}</p>}
          {action === "Pause" && <p>It stops at its next task, and goes on when somebody resumes it within a day.</p>}
          {action === "Retry" && <p>It is scheduled again now, with the same parameters.</p>}
          {action === "Resume" && awaited.isLoading && <Loading />}
          {action === "Resume" && awaited.error && <Failure error={awaited.error} />}
          {action === "Resume" && !awaited.data && !awaited.isLoading && <p>It goes on where it stopped.</p>}
          {action === "Resume" && awaited.data && (
            <div className="flex flex-col gap-2">
              <p>It waits for this input:</p>
              <SchemaForm label="Input" schema={awaited.data} values={input} onChange={setDraft} />
            </div>
          )}
          {action === "Run again" && (
            <div className="flex flex-col gap-2">
              <p>A new run of {run.deployment_name}, with these parameters:</p>
              {accepted.isPending ? <Loading /> : <SchemaForm label="Parameters" schema={accepted.data ?? {}} values={input} onChange={setDraft} />}
            </div>
          )}
        </Confirm>
      )}
    </div>
  );
}
