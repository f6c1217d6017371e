import { useEffect, useId, useRef, type FormEvent, type ReactNode } from "react";
import { Icon } from "./icon";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

/** The browser's own dialog: it keeps the focus, closes with Escape, and needs no styles from scripts. */
export function Dialog({ title, onClose, children, wide }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  const width = wide ? "w-[min(960px,calc(100vw-24px))]" : "w-[min(520px,calc(100vw-24px))]";
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && onClose()}
      className={`${width} max-h-[calc(100vh-32px)] rounded-lg border border-strong bg-surface p-0`}
    >
      <header className="panel-head justify-between">
        <h2 id={id}>{title}</h2>
        <button type="button" className="button button-quiet px-1.5" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="p-4">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  busy?: boolean;
  error?: string | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done, says to how many, and shows why it failed. */
export function Confirm({ title, children, action, danger, busy, error, onConfirm, onClose }: ConfirmProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConfirm();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <div className="text-sm">{children}</div>
        {error && (
          <p role="alert" className="mt-3 rounded border border-danger bg-danger-soft px-2 py-1 text-sm text-danger">
            {error}
          </p>
        )}
        <div className="mt-4 flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            Keep
          </button>
          <button type="submit" disabled={busy} className={danger ? "button button-danger" : "button button-primary"}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
