import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { Confirm } from "@/parts/dialog";

export type GlobalLimit = Schemas["GlobalConcurrencyLimitResponse"];

/** A global limit to make or to change. */
export function LimitDialog({ limit, onClose }: { limit: GlobalLimit | null; onClose: () => void }) {
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
