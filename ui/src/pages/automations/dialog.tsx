import { useState } from "react";
import { useChange } from "@/api/lists";
import { Dialog } from "@/parts/dialog";
import { JsonEditor } from "@/parts/json-view";
import { triggerText, type Trigger } from "./types";

interface Draft {
  name?: string;
  description?: string;
  trigger?: Trigger;
}

function parsed(text: string): Draft | null {
  try {
    return JSON.parse(text) as Draft;
  } catch {
    return null;
  }
}

interface Props {
  title: string;
  value: object;
  onSave: (body: unknown) => Promise<unknown>;
  onClose: () => void;
}

/** An automation to write: what it is called in fields, its trigger and actions as JSON, and what that means in words. */
export function AutomationDialog({ title, value, onSave, onClose }: Props) {
  const [json, setJson] = useState(() => JSON.stringify(value, null, 2));
  const draft = parsed(json);
  const save = useChange(async () => onSave(JSON.parse(json)), onClose);
  const change = (changes: Draft) => draft && setJson(JSON.stringify({ ...draft, ...changes }, null, 2));
  return (
    <Dialog title={title} onClose={onClose} wide>
      <form
        className="flex flex-col gap-3 text-sm"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <label className="flex flex-col gap-1">
          Name
          <input className="field" required disabled={!draft} value={draft?.name ?? ""} onChange={({ target }) => change({ name: target.value })} />
        </label>
        <label className="flex flex-col gap-1">
          Description
          <input className="field" disabled={!draft} value={draft?.description ?? ""} onChange={({ target }) => change({ description: target.value })} />
        </label>
        <JsonEditor label="Automation" value={json} onChange={setJson} />
        <p className="text-muted">{draft?.trigger ? `Fires on ${triggerText(draft.trigger)}.` : "This is not JSON yet."}</p>
        {save.error && (
          <p role="alert" className="text-danger">
            {save.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            Keep
          </button>
          <button type="submit" className="button button-primary" disabled={!draft || save.isPending}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
