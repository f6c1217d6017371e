import type { Schemas } from "@/api/types";

export type Pool = Schemas["WorkPoolResponse"];
export type Queue = Schemas["WorkQueueResponse"];

export interface Worker {
  id: string;
  name: string;
  status?: string;
  last_heartbeat_time?: string | null;
  heartbeat_interval_seconds?: number | null;
}

export const poolPath = (name: string) => `work_pools/${encodeURIComponent(name)}`;
