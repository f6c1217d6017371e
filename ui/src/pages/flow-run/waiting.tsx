import { Link } from "@tanstack/react-router";
import { useWaiting } from "@/api/flow-run";
import type { Schemas } from "@/api/types";
import { Icon } from "@/parts/icon";
import { Moment, When } from "@/parts/when";

type Blamed = NonNullable<Schemas["WaitingReason"]["object"]>;

/** Where what is to blame has its page, if it has one. */
function pathOf({ kind, id, name }: Blamed): string | null {
  const named = encodeURIComponent(name ?? "");
  const paths: Record<string, string> = {
    work_pool: `/work-pools/work-pool/${named}`,
    deployment: `/deployments/deployment/${id}`,
    flow_run: `/runs/flow-run/${id}`,
    concurrency_limit: `/concurrency-limits/concurrency-limit/${id}`,
    global_concurrency_limit: `/concurrency-limits/concurrency-limit/${id}`,
  };
  return paths[kind] ?? null;
}

/** Why this run does not run yet: every reason, with what is to blame. */
export function Waiting({ id, stateType }: { id: string; stateType: string | null | undefined }) {
  const { data } = useWaiting(id, stateType);
  if (!data?.reasons.length) return null;
  return (
    <ul aria-label="Why it waits" className="mt-2 flex flex-col gap-1 rounded border border-line bg-warn-soft px-3 py-1.5 text-sm">
      {data.reasons.map((reason) => {
        const path = reason.object && pathOf(reason.object);
        return (
          <li key={reason.code + (reason.object?.id ?? "")} className="flex flex-wrap items-center gap-x-2">
            <Icon name="warning" className="text-warn" />
            <span>{reason.message}</span>
            {path && (
              <Link to={path} className="link">
                {reason.object?.name ?? reason.object?.kind.replaceAll("_", " ")}
              </Link>
            )}
            {reason.since && (
              <span className="text-muted">
                since <When at={reason.since} />
              </span>
            )}
            {reason.until && (
              <span className="text-muted">
                until <Moment at={reason.until} />
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
