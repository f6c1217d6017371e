import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { page, type Page } from "./client";

const PAGE_ROWS = 100;
const POLL_MS = 15_000;

/** A list of the API, a page at a time behind a cursor; its key begins with its path, so that changes can reach it. */
export function useList<T>(path: string, body: object = {}, options: { enabled?: boolean; refetchInterval?: number } = {}) {
  const list = useInfiniteQuery({
    queryKey: ["list", path, body],
    queryFn: ({ pageParam, signal }) => page<T>(path, { limit: PAGE_ROWS, ...body }, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: Page<T>) => last.next,
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS, // lists have no stream of their own
    ...options,
  });
  const rows = list.data?.pages.flatMap((each) => each.rows) ?? [];
  return { ...list, rows };
}

interface ChangeOptions {
  /** What `onDone` leaves behind shows an object that is gone: it is not read again. */
  leaves?: boolean;
}

/** A change of an object; what is shown of it and of its like is read again. */
export function useChange<T = void>(change: (argument: T) => Promise<unknown>, onDone?: () => void, { leaves = false }: ChangeOptions = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      const refetchType = leaves ? "none" : "active";
      await Promise.all(["list", "one"].map((kind) => client.invalidateQueries({ queryKey: [kind], refetchType })));
      onDone?.();
    },
  });
}
