import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, patch, post } from "@/api/client";
import { useChange } from "@/api/lists";
import type { Schemas } from "@/api/types";
import { plural } from "@/lib/format";
import { useTitle } from "@/lib/hooks";
import { Id } from "@/parts/copy";
import { DeleteButton } from "@/parts/delete-button";
import { Confirm } from "@/parts/dialog";
import { Failure, Loading } from "@/parts/notice";
import { Facts, PageBody, PageHead, Section } from "@/parts/page-head";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";
import { LimitDialog, type GlobalLimit } from "./dialog";

type Holder = Schemas["HeldSlots"];

const POLL_MS = 5000;
const PAGES: Record<string, string> = { flow_run: "/runs/flow-run/", task_run: "/runs/task-run/", deployment: "/deployments/deployment/" };

function Who({ holder }: { holder: Holder }) {
  const name = holder.name ?? holder.id ?? "somebody who did not say";
  const path = holder.type && holder.name ? PAGES[holder.type] : undefined;
  return (
    <>
      <span className="text-muted">{holder.type?.replaceAll("_", " ")}</span> {path ? <Link to={path + holder.id} className="link">{name}</Link> : name}
    </>
  );
}

/** Who holds which slots since when, and giving them back. */
function Holders({ limit }: { limit: GlobalLimit }) {
  const [given, setGiven] = useState<Holder | "rest" | null>(null);
  const list = useQuery({
    queryKey: ["one", "holders", limit.id],
    queryFn: ({ signal }) => get<Holder[]>(`ui/concurrency_limits/${limit.id}/holders`, signal),
    refetchInterval: POLL_MS,
  });
  const held = list.data?.reduce((sum, { slots }) => sum + slots, 0) ?? 0;
  const rest = limit.slot_decay_per_second ? 0 : Math.max(0, limit.active_slots - held);
  const giveBack = useChange(
    () => (given === "rest" ? post("v2/concurrency_limits/decrement", { names: [limit.name], slots: rest }) : post("v2/concurrency_limits/decrement-with-lease", { lease_id: given?.lease_id })),
    () => setGiven(null),
  );
  const columns: Column<Holder>[] = [
    { name: "Holder", cell: (holder) => <Who holder={holder} /> },
    { name: "Slots", cell: (holder) => holder.slots, right: true },
    { name: "Since", cell: (holder) => <When at={holder.since} /> },
    { name: "Lease ends", cell: (holder) => <When at={holder.until} />, wide: true },
    {
      name: "_Actions",
      cell: (holder) => (
        <button type="button" className="button h-6" onClick={() => setGiven(holder)}>
          Give back
        </button>
      ),
      right: true,
    },
  ];
  return (
    <Section title="Who holds its slots">
      {rest > 0 && list.data && (
        <p className="flex items-center gap-3 border-b border-line px-3 py-1.5 text-sm">
          <span className="mr-auto">{plural(rest, "slot")} taken without a lease: nobody knows by whom.</span>
          <button type="button" className="button h-6" onClick={() => setGiven("rest")}>
            Give back
          </button>
        </p>
      )}
      <Table label="Holders" columns={columns} list={{ ...list, rows: list.data ?? [] }} empty={<p className="p-3 text-sm text-muted">Nobody holds one by a lease.</p>} />
      {given && (
        <Confirm title="Give slots back?" action="Give back" danger busy={giveBack.isPending} error={giveBack.error?.message} onConfirm={() => giveBack.mutate()} onClose={() => setGiven(null)}>
          <p>
            {plural(given === "rest" ? rest : given.slots, "slot")} of {limit.name} {given === "rest" || given.slots === 1 ? "becomes" : "become"} free at once. Whoever holds them is not stopped, so more may run than the limit allows.
          </p>
        </Confirm>
      )}
    </Section>
  );
}

/** How full is this limit, and who holds its slots? */
export default function LimitPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const query = useQuery({ queryKey: ["one", "limits", id], queryFn: ({ signal }) => get<GlobalLimit>(`v2/concurrency_limits/${id}`, signal), refetchInterval: POLL_MS });
  const toggle = useChange((active: boolean) => patch(`v2/concurrency_limits/${id}`, { active }));
  useTitle(query.data?.name);
  if (query.error) return <Failure error={query.error} />;
  if (!query.data) return <Loading />;
  const limit = query.data;
  return (
    <PageBody>
      <PageHead title={limit.name} up={["/concurrency-limits", "Concurrency limits"]}>
        <Id id={id} />
        <button type="button" className="button" onClick={() => setEditing(true)}>
          Edit…
        </button>
        <button type="button" className="button" disabled={toggle.isPending} onClick={() => toggle.mutate(!limit.active)}>
          {limit.active ? "Switch off" : "Switch on"}
        </button>
        <DeleteButton what={`the limit ${limit.name}`} path={`v2/concurrency_limits/${id}`} onDone={() => void navigate({ to: "/concurrency-limits" })} />
      </PageHead>
      {toggle.error && <Failure error={toggle.error} />}
      <Section title="Limit">
        <Facts
          facts={[
            ["Taken", `${limit.active_slots} of ${limit.limit}`],
            ["Free again", limit.slot_decay_per_second ? `${limit.slot_decay_per_second} each second` : "when given back"],
            ["Observed", limit.active ? "yes" : "no"],
            ["Changed", <When key="changed" at={limit.updated} />],
          ]}
        />
      </Section>
      <Holders limit={limit} />
      {editing && <LimitDialog limit={limit} onClose={() => setEditing(false)} />}
    </PageBody>
  );
}
