import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { patch, post } from "@/api/client";
import { useChange, useList } from "@/api/lists";
import { useTitle } from "@/lib/hooks";
import { Command, Empty, Failure } from "@/parts/notice";
import { PageBody, PageHead } from "@/parts/page-head";
import { Switch } from "@/parts/switch";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";
import { AutomationDialog } from "./dialog";
import { actionText, NEW_AUTOMATION, triggerText, type Automation } from "./types";

/** What happens by itself, and when? */
export default function AutomationsPage() {
  useTitle("Automations");
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const list = useList<Automation>("automations/filter", { sort: "NAME_ASC" });
  const toggle = useChange(({ id, enabled }: Automation) => patch(`automations/${id}`, { enabled: !enabled }));
  const columns: Column<Automation>[] = [
    { name: "Automation", cell: (row) => <Link to={`/automations/automation/${row.id}`} className="font-medium">{row.name}</Link> },
    { name: "When", cell: (row) => <span title={triggerText(row.trigger)}>{triggerText(row.trigger)}</span> },
    { name: "Then", cell: (row) => row.actions.map(actionText).join(", "), wide: true },
    { name: "Updated", cell: (row) => <When at={row.updated} />, wide: true },
    { name: "Enabled", cell: (row) => <Switch on={row.enabled} label={row.enabled ? `Disable ${row.name}` : `Enable ${row.name}`} onChange={() => toggle.mutate(row)} /> },
  ];
  const create = async (body: unknown) => {
    const { id } = await post<Automation>("automations/", body);
    void navigate({ to: `/automations/automation/${id}` });
  };
  return (
    <PageBody>
      <PageHead title="Automations">
        <button type="button" className="button" onClick={() => setAdding(true)}>
          New…
        </button>
      </PageHead>
      {toggle.error && <Failure error={toggle.error} />}
      <div className="panel">
        <Table label="Automations" columns={columns} list={list} empty={<Empty title="There are no automations."><Command>prefect automation create --from-file automation.yaml</Command></Empty>} />
      </div>
      {adding && <AutomationDialog title="New automation" value={NEW_AUTOMATION} onSave={create} onClose={() => setAdding(false)} />}
    </PageBody>
  );
}
