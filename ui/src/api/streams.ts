/** Websockets of the API: what is new, as it is committed. A stream that breaks off connects again by itself. */

import { API } from "./client";

type Kind = "events" | "logs";

interface Handlers<T> {
  onItem: (item: T) => void;
  onState?: (live: boolean) => void;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;

/** Listens until the returned function is called. */
export function listen<T>(kind: Kind, filter: object, { onItem, onState }: Handlers<T>): () => void {
  let socket: WebSocket | null = null;
  let delay = FIRST_DELAY;
  let timer = 0;
  let closed = false;

  const connect = () => {
    socket = new WebSocket(`${API.replace(/^http/, "ws")}${kind}/out`, "prefect");
    socket.onopen = () => socket?.send(JSON.stringify({ type: "auth", token: null }));
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as { type: string; event?: T; log?: T };
      if (message.type === "auth_success") {
        delay = FIRST_DELAY;
        socket?.send(JSON.stringify({ type: "filter", filter, backfill: false }));
        onState?.(true);
      } else {
        const item = kind === "events" ? message.event : message.log;
        if (item) onItem(item);
      }
    };
    socket.onclose = () => {
      if (closed) return;
      onState?.(false);
      timer = window.setTimeout(connect, delay);
      delay = Math.min(delay * 2, LONGEST_DELAY);
    };
  };

  connect();
  return () => {
    closed = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}
