/** Whether somebody works: a shape and a word. */
export function PoolStatus({ paused, status }: { paused?: boolean; status?: string | null }) {
  if (paused || status === "PAUSED") return <span className="text-warn">‖ Paused</span>;
  if (status === "READY" || status === "ONLINE") return <span className="text-[var(--state-completed)]">● {status === "ONLINE" ? "Online" : "Ready"}</span>;
  return <span className="text-muted">○ {status === "OFFLINE" ? "Offline" : "Nobody works"}</span>;
}
