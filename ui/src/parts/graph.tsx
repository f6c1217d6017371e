import dagre from "@dagrejs/dagre";
import { Background, Controls, Handle, Position, ReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo, useState } from "react";
import type { GraphNode } from "@/api/flow-run";
import { useEffectiveTheme } from "@/lib/settings";
import { StateBadge, StateIcon } from "./state";
import { barsOf, taskOf, type Bar } from "./timeline/layout";

const NODE_WIDTH = 190;
const NODE_HEIGHT = 46;
/** From so many runs on, runs of one task share a node until somebody opens it. */
const FOLD_FROM = 60;
const LARGEST_GROUP_SHOWN = 4;

interface Data extends Record<string, unknown> {
  label: string;
  states: [state: string, count: number][];
  bar: Bar | null;
}

type RunNode = Node<Data, "run">;

function Run({ data, selected }: NodeProps<RunNode>) {
  const [first] = data.states;
  return (
    <div className={`flex h-[46px] w-[190px] flex-col justify-center rounded border bg-surface px-2 text-sm ${selected ? "border-accent" : "border-strong"}`}>
      <Handle type="target" position={Position.Left} className="opacity-0" />
      <span className="truncate font-medium">{data.label}</span>
      <span className="flex gap-2 text-xs">
        {data.bar ? <StateBadge type={first?.[0].toUpperCase()} /> : data.states.map(([state, count]) => (
          <span key={state} className={`inline-flex items-center gap-1 state-${state}`}>
            <StateIcon type={state.toUpperCase()} />
            {count}
          </span>
        ))}
      </span>
      <Handle type="source" position={Position.Right} className="opacity-0" />
    </div>
  );
}

const NODE_TYPES = { run: Run };

/** Nodes and edges with their places: each run, or one node for all runs of a task where they are many. */
function layout(bars: Bar[], opened: ReadonlySet<string>): { nodes: RunNode[]; edges: Edge[] } {
  const groups = Map.groupBy(bars, taskOf);
  const folds = (bar: Bar) => {
    const name = taskOf(bar);
    return bars.length >= FOLD_FROM && (groups.get(name)?.length ?? 0) > LARGEST_GROUP_SHOWN && !opened.has(name);
  };
  const idOf = new Map(bars.map((bar) => [bar.id, folds(bar) ? `task ${taskOf(bar)}` : bar.id]));
  const members = Map.groupBy(bars, (bar) => idOf.get(bar.id) as string);
  const edges = new Map<string, Edge>();
  for (const bar of bars) {
    const target = idOf.get(bar.id) as string;
    for (const parent of bar.parents) {
      const source = idOf.get(parent);
      if (source && source !== target) edges.set(`${source} ${target}`, { id: `${source} ${target}`, source, target });
    }
  }
  const graph = new dagre.graphlib.Graph().setGraph({ rankdir: "LR", nodesep: 14, ranksep: 60 }).setDefaultEdgeLabel(() => ({}));
  for (const id of members.keys()) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { source, target } of edges.values()) graph.setEdge(source, target);
  dagre.layout(graph);
  const nodes = [...members].map(([id, some]): RunNode => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    const single = some.length === 1 && id === some[0]?.id ? some[0] : null;
    const states = [...Map.groupBy(some, (bar) => bar.state)].map(([state, each]): [string, number] => [state, each.length]);
    const label = single ? single.label : `${taskOf(some[0] as Bar)} (${some.length})`;
    return { id, type: "run", position: { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }, data: { label, states, bar: single } };
  });
  return { nodes, edges: [...edges.values()] };
}

interface Props {
  nodes: readonly (readonly [string, GraphNode])[];
  selected: string | null;
  onSelect: (id: string | null) => void;
}

/** Which run's results went into which. */
export default function DependencyGraph({ nodes, selected, onSelect }: Props) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const theme = useEffectiveTheme();
  const bars = useMemo(() => barsOf(nodes), [nodes]);
  const { nodes: placed, edges } = useMemo(() => layout(bars, opened), [bars, opened]);
  const shown = useMemo(() => placed.map((node) => ({ ...node, selected: node.id === selected })), [placed, selected]);
  return (
    <div className="h-full min-h-[300px]">
      <ReactFlow
        nodes={shown}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={theme === "dark" ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
        minZoom={0.05}
        nodesDraggable={false}
        nodesConnectable={false}
        onlyRenderVisibleElements
        onNodeClick={(_, node) => {
          if (node.data.bar) onSelect(node.id);
          else setOpened(new Set([...opened, node.id.slice("task ".length)]));
        }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
