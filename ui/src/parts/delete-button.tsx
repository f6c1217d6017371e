import { useState, type ReactNode } from "react";
import { remove } from "@/api/client";
import { useChange } from "@/api/lists";
import { Confirm } from "./dialog";

interface Props {
  what: string;
  path: string;
  small?: boolean;
  children?: ReactNode;
  onDone?: () => void;
}

/** Deletes an object after asking. */
export function DeleteButton({ what, path, small, children, onDone }: Props) {
  const [open, setOpen] = useState(false);
  const deletion = useChange(
    () => remove(path),
    () => {
      setOpen(false);
      onDone?.();
    },
    { leaves: onDone !== undefined },
  );
  return (
    <>
      <button type="button" className={small ? "button button-danger h-6" : "button button-danger"} onClick={() => setOpen(true)} aria-label={`Delete ${what}`}>
        Delete
      </button>
      {open && (
        <Confirm title={`Delete ${what}?`} action="Delete" danger busy={deletion.isPending} error={deletion.error?.message} onConfirm={() => deletion.mutate()} onClose={() => setOpen(false)}>
          {children ?? <p>This cannot be undone.</p>}
        </Confirm>
      )}
    </>
  );
}
