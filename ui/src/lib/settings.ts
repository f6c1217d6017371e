import { useSyncExternalStore } from "react";

/** A choice that this browser remembers: how to show things, never who one is. */
function remembered<T extends string>(key: string, values: readonly T[]) {
  const listeners = new Set<() => void>();
  const read = (): T => {
    const stored = localStorage.getItem(key) as T | null;
    return stored !== null && values.includes(stored) ? stored : (values[0] as T);
  };
  let current = read();
  const set = (value: T) => {
    current = value;
    localStorage.setItem(key, value);
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => current;
  return { get, set, subscribe, use: () => useSyncExternalStore(subscribe, get) };
}

export const theme = remembered("lictor-theme", ["system", "light", "dark"] as const);
export const zone = remembered("lictor-zone", ["local", "UTC"] as const);

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const chosen = theme.get();
  const dark = chosen === "dark" || (chosen === "system" && prefersDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  window.dispatchEvent(new Event("lictor-theme"));
}

theme.subscribe(applyTheme);
prefersDark.addEventListener("change", applyTheme);
applyTheme();

/** The value of a design token, for what is drawn on a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function onTheme(listener: () => void) {
  window.addEventListener("lictor-theme", listener);
  return () => window.removeEventListener("lictor-theme", listener);
}

/** The theme in effect; what draws on a canvas draws again when it changes. */
export function useEffectiveTheme(): string {
  return useSyncExternalStore(onTheme, () => document.documentElement.dataset.theme ?? "light");
}
