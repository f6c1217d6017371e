import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { post } from "@/api/client";
import type { Schemas } from "@/api/types";
import { Icon, type IconName } from "./icon";

type Found = Schemas["FoundObject"];

const LOOKS: Record<Found["kind"], { icon: IconName; name: string; to: (found: Found) => string }> = {
  flow: { icon: "flows", name: "Flow", to: ({ id }) => `/flows/flow/${id}` },
  flow_run: { icon: "runs", name: "Flow run", to: ({ id }) => `/runs/flow-run/${id}` },
  task_run: { icon: "runs", name: "Task run", to: ({ id }) => `/runs/task-run/${id}` },
  deployment: { icon: "deployments", name: "Deployment", to: ({ id }) => `/deployments/deployment/${id}` },
  work_pool: { icon: "pools", name: "Work pool", to: ({ name }) => `/work-pools/work-pool/${encodeURIComponent(name)}` },
};

/** Finds anything by its name or id, from anywhere. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [input, setInput] = useState("");
  const [chosen, setChosen] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const navigate = useNavigate();
  const wanted = useDeferredValue(input.trim());
  const { data: found = [], error } = useQuery({
    queryKey: ["find", wanted],
    enabled: wanted.length > 0,
    queryFn: ({ signal }) => post<Found[]>("ui/find", { text: wanted }, signal),
    placeholderData: (previous) => (wanted ? previous : []),
  });

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => setChosen(0), [wanted]);

  const open = (each: Found | undefined) => {
    if (!each) return;
    onClose();
    void navigate({ to: LOOKS[each.kind].to(each) });
  };
  const press = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((current) => Math.min(Math.max(current + step, 0), found.length - 1));
    } else if (event.key === "Enter") open(found[chosen]);
  };

  return (
    <dialog
      ref={dialog}
      aria-label="Find"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="mt-[12vh] w-[min(600px,calc(100vw-24px))] rounded-lg border border-strong bg-surface p-0"
    >
      <input
        autoFocus
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${chosen}` : undefined}
        aria-label="Name or id of a flow, run, deployment or pool"
        placeholder="Name or id of a flow, run, deployment or pool"
        className="h-11 w-full border-b border-line bg-surface px-4 text-base outline-none"
        value={input}
        onChange={(event) => setInput(event.target.value)}
        onKeyDown={press}
      />
      <ul id={list} role="listbox" aria-label="Found" className="max-h-[50vh] overflow-auto p-1">
        {found.map((each, position) => (
          <li key={each.kind + each.id} id={`${list}-${position}`} role="option" aria-selected={position === chosen} className="menu-item" onClick={() => open(each)}>
            <Icon name={LOOKS[each.kind].icon} className="text-muted" />
            <span className="min-w-0 truncate">{each.name}</span>
            {each.context && <span className="min-w-0 truncate text-muted">{each.context}</span>}
            <span className="ml-auto shrink-0 text-xs text-faint">{LOOKS[each.kind].name}</span>
          </li>
        ))}
      </ul>
      <p className="px-4 py-2 text-xs text-muted" role="status">
        {error ? String(error.message) : wanted && !found.length ? "Nothing has this name or id." : "Enter opens, arrows choose, Esc closes."}
      </p>
    </dialog>
  );
}
