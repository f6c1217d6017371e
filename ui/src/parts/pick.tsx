import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactNode } from "react";
import { post } from "@/api/client";
import { classes } from "@/lib/format";
import { Icon } from "./icon";
import { Popover } from "./menu";

/** What is stored in a field and holds a text: what a person would choose from. */
export function useSuggestions(field: string, text: string, enabled = true) {
  const wanted = useDeferredValue(text);
  return useQuery({
    queryKey: ["suggestions", field, wanted],
    enabled,
    staleTime: 30_000,
    queryFn: ({ signal }) => post<string[]>("ui/suggestions", { field, text: wanted }, signal),
    placeholderData: (previous) => previous,
  });
}

interface PickProps {
  label: string;
  /** The field whose stored values are offered; or else `options` are. */
  field?: string;
  options?: readonly string[];
  values: string[];
  onChange: (values: string[]) => void;
  show?: (value: string) => ReactNode;
}

/** A button that says what is chosen, and a list to choose from; what is typed can be chosen, too. */
export function Pick({ label, field, options, values, onChange, show = (value) => value }: PickProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const suggested = useSuggestions(field ?? "", text, open && field !== undefined);
  const matching = options?.filter((each) => each.toLowerCase().includes(text.toLowerCase())) ?? suggested.data ?? [];
  const offered = [...new Set([...values.filter((each) => each.toLowerCase().includes(text.toLowerCase())), ...matching])];
  const toggle = (value: string) =>
    onChange(values.includes(value) ? values.filter((each) => each !== value) : [...values, value]);
  const said = values.length === 0 ? label : values.length === 1 ? `${label}: ${values[0]}` : `${label}: ${values.length} chosen`;
  const trigger = (
    <button type="button" className="button max-w-[220px]" aria-pressed={values.length > 0}>
      <span className="truncate">{said}</span>
      <Icon name="chevron" className="size-3" />
    </button>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger={trigger} className="menu w-[260px]">
      <input
        className="field mb-1 w-full"
        aria-label={`Search ${label.toLowerCase()}`}
        placeholder="Search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !text) return;
          toggle(offered[0] ?? text);
          setText("");
        }}
      />
      <div role="listbox" aria-multiselectable="true" aria-label={label}>
        {offered.map((each) => (
          <button key={each} type="button" role="option" aria-selected={values.includes(each)} className="menu-item" onClick={() => toggle(each)}>
            <Icon name="check" className={classes("size-3.5", !values.includes(each) && "opacity-0")} />
            <span className="min-w-0 truncate">{show(each)}</span>
          </button>
        ))}
      </div>
      {!offered.length && <p className="px-2 py-1 text-xs text-muted">{suggested.isFetching ? "Looking…" : "Nothing like this is stored."}</p>}
      {values.length > 0 && (
        <button type="button" className="menu-item mt-1 border-t border-line text-muted" onClick={() => onChange([])}>
          Clear
        </button>
      )}
    </Popover>
  );
}

interface TokensProps {
  label: string;
  field: string;
  values: string[];
  onChange: (values: string[]) => void;
}

/** Several texts in one field, with what is stored as suggestions. */
export function Tokens({ label, field, values, onChange }: TokensProps) {
  const [text, setText] = useState("");
  const [focused, setFocused] = useState(false);
  const { data: suggested = [] } = useSuggestions(field, text, focused);
  const add = (value: string) => {
    const added = value.split(/[,\n]/).map((each) => each.trim()).filter((each) => each && !values.includes(each));
    if (added.length) onChange([...values, ...added]);
    setText("");
  };
  const id = `values-${field.replaceAll(".", "-")}`;
  return (
    <div className="field flex h-auto min-h-7 min-w-[160px] flex-1 flex-wrap items-center gap-1 py-0.5">
      {values.map((each) => (
        <span key={each} className="inline-flex max-w-full items-center gap-1 rounded bg-soft px-1 text-xs">
          <span className="truncate">{each}</span>
          <button type="button" aria-label={`Remove ${each}`} onClick={() => onChange(values.filter((other) => other !== each))}>
            <Icon name="close" className="size-3" />
          </button>
        </span>
      ))}
      <input
        className="min-w-[80px] flex-1 bg-transparent outline-none"
        aria-label={label}
        list={id}
        value={text}
        placeholder={values.length ? "" : "one or more"}
        onFocus={() => setFocused(true)}
        onBlur={() => add(text)}
        onChange={(event) => (suggested.includes(event.target.value) ? add(event.target.value) : setText(event.target.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === ",") {
            event.preventDefault();
            add(text);
          } else if (event.key === "Backspace" && !text) onChange(values.slice(0, -1));
        }}
      />
      <datalist id={id}>
        {suggested.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </div>
  );
}
