import { Link } from "@tanstack/react-router";
import type { NamedFlowRun, NamedTaskRun, Run } from "@/api/runs";
import { When } from "./when";

export const isTaskRun = (run: Run): run is NamedTaskRun => "task_key" in run;

/** Where a run has its page. */
export const runPath = (run: Run) => `/runs/${isTaskRun(run) ? "task-run" : "flow-run"}/${run.id}`;

export function RunLink({ run, className }: { run: Run; className?: string }) {
  return (
    <Link to={runPath(run)} className={`truncate font-medium leading-5 ${className ?? ""}`}>
      {run.name}
    </Link>
  );
}

/** What a run belongs to: flow and deployment, or flow run. */
export function Origin({ run }: { run: Run }) {
  if (isTaskRun(run)) {
    if (!run.flow_run_id) return <span className="text-faint">no flow run</span>;
    return (
      <span className="truncate text-muted">
        {run.flow_name && `${run.flow_name} / `}
        <Link to={`/runs/flow-run/${run.flow_run_id}`}>{run.flow_run_name ?? "flow run"}</Link>
      </span>
    );
  }
  const { flow_id, flow_name, deployment_id, deployment_name } = run as NamedFlowRun;
  return (
    <span className="truncate text-muted">
      <Link to={`/flows/flow/${flow_id}`}>{flow_name ?? "flow"}</Link>
      {deployment_id && (
        <>
          {" / "}
          <Link to={`/deployments/deployment/${deployment_id}`}>{deployment_name ?? "deployment"}</Link>
        </>
      )}
    </span>
  );
}

const SDK_PREFIX = /^(?:Flow|Task) run encountered an exception:?\s*/;

/** Why a run is in its state, without the words that the SDK puts before every exception. */
export const whyOf = (run: Run) => run.state?.message?.replace(SDK_PREFIX, "") ?? "";

/** When a run started, or is due. */
export function Started({ run }: { run: Run }) {
  if (run.start_time) return <When at={run.start_time} />;
  if (!run.expected_start_time) return <span className="text-faint">–</span>;
  return (
    <span className="text-muted">
      due <When at={run.expected_start_time} />
    </span>
  );
}
