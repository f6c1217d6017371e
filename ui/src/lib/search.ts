import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Record<string, unknown>;

/**
 * The address as state. A choice makes an entry in the history, so that "back" undoes it; `replace` is for what changes
 * by the keystroke.
 */
export function useSearch(): [Search, (changes: Search, options?: { replace?: boolean }) => void] {
  const search = useRouterState({ select: (state) => state.location.search as Search });
  const navigate = useNavigate();
  const change = useCallback(
    (changes: Search, { replace = false } = {}) => {
      const next = (previous: Search) => {
        const merged = { ...previous, ...changes };
        return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== ""));
      };
      void navigate({ to: ".", search: next as never, replace, resetScroll: false });
    },
    [navigate],
  );
  return [search, change];
}

/** A text of the address, one of some if there is a choice. */
export function text<T extends string>(search: Search, key: string, fallback: T, among?: readonly T[]): T {
  const value = search[key];
  if (typeof value !== "string") return typeof value === "number" ? (String(value) as T) : fallback;
  return !among || among.includes(value as T) ? (value as T) : fallback;
}
