import { useMemo } from "react";
import { useFlowRun, useGraph } from "@/api/flow-run";
import type { NamedFlowRun } from "@/api/runs";
import type { Graph } from "@/api/types";
import { useSearch, text } from "@/lib/search";
import { duration } from "@/lib/time";
import { Empty, Loading } from "@/parts/notice";
import { StateBadge } from "@/parts/state";
import { barsOf, taskOf } from "@/parts/timeline/layout";
import { Took } from "@/parts/when";

interface TaskSum {
  count: number;
  seconds: number;
  failed: number;
}

/** How long the runs of each task took together, and how many of them did not end well. */
function byTask(graph: Graph | undefined): Map<string, TaskSum> {
  const sums = new Map<string, TaskSum>();
  for (const bar of barsOf(graph?.nodes as never ?? [])) {
    const sum = sums.get(taskOf(bar)) ?? { count: 0, seconds: 0, failed: 0 };
    sum.count++;
    sum.seconds += bar.end ? (bar.end - bar.start) / 1000 : 0;
    if (bar.state === "failed" || bar.state === "crashed") sum.failed++;
    sums.set(taskOf(bar), sum);
  }
  return sums;
}

const json = (value: unknown) => (value === undefined ? "–" : JSON.stringify(value));

function Parameters({ mine, other }: { mine: NamedFlowRun; other: NamedFlowRun }) {
  const names = [...new Set([...Object.keys(mine.parameters ?? {}), ...Object.keys(other.parameters ?? {})])].sort();
  if (!names.length) return <p className="px-3 py-2 text-sm text-muted">Neither has parameters.</p>;
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th>Parameter</th>
          <th>This run</th>
          <th>{other.name}</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const [one, two] = [json(mine.parameters?.[name]), json(other.parameters?.[name])];
          return (
            <tr key={name} className={one === two ? "" : "bg-mark"}>
              <td className="font-mono text-xs">{name}</td>
              <td className="max-w-[320px] truncate font-mono text-xs" title={one}>{one}</td>
              <td className="max-w-[320px] truncate font-mono text-xs" title={two}>{two}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Durations({ mine, other, name }: { mine: Graph | undefined; other: Graph | undefined; name: string }) {
  const [ours, theirs] = useMemo(() => [byTask(mine), byTask(other)], [mine, other]);
  const tasks = [...new Set([...ours.keys(), ...theirs.keys()])];
  const show = (sum: TaskSum | undefined) => (sum ? `${duration(sum.seconds)} in ${sum.count}${sum.failed ? `, ${sum.failed} failed` : ""}` : "–");
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th>Task</th>
          <th>This run</th>
          <th>{name}</th>
          <th>Difference</th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => {
          const [one, two] = [ours.get(task), theirs.get(task)];
          const ratio = one && two && two.seconds > 0 ? one.seconds / two.seconds : null;
          return (
            <tr key={task}>
              <td>{task}</td>
              <td>{show(one)}</td>
              <td>{show(two)}</td>
              <td className={ratio && ratio > 1.5 ? "text-danger" : "text-muted"}>{ratio === null ? (one ? "only here" : "only there") : ratio >= 1 ? `${ratio.toFixed(1)}x slower` : `${(1 / ratio).toFixed(1)}x faster`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** This run beside another one of its flow: parameters, states, and how long each task took. */
export function Compare({ run, graph, former }: { run: NamedFlowRun; graph: Graph | undefined; former: NamedFlowRun[] }) {
  const [search, setSearch] = useSearch();
  const id = text(search, "with", former[0]?.id ?? "");
  const { data: found } = useFlowRun(id || run.id);
  const other = former.find((each) => each.id === id) ?? found;
  const others = useGraph(id || run.id, "COMPLETED");
  if (!id) return <Empty title="No other run of this flow has ended yet." />;
  if (!other) return <Loading />;
  return (
    <div className="flex flex-col gap-3 p-3">
      <label className="flex flex-wrap items-center gap-2 text-sm">
        Compared with
        <select className="field" value={id} onChange={(event) => setSearch({ with: event.target.value })}>
          {former.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name} ({each.state_name})
            </option>
          ))}
        </select>
        <StateBadge type={other.state_type} name={other.state_name} />
        <span className="text-muted">
          <Took run={other} /> there, <Took run={run} /> here
        </span>
      </label>
      <div className="panel overflow-auto">
        <Parameters mine={run} other={other} />
      </div>
      <div className="panel overflow-auto">{others.isPending ? <Loading /> : <Durations mine={graph} other={others.data} name={other.name ?? "other"} />}</div>
    </div>
  );
}
