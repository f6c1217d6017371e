import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { DeleteButton } from "@/parts/delete-button";
import { Dialog } from "@/parts/dialog";
import { JsonEditor } from "@/parts/json-view";
import { Command, Empty } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Table, Tags, type Column } from "@/parts/table";
import { When } from "@/parts/when";

type Variable = Schemas["Variable"];

function VariableDialog({ variable, onClose }: { variable: Variable | null; onClose: () => void }) {
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(() => JSON.stringify(variable?.value ?? "", null, 2));
  const [tags, setTags] = useState(variable?.tags?.join(", ") ?? "");
  const save = useChange(async () => {
    const body = { name, value: JSON.parse(value) as unknown, tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean) };
    return variable ? patch(`variables/${variable.id}`, body) : post("variables/", body);
  }, onClose);
  return (
    <Dialog title={variable ? `Variable ${variable.name}` : "New variable"} onClose={onClose} wide>
      <form
        className="flex flex-col gap-3 text-sm"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <label className="flex flex-col gap-1">
          Name
          <input className="field" required pattern="[a-z0-9_]+" title="lower-case letters, digits and _" value={name} onChange={({ target }) => setName(target.value)} />
        </label>
        <div className="flex flex-col gap-1">
          <span>Value, as JSON</span>
          <JsonEditor label="Value" value={value} onChange={setValue} />
        </div>
        <label className="flex flex-col gap-1">
          Tags, by commas
          <input className="field" value={tags} onChange={({ target }) => setTags(target.value)} />
        </label>
        {save.error && (
          <p role="alert" className="text-danger">
            {save.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            Keep
          </button>
          <button type="submit" className="button button-primary" disabled={save.isPending}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Which values do flows read? */
export default function VariablesPage() {
  useTitle("Variables");
  const [search, setSearch] = useSearch();
  const [edited, setEdited] = useState<Variable | "new" | null>(null);
  const name: string = text(search, "name", "");
  const list = useList<Variable>("variables/filter", { variables: name ? { name: { like_: name } } : undefined, sort: "NAME_ASC" });
  const columns: Column<Variable>[] = [
    { name: "Variable", cell: (row) => <button type="button" className="link font-medium" onClick={() => setEdited(row)}>{row.name}</button> },
    { name: "Value", cell: (row) => <code className="font-mono text-xs">{JSON.stringify(row.value)}</code> },
    { name: "Tags", cell: (row) => <Tags tags={row.tags} />, wide: true },
    { name: "Updated", cell: (row) => <When at={row.updated} />, wide: true },
    { name: "_Actions", cell: (row) => <DeleteButton small what={`the variable ${row.name}`} path={`variables/${row.id}`} />, right: true },
  ];
  return (
    <PageBody>
      <PageHead title="Variables">
        <input className="field w-56" placeholder="Part of a name" aria-label="Part of a name" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
        <button type="button" className="button" onClick={() => setEdited("new")}>
          New…
        </button>
      </PageHead>
      <div className="panel">
        <Table label="Variables" columns={columns} list={list} empty={<Empty title={name ? "No variable has a name with this." : "There are no variables."}><Command>prefect variable set my_variable 42</Command></Empty>} />
      </div>
      {edited && <VariableDialog variable={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </PageBody>
  );
}
