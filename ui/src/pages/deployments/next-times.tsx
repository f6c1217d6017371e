import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { post } from "@/api/client";
import { Moment } from "@/parts/when";
import type { Timing } from "./schedule";

/** The next ten times of a schedule that is not saved yet, or why it has none. */
export function NextTimes({ timing }: { timing: Timing }) {
  const times = useQuery({
    queryKey: ["next-times", timing],
    queryFn: ({ signal }) => post<string[]>("ui/schedules/next-times", { schedule: timing }, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (times.error) return <p className="mt-2 text-sm text-danger">{times.error.message}</p>;
  return (
    <ol className="mt-2 grid min-h-[100px] grid-cols-2 gap-x-4 text-xs text-muted" aria-label="Next times">
      {times.data?.map((at) => (
        <li key={at}>
          <Moment at={at} />
        </li>
      ))}
    </ol>
  );
}
