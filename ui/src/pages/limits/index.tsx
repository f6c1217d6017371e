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

type GlobalLimit = Schemas["GlobalConcurrencyLimitResponse"];
type TagLimit = Schemas["ConcurrencyLimit"];

function LimitDialog({ limit, onClose }: { limit: GlobalLimit | null; onClose: () => void }) {
  const [name, setName] = useState(limit?.name ?? "");
  const [slots, setSlots] = useState(String(limit?.limit ?? 1));
  const [decay, setDecay] = useState(limit?.slot_decay_per_second ? String(limit.slot_decay_per_second) : "");
  const save = useChange(() => {
    const body = { name, limit: Number(slots), slot_decay_per_second: decay === "" ? 0 : Number(decay) };
    return limit ? patch(`v2/concurrency_limits/${limit.id}`, body) : post("v2/concurrency_limits/", body);
  }, onClose);
  return (
    <Confirm title={limit ? `Limit ${limit.name}` : "New limit"} action="Save" busy={save.isPending} error={save.error?.message} onConfirm={() => save.mutate()} onClose={onClose}>
      <div className="grid grid-cols-[120px_1fr] items-center gap-2">
        <label htmlFor="limit-name">Name</label>
        <input id="limit-name" required className="field" value={name} onChange={({ target }) => setName(target.value)} />
        <label htmlFor="limit-slots">Slots</label>
        <input id="limit-slots" type="number" min={0} className="field" value={slots} onChange={({ target }) => setSlots(target.value)} />
        <label htmlFor="limit-decay">Free again, per s</label>
        <input id="limit-decay" type="number" min={0} step="any" className="field" placeholder="when given back" value={decay} onChange={({ target }) => setDecay(target.value)} />
      </div>
    </Confirm>
  );
}

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
    { name: "Limit", cell: (limit) => <button type="button" className="link font-medium" onClick={() => setDialog(limit)}>{limit.name}</button> },
    { name: "Taken", cell: (limit) => `${limit.active_slots} of ${limit.limit}`, right: true },
    { name: "Free again", cell: (limit) => (limit.slot_decay_per_second ? `${limit.slot_decay_per_second} each second` : "when given back"), wide: true },
    { name: "Active", cell: (limit) => <Switch on={limit.active ?? true} label={`Active: ${limit.name}`} onChange={() => toggle.mutate(limit)} /> },
    { name: "_Actions", cell: (limit) => <DeleteButton small what={`the limit ${limit.name}`} path={`v2/concurrency_limits/${limit.id}`} />, right: true, wide: true },
  ];
  const tagColumns: Column<TagLimit>[] = [
    { name: "Tag", cell: (limit) => <span className="font-medium">{limit.tag}</span> },
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
