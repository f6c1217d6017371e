import type { Deployment } from "@/api/types";

/** Whether anybody takes the deployment's runs: a shape and a word. */
export function DeploymentStatus({ deployment }: { deployment: Deployment }) {
  if (deployment.paused) return <span className="text-warn">‖ Paused</span>;
  return deployment.status === "READY" ? <span className="text-[var(--state-completed)]">● Ready</span> : <span className="text-muted">○ Not ready</span>;
}
