import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { post } from "@/api/client";
import { useChange } from "@/api/lists";
import type { Deployment, FlowRun } from "@/api/types";
import { Dialog } from "@/parts/dialog";
import { SchemaForm, type Schema, type Values } from "@/parts/schema-form";

/** Starts a run of a deployment with other parameters, later, or under another name. */
export function RunDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const navigate = useNavigate();
  const [parameters, setParameters] = useState<Values>(deployment.parameters ?? {});
  const [name, setName] = useState("");
  const [at, setAt] = useState("");
  const [tags, setTags] = useState("");
  const run = useChange(async () => {
    const state = { type: "SCHEDULED", state_details: at ? { scheduled_time: new Date(at).toISOString() } : {} };
    const chosenTags = tags.split(",").map((tag) => tag.trim()).filter(Boolean);
    const body = { name: name || undefined, parameters, state, tags: chosenTags.length ? chosenTags : undefined };
    const created = await post<FlowRun>(`deployments/${deployment.id}/create_flow_run`, body);
    void navigate({ to: `/runs/flow-run/${created.id}` });
  });
  return (
    <Dialog title={`Run ${deployment.name}`} onClose={onClose} wide>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <div className="grid gap-3 text-sm sm:grid-cols-3">
          <label className="flex flex-col gap-1">
            Name
            <input className="field" placeholder="made up" value={name} onChange={({ target }) => setName(target.value)} />
          </label>
          <label className="flex flex-col gap-1">
            Start
            <input type="datetime-local" className="field" value={at} onChange={({ target }) => setAt(target.value)} />
          </label>
          <label className="flex flex-col gap-1">
            Tags, by commas
            <input className="field" value={tags} onChange={({ target }) => setTags(target.value)} />
          </label>
        </div>
        <SchemaForm label="Parameters" schema={(deployment.parameter_openapi_schema ?? {}) as Schema} values={parameters} onChange={setParameters} />
        {run.error && (
          <p role="alert" className="rounded border border-danger bg-danger-soft px-2 py-1 text-sm text-danger">
            {run.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            Keep
          </button>
          <button type="submit" className="button button-primary" disabled={run.isPending}>
            {at ? "Schedule" : "Run now"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
