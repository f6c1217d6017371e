import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { page, type Page } from "./client";

const PAGE_ROWS = 100;

/** A list of the API, a page at a time behind a cursor; its key begins with its path, so that changes can reach it. */
export function useList<T>(path: string, body: object = {}, options: { enabled?: boolean; refetchInterval?: number } = {}) {
  const list = useInfiniteQuery({
    queryKey: ["list", path, body],
    queryFn: ({ pageParam, signal }) => page<T>(path, { limit: PAGE_ROWS, ...body }, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last: Page<T>) => last.next,
    placeholderData: keepPreviousData,
    ...options,
  });
  const rows = list.data?.pages.flatMap((each) => each.rows) ?? [];
  return { ...list, rows };
}

/** A change of an object; what is shown of it and of its like is read again. */
export function useChange<T = void>(change: (argument: T) => Promise<unknown>, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ["list"] }), client.invalidateQueries({ queryKey: ["one"] })]);
      onDone?.();
    },
  });
}
