import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { useTitle } from "@/lib/hooks";
import { DeleteButton } from "@/parts/delete-button";
import { Confirm } from "@/parts/dialog";
import { Command, Empty, Failure } from "@/parts/notice";
import { PageBody, PageHead, Section } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { Table, type Column } from "@/parts/table";
import { LimitDialog, type GlobalLimit } from "./dialog";

type TagLimit = Schemas["ConcurrencyLimit"];

const limitPath = (id: string) => `/concurrency-limits/concurrency-limit/${id}`;

function TagDialog({ onClose }: { onClose: () => void }) {
  const [tag, setTag] = useState("");
  const [slots, setSlots] = useState("1");
  const save = useChange(() => post("concurrency_limits/", { tag, concurrency_limit: Number(slots) }), onClose);
  return (
    <Confirm title="New limit of a tag" action="Save" busy={save.isPending} error={save.error?.message} onConfirm={() => save.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[120px_1fr] items-center gap-2">
        <label htmlFor="tag-name">Tag</label>
        <input id="tag-name" required className="field" value={tag} onChange={({ target }) => setTag(target.value)} />
        <label htmlFor="tag-slots">Task runs at once</label>
        <input id="tag-slots" type="number" min={0} className="field" value={slots} onChange={({ target }) => setSlots(target.value)} />
      </div>
    </Confirm>
  );
}

/** Which limits are there, and how full are they? */
export default function LimitsPage() {
  useTitle("Concurrency limits");
  const [dialog, setDialog] = useState<GlobalLimit | "new" | "tag" | null>(null);
  const globals = useList<GlobalLimit>("v2/concurrency_limits/filter", {}, { refetchInterval: 10_000 });
  const tags = useList<TagLimit>("concurrency_limits/filter", {}, { refetchInterval: 10_000 });
  const toggle = useChange(({ id, active }: GlobalLimit) => patch(`v2/concurrency_limits/${id}`, { active: !active }));
  const reset = useChange(({ tag }: TagLimit) => post(`concurrency_limits/tag/${encodeURIComponent(tag)}/reset`, {}));
  const globalColumns: Column<GlobalLimit>[] = [
    { name: "Limit", cell: (limit) => <Link to={limitPath(limit.id)} className="font-medium">{limit.name}</Link> },
    { name: "Taken", cell: (limit) => `${limit.active_slots} of ${limit.limit}`, right: true },
    { name: "Free again", cell: (limit) => (limit.slot_decay_per_second ? `${limit.slot_decay_per_second} each second` : "when given back"), wide: true },
    { name: "Active", cell: (limit) => <Switch on={limit.active ?? true} label={`Active: ${limit.name}`} onChange={() => toggle.mutate(limit)} /> },
    {
      name: "_Actions",
      cell: (limit) => (
        <span className="flex justify-end gap-2">
          <button type="button" className="button h-6" aria-label={`Edit ${limit.name}`} onClick={() => setDialog(limit)}>
            Edit
          </button>
          <DeleteButton small what={`the limit ${limit.name}`} path={`v2/concurrency_limits/${limit.id}`} />
        </span>
      ),
      right: true,
      wide: true,
    },
  ];
  const tagColumns: Column<TagLimit>[] = [
    { name: "Tag", cell: (limit) => <Link to={limitPath(limit.id ?? "")} className="font-medium">{limit.tag}</Link> },
    { name: "Taken", cell: (limit) => `${limit.active_slots?.length ?? 0} of ${limit.concurrency_limit}`, right: true },
    {
      name: "_Actions",
      cell: (limit) => (
        <span className="flex justify-end gap-2">
          <button type="button" className="button" disabled={!limit.active_slots?.length} onClick={() => reset.mutate(limit)}>
            Give all back
          </button>
          <DeleteButton small what={`the limit of ${limit.tag}`} path={`concurrency_limits/tag/${encodeURIComponent(limit.tag)}`} />
        </span>
      ),
      right: true,
    },
  ];
  const error = toggle.error ?? reset.error;
  return (
    <PageBody>
      <PageHead title="Concurrency limits" />
      {error && <Failure error={error} />}
      <Section title="Global limits" actions={<button type="button" className="button" onClick={() => setDialog("new")}>New…</button>}>
        <Table label="Global limits" columns={globalColumns} list={globals} empty={<Empty title="There are none."><Command>prefect gcl create my-limit --limit 5</Command></Empty>} />
      </Section>
      <Section title="Limits of task run tags" actions={<button type="button" className="button" onClick={() => setDialog("tag")}>New…</button>}>
        <Table label="Limits of tags" columns={tagColumns} list={tags} empty={<Empty title="There are none."><Command>prefect concurrency-limit create my-tag 5</Command></Empty>} />
      </Section>
      {dialog === "tag" && <TagDialog onClose={() => setDialog(null)} />}
      {dialog !== null && dialog !== "tag" && <LimitDialog limit={dialog === "new" ? null : dialog} onClose={() => setDialog(null)} />}
    </PageBody>
  );
}
