import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";
import type { Artifact } from "@/api/types";
import { Icon } from "./icon";
import { JsonView } from "./json-view";
import { When } from "./when";

/** Links of artifacts lead away from here: in a tab of their own, and without telling from where. */
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Markdown, with nothing in it that could act. */
export function Markdown({ source }: { source: string }) {
  const html = useMemo(() => DOMPurify.sanitize(marked.parse(source, { async: false }), { FORBID_TAGS: ["style", "form", "input"], FORBID_ATTR: ["style"] }), [source]);
  return <div className="prose p-3 text-sm" dangerouslySetInnerHTML={{ __html: html }} />;
}

function parsed(data: unknown): unknown {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

const show = (value: unknown) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? ""));

const MOST_ROWS = 500;

function Table({ data }: { data: unknown }) {
  const value = parsed(data);
  const rows: Record<string, unknown>[] = Array.isArray(value)
    ? value.map((row: unknown) => (Array.isArray(row) ? Object.fromEntries(row.entries()) : ((row ?? {}) as Record<string, unknown>)))
    : Object.entries((value ?? {}) as Record<string, unknown[]>).reduce<Record<string, unknown>[]>((made, [name, column]) => {
        (Array.isArray(column) ? column : [column]).forEach((cell, at) => (made[at] = { ...made[at], [name]: cell }));
        return made;
      }, []);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <div className="overflow-auto">
      <table className="grid-table">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, at) => (
            <tr key={at}>
              {names.map((name) => (
                <td key={name}>{show(row[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && <p className="px-3 py-1 text-xs text-muted">{rows.length - MOST_ROWS} more rows are in the JSON.</p>}
    </div>
  );
}

const isWebAddress = (address: string) => /^(https?:|\/)/.test(address);

function Content({ artifact }: { artifact: Artifact }) {
  const { type, data } = artifact;
  if (type === "markdown" && typeof data === "string") return <Markdown source={data} />;
  if (type === "table") return <Table data={data} />;
  if (type === "progress") {
    const percent = Math.min(Math.max(Number(data) || 0, 0), 100);
    return (
      <div className="flex items-center gap-3 p-3 text-sm">
        <progress max={100} value={percent} aria-label={artifact.key ?? "progress"} className="h-2 flex-1 accent-[var(--accent)]" />
        {percent.toFixed(percent % 1 ? 1 : 0)} %
      </div>
    );
  }
  if (type === "image" && typeof data === "string" && isWebAddress(data)) {
    return <img src={data} alt={artifact.description ?? artifact.key ?? "image artifact"} className="max-h-[480px] max-w-full p-3" />;
  }
  return <JsonView value={parsed(data)} />;
}

/** One artifact, shown as what it is. */
export function ArtifactView({ artifact, origin }: { artifact: Artifact; origin?: React.ReactNode }) {
  return (
    <section className="panel overflow-hidden" aria-label={artifact.key ?? artifact.id}>
      <header className="panel-head text-sm">
        <Icon name="artifacts" className="text-muted" />
        <span className="truncate font-medium">{artifact.key ?? "unnamed"}</span>
        <span className="text-muted">{artifact.type}</span>
        {origin}
        <When at={artifact.created} className="ml-auto shrink-0 text-muted" />
      </header>
      {artifact.description && <Markdown source={artifact.description} />}
      <Content artifact={artifact} />
    </section>
  );
}
