import type { ReactNode } from "react";
import { ApiError } from "@/api/client";
import { Icon } from "./icon";

/** What the server said, where it was asked. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof ApiError && error.status ? ` (${error.status})` : "";
  return (
    <div role="alert" className="m-3 flex items-start gap-2 rounded border border-danger bg-danger-soft px-3 py-2 text-sm text-danger">
      <Icon name="warning" className="mt-0.5" />
      <span className="min-w-0 flex-1 break-words">
        {message}
        {status}
      </span>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Why there is nothing, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center text-sm text-muted">
      <p className="font-medium text-text">{title}</p>
      {children}
    </div>
  );
}

export const Command = ({ children }: { children: string }) => (
  <code className="rounded bg-sunken px-2 py-1 font-mono text-xs text-text">{children}</code>
);

/** Room for what is being read, so that nothing jumps when it comes. */
export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-3">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="h-3 rounded bg-sunken" />
      ))}
    </div>
  );
}
