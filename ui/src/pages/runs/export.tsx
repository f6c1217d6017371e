import { useRef, useState } from "react";
import { request } from "@/api/client";
import { bytes, number } from "@/lib/format";
import { Icon } from "@/parts/icon";
import { Menu, MenuItem } from "@/parts/menu";
import type { RunsState } from "./state";

interface Progress {
  size: number;
  lines: number;
}

const NEWLINE = 10;

/** Everything that is filtered, as a file: read piece by piece, so that one sees how far it is, and can stop. */
export function Export({ state }: { state: RunsState }) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<string | null>(null);
  const control = useRef<AbortController | null>(null);

  const start = async (format: "ndjson" | "csv") => {
    control.current = new AbortController();
    setError(null);
    setProgress({ size: 0, lines: 0 });
    try {
      const response = await request("POST", `${state.kind}/export`, { ...state.asked, sort: state.sort, format }, control.current.signal);
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
      let size = 0;
      let lines = 0;
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        pieces.push(piece.value);
        size += piece.value.length;
        for (const byte of piece.value) if (byte === NEWLINE) lines++;
        setProgress({ size, lines });
      }
      save(new Blob(pieces), `${state.kind}.${format}`);
    } catch (problem) {
      if (!control.current.signal.aborted) setError((problem as Error).message);
    }
    setProgress(null);
  };

  if (progress) {
    return (
      <span role="status" className="flex items-center gap-2 text-xs whitespace-nowrap text-muted">
        {number(progress.lines)} rows, {bytes(progress.size)}
        <button type="button" className="button" onClick={() => control.current?.abort()}>
          Stop
        </button>
      </span>
    );
  }
  return (
    <>
      <Menu
        trigger={
          <button type="button" className="button">
            Export
            <Icon name="chevron" className="size-3" />
          </button>
        }
      >
        <MenuItem onSelect={() => void start("ndjson")}>All that match, as NDJSON</MenuItem>
        <MenuItem onSelect={() => void start("csv")}>All that match, as CSV</MenuItem>
      </Menu>
      {error && (
        <span role="alert" className="text-xs text-danger">
          {error}
        </span>
      )}
    </>
  );
}

function save(content: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
