import { useState } from "react";
import { Icon } from "./icon";

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // pages served without TLS have no clipboard
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** A button that copies, and says so. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1200);
  };
  return (
    <button type="button" className="button button-quiet h-6 px-1" title={label} aria-label={label} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}

/** An id that can be copied. */
export function Id({ id }: { id: string }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-1">
      <code className="truncate font-mono text-xs text-muted">{id}</code>
      <Copy text={id} label="Copy id" />
    </span>
  );
}
