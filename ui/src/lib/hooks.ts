import { useEffect, useRef, useSyncExternalStore } from "react";

function subscribeTo(query: MediaQueryList) {
  return (listener: () => void) => {
    query.addEventListener("change", listener);
    return () => query.removeEventListener("change", listener);
  };
}

const narrow = window.matchMedia("(max-width: 719px)");
const onNarrow = subscribeTo(narrow);

/** Whether there is room for a column only. */
export const useNarrow = () => useSyncExternalStore(onNarrow, () => narrow.matches);

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Keys that do something while nobody types and no dialog is open. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>) {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      const act = current.current[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** The page's title: what it answers. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · Lictor` : "Lictor";
  }, [title]);
}
