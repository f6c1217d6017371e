/** What the API says of automations, as far as pages show it. */

export interface Trigger {
  type?: string;
  posture?: string;
  expect?: string[];
  after?: string[];
  threshold?: number;
  within?: number;
  triggers?: Trigger[];
  require?: string | number;
}

export interface Action {
  type: string;
}

export interface Automation {
  id: string;
  name: string;
  description?: string;
  enabled: boolean;
  tags?: string[];
  trigger: Trigger;
  actions: Action[];
  actions_on_trigger?: Action[];
  actions_on_resolve?: Action[];
  created?: string;
  updated?: string;
}

const among = (names?: string[]) => names?.join(", ") || "any event";

/** A trigger in a sentence. */
export function triggerText(trigger: Trigger): string {
  const inner = trigger.triggers?.map(triggerText) ?? [];
  if (trigger.type === "compound") return `${trigger.require ?? "all"} of: ${inner.join("; ")}`;
  if (trigger.type === "sequence") return inner.join(", then ");
  const within = trigger.within ? ` within ${trigger.within} s` : "";
  if (trigger.posture === "Proactive") return `no ${among(trigger.expect)}${within}${trigger.after?.length ? ` after ${among(trigger.after)}` : ""}`;
  return `${(trigger.threshold ?? 1) > 1 ? `${trigger.threshold} times ` : ""}${among(trigger.expect)}${(trigger.threshold ?? 1) > 1 ? within : ""}`;
}

export const actionText = ({ type }: Action): string => type.replaceAll("-", " ");

export const NEW_AUTOMATION = {
  name: "failed runs",
  enabled: true,
  trigger: {
    type: "event",
    posture: "Reactive",
    expect: ["prefect.flow-run.Failed"],
    match: { "prefect.resource.id": "prefect.flow-run.*" },
    for_each: ["prefect.resource.id"],
    threshold: 1,
    within: 0,
  },
  actions: [{ type: "do-nothing" }],
};
