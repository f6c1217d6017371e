import type { ReactNode } from "react";
import { Failure, Loading } from "./notice";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** Left out where there is little room. */
  wide?: boolean;
  right?: boolean;
}

interface List<T> {
  rows: T[];
  error: unknown;
  isPending: boolean;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
  refetch?: () => unknown;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  list: List<T>;
  empty: ReactNode;
}

const classOf = <T,>({ wide, right }: Column<T>) => `${wide ? "hidden md:table-cell" : ""} ${right ? "text-right" : ""}`;

/** A list of the API: its rows, why there are none, what went wrong, and more of them. */
export function Table<T extends { id?: string | null }>({ label, columns, list, empty }: Props<T>) {
  if (list.error) return <Failure error={list.error} onRetry={() => void list.refetch?.()} />;
  if (list.isPending) return <Loading />;
  if (!list.rows.length) return empty;
  return (
    <div className="overflow-x-auto">
      <table className="grid-table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name.startsWith("_") ? <span className="sr-only">{column.name.slice(1)}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row, number) => (
            <tr key={row.id ?? number}>
              {columns.map((column) => (
                <td key={column.name} className={`${classOf(column)} max-w-[420px] truncate`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {list.hasNextPage && (
        <div className="p-2 text-center">
          <button type="button" className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage?.()}>
            Show more
          </button>
        </div>
      )}
    </div>
  );
}

export const Tags = ({ tags }: { tags?: string[] | null }) => (
  <span className="flex gap-1 overflow-hidden">
    {tags?.map((tag) => (
      <span key={tag} className="tag">
        {tag}
      </span>
    ))}
  </span>
);
