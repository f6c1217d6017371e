import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { DeleteButton } from "@/parts/delete-button";
import { Dialog } from "@/parts/dialog";
import { Command, Empty, Failure, Loading } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { SchemaForm, type Schema, type Values } from "@/parts/schema-form";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";

type Document = Schemas["BlockDocument"];
type BlockType = Schemas["BlockType"];
type BlockSchema = Schemas["BlockSchema"];

/** A masked secret is left as it is: only what was written anew is sent. */
const MASK = /^\*{8,}$/;

function withoutMasks(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !(typeof value === "string" && MASK.test(value))));
}

function BlockForm({ type, document, onClose }: { type: BlockType; document: Document | null; onClose: () => void }) {
  const [name, setName] = useState("");
  const [values, setValues] = useState<Values>(() => withoutMasks((document?.data as Values | undefined) ?? {}));
  const schemas = useQuery({
    queryKey: ["list", "block_schemas/filter", type.id],
    queryFn: ({ signal }) => post<BlockSchema[]>("block_schemas/filter", { block_schemas: { block_type_id: { any_: [type.id] } }, limit: 1 }, signal),
  });
  const schema = document?.block_schema ?? schemas.data?.[0];
  const save = useChange(() => {
    if (document) return patch(`block_documents/${document.id}`, { data: values, merge_existing_data: true });
    return post("block_documents/", { name, data: values, block_type_id: type.id, block_schema_id: schema?.id });
  }, onClose);
  if (schemas.error) return <Failure error={schemas.error} />;
  if (!schema) return schemas.isPending ? <Loading /> : <p className="text-sm text-muted">This type has no schema yet: register it with the SDK first.</p>;
  return (
    <form
      className="flex flex-col gap-4 text-sm"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {!document && (
        <label className="flex flex-col gap-1">
          Name
          <input className="field" required pattern="[a-z0-9\-]+" title="lower-case letters, digits and -" value={name} onChange={({ target }) => setName(target.value)} />
        </label>
      )}
      <SchemaForm label="Fields" schema={(schema.fields ?? {}) as Schema} values={values} onChange={setValues} />
      {document && <p className="text-xs text-muted">Secrets are not shown; what is left empty stays as it is.</p>}
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
  );
}

function NewBlock({ onClose }: { onClose: () => void }) {
  const [type, setType] = useState<BlockType | null>(null);
  const [part, setPart] = useState("");
  const types = useList<BlockType>("block_types/filter", { limit: 200 });
  const matching = types.rows.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()));
  return (
    <Dialog title={type ? `New ${type.name} block` : "New block: of which type?"} onClose={onClose} wide>
      {type ? (
        <BlockForm type={type} document={null} onClose={onClose} />
      ) : (
        <>
          <input className="field mb-2 w-full" placeholder="Part of a type's name" aria-label="Part of a type's name" value={part} onChange={({ target }) => setPart(target.value)} />
          {types.error && <Failure error={types.error} />}
          <ul className="grid gap-1 sm:grid-cols-2">
            {matching.map((each) => (
              <li key={each.id}>
                <button type="button" className="menu-item flex-col items-start gap-0" onClick={() => setType(each)}>
                  <span className="font-medium">{each.name}</span>
                  <span className="line-clamp-1 text-xs text-muted">{each.description}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}

function EditBlock({ id, onClose }: { id: string; onClose: () => void }) {
  const block = useQuery({ queryKey: ["one", "block_documents", id], queryFn: ({ signal }) => get<Document>(`block_documents/${id}`, signal) });
  return (
    <Dialog title={block.data?.name ?? "Block"} onClose={onClose} wide>
      {block.error ? <Failure error={block.error} /> : block.data?.block_type ? <BlockForm type={block.data.block_type as BlockType} document={block.data} onClose={onClose} /> : <Loading />}
    </Dialog>
  );
}

/** Which settings and secrets do flows use? */
export default function BlocksPage() {
  useTitle("Blocks");
  const [search, setSearch] = useSearch();
  const [adding, setAdding] = useState(false);
  const opened = text(search, "block", "");
  const name: string = text(search, "name", "");
  const filter = { is_anonymous: { eq_: false }, ...(name ? { name: { like_: name } } : {}) };
  const list = useList<Document>("block_documents/filter", { block_documents: filter });
  const columns: Column<Document>[] = [
    { name: "Block", cell: (row) => <button type="button" className="link font-medium" onClick={() => setSearch({ block: row.id })}>{row.name}</button> },
    { name: "Type", cell: (row) => row.block_type_name ?? row.block_type?.name },
    { name: "Updated", cell: (row) => <When at={row.updated} />, wide: true },
    { name: "_Actions", cell: (row) => <DeleteButton small what={`the block ${row.name}`} path={`block_documents/${row.id}`} />, right: true },
  ];
  return (
    <PageBody>
      <PageHead title="Blocks">
        <input className="field w-56" placeholder="Part of a name" aria-label="Part of a name" value={name} onChange={({ target }) => setSearch({ name: target.value }, { replace: true })} />
        <button type="button" className="button" onClick={() => setAdding(true)}>
          New…
        </button>
      </PageHead>
      <div className="panel">
        <Table label="Blocks" columns={columns} list={list} empty={<Empty title={name ? "No block has a name with this." : "There are no blocks."}><Command>prefect block register -m prefect_aws</Command></Empty>} />
      </div>
      {adding && <NewBlock onClose={() => setAdding(false)} />}
      {opened && <EditBlock id={opened} onClose={() => setSearch({ block: undefined })} />}
    </PageBody>
  );
}
