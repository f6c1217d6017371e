import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { post, put, remove } from "@/api/client";
import type { SavedSearch } from "@/api/types";
import { Dialog } from "@/parts/dialog";
import { Icon } from "@/parts/icon";
import { Menu, MenuItem, MenuSeparator } from "@/parts/menu";
import type { Question, RunsState } from "./state";

/** A saved search holds the whole question as one filter of ours; those of other clients are left alone. */
const OBJECT = "lictor.runs";

function questionOf(search: SavedSearch): Question | null {
  const own = search.filters?.find((filter) => filter.object === OBJECT);
  return own ? (own.value as Question) : null;
}

export function SavedSearches({ state }: { state: RunsState }) {
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const { data = [] } = useQuery({
    queryKey: ["saved-searches"],
    queryFn: ({ signal }) => post<SavedSearch[]>("saved_searches/filter", { limit: 200 }, signal),
    enabled: false,
  });
  const load = () => void client.fetchQuery({ queryKey: ["saved-searches"], queryFn: () => post<SavedSearch[]>("saved_searches/filter", { limit: 200 }) });
  const ours = data.flatMap((search) => {
    const question = questionOf(search);
    return question ? [{ search, question }] : [];
  });
  const { tab, q, range, sort } = state.search as Question;
  const save = useMutation({
    mutationFn: () => put("saved_searches/", { name, filters: [{ object: OBJECT, property: "question", type: "json", operation: "equals", value: { tab, q, range, sort } }] }),
    onSuccess: () => {
      setNaming(false);
      setName("");
      load();
    },
  });
  const forget = useMutation({ mutationFn: (id: string) => remove(`saved_searches/${id}`), onSuccess: load });
  const open = (question: Question) =>
    state.setSearch({ tab: question.tab, q: question.q, range: question.range, sort: question.sort });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };

  return (
    <>
      <Menu
        trigger={
          <button type="button" className="button" onPointerDown={load} onFocus={load}>
            Saved
            <Icon name="chevron" className="size-3" />
          </button>
        }
      >
        {ours.map(({ search, question }) => (
          <MenuItem key={search.id} onSelect={() => open(question)}>
            <span className="min-w-0 flex-1 truncate">{search.name}</span>
          </MenuItem>
        ))}
        {!ours.length && <p className="px-2 py-1 text-xs text-muted">Nothing is saved yet.</p>}
        <MenuSeparator />
        <MenuItem onSelect={() => setNaming(true)}>Save this search…</MenuItem>
        {ours.length > 0 && <MenuItem onSelect={() => setNaming(true)}>Forget one…</MenuItem>}
      </Menu>
      {naming && (
        <Dialog title="Saved searches" onClose={() => setNaming(false)}>
          <form onSubmit={submit} className="flex gap-2">
            <input className="field flex-1" aria-label="Name of the search" placeholder="Name of this search" required autoFocus value={name} onChange={(event) => setName(event.target.value)} />
            <button type="submit" className="button button-primary" disabled={save.isPending}>
              Save
            </button>
          </form>
          {(save.error ?? forget.error) && (
            <p role="alert" className="mt-2 text-sm text-danger">
              {(save.error ?? forget.error)?.message}
            </p>
          )}
          <ul className="mt-3">
            {ours.map(({ search }) => (
              <li key={search.id} className="flex h-8 items-center text-sm">
                <span className="min-w-0 flex-1 truncate">{search.name}</span>
                <button type="button" className="button button-quiet h-6" onClick={() => forget.mutate(search.id)}>
                  Forget
                </button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}
