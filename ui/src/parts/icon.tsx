import { classes } from "@/lib/format";

/** Drawn here, on a grid of 16: few, so that each means one thing. */
const PATHS = {
  home: "M2.5 7 8 2.5 13.5 7v6.5h-4V9.5h-3v4h-4Z",
  runs: "M2 4h7M2 8h12M2 12h9",
  flows: "M3 3h4v4H3ZM9 9h4v4H9ZM7 5h4v4",
  deployments: "M8 2 14 5v6l-6 3-6-3V5ZM2 5l6 3 6-3M8 8v6",
  pools: "M2 3h12v4H2ZM2 9h12v4H2ZM4.5 5h.01M4.5 11h.01",
  limits: "M2.5 12a5.5 5.5 0 1 1 11 0M8 12l2.5-4.5",
  variables: "M5 2.5c-3 3-3 8 0 11M11 2.5c3 3 3 8 0 11M6.5 6l3 4m0-4-3 4",
  blocks: "M2.5 2.5h5v5h-5ZM8.5 8.5h5v5h-5ZM8.5 2.5h5v5h-5ZM2.5 8.5h5v5h-5Z",
  events: "M1.5 8h3l2-5 3 10 2-5h3",
  automations: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8Z",
  artifacts: "M4 1.5h5l3 3v10H4ZM9 1.5v3h3M6 8h4M6 11h4",
  server: "M2.5 2.5h11v8h-11ZM6 13.5h4M8 10.5v3",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5l3.5 3.5",
  chevron: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  close: "m4 4 8 8m0-8-8 8",
  check: "m3 8.5 3.2 3L13 4.5",
  plus: "M8 3v10M3 8h10",
  copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5Z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  contrast: "M8 2a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM8 2v12M8 5l5.2 0M8 8h6M8 11h5.2",
  download: "M8 2v8m-3.5-3L8 10.5 11.5 7M2.5 13.5h11",
  external: "M6 3H3v10h10v-3M9 3h4v4M13 3 7 9",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  warning: "M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.5v.01",
  code: "m5 4-4 4 4 4m6-8 4 4-4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      className={classes("size-4 shrink-0", className)}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.4 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
