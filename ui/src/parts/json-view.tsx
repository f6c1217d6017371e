import { lazy, Suspense, useMemo, type ReactNode } from "react";
import { Copy } from "./copy";
import { Loading } from "./notice";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONGEST_COLOURED = 200_000;

function coloured(text: string): ReactNode {
  if (text.length > LONGEST_COLOURED) return text;
  const parts: ReactNode[] = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(last, match.index));
    const [whole, string, colon] = match;
    const kind = colon ? "text-accent" : string ? "text-[var(--state-completed)]" : "text-[var(--state-crashed)]";
    parts.push(
      <span key={match.index} className={kind}>
        {string ?? whole}
      </span>,
      colon ?? "",
    );
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** JSON to read and to copy. */
export function JsonView({ value, className }: { value: unknown; className?: string }) {
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  return (
    <div className={`relative ${className ?? ""}`}>
      <div className="absolute top-1 right-1">
        <Copy text={text} label="Copy JSON" />
      </div>
      <pre tabIndex={0} aria-label="JSON" className="max-h-[70vh] overflow-auto p-3 pr-10 font-mono text-xs leading-5">{coloured(text)}</pre>
    </div>
  );
}

const Editor = lazy(() => import("./code-editor"));

interface EditorProps {
  value: string;
  onChange?: (value: string) => void;
  label: string;
  className?: string;
}

/** JSON to write; the editor itself comes when it is needed. */
export function JsonEditor(props: EditorProps) {
  return (
    <Suspense fallback={<Loading />}>
      <Editor {...props} />
    </Suspense>
  );
}
