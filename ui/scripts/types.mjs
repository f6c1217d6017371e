// Writes src/api/schema.d.ts (types of the API) and src/api/criteria.json (what filters can ask), from the OpenAPI
// document whose path is given.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const FAMILIES = {
  flow_runs: "FlowRunFilter",
  task_runs: "TaskRunFilter",
  flows: "FlowFilter",
  deployments: "DeploymentFilter",
  work_pools: "WorkPoolFilter",
  work_pool_queues: "WorkQueueFilter",
};
const COMBINATORS = new Set(["operator", "all_of", "any_of", "none_of"]);

const document = JSON.parse(await readFile(process.argv[2], "utf8"));
const schemas = document.components.schemas;

/** The schema behind references and behind `| null`. */
function resolved(schema) {
  if (schema.$ref) return resolved(schemas[schema.$ref.split("/").at(-1)]);
  if (schema.anyOf) return resolved(schema.anyOf.find((each) => each.type !== "null"));
  return schema;
}

function valueOf(schema) {
  const { type, format, items, enum: values } = resolved(schema);
  if (type === "array") return { list: true, ...valueOf(items) };
  return values ? { kind: "enum", values } : { kind: format ?? type };
}

/** Each criterion by its path below the family, such as `state.type`, with its operators. */
function criteriaOf(schema, path = []) {
  const found = [];
  for (const [name, property] of Object.entries(schema.properties)) {
    if (COMBINATORS.has(name)) continue;
    const inner = resolved(property);
    const isOperator = inner.type !== "object";
    if (!isOperator) found.push(...criteriaOf(inner, [...path, name]));
    else {
      const last = found.find((each) => each.path.join() === path.join());
      const operator = { name, ...valueOf(property) };
      if (last) last.operators.push(operator);
      else found.push({ path, operators: [operator] });
    }
  }
  return found;
}

const criteria = Object.fromEntries(
  Object.entries(FAMILIES).map(([family, name]) => [family, criteriaOf(schemas[name])]),
);
await writeFile("src/api/criteria.json", `${JSON.stringify(criteria, null, 1)}\n`);

/** The types need no prose. */
function lean(value) {
  if (Array.isArray(value)) return value.map(lean);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key, each]) => !(key === "description" && typeof each === "string"));
  return Object.fromEntries(kept.map(([key, each]) => [key, lean(each)]));
}
const header = "// Made from the OpenAPI document by scripts/types.mjs; do not edit.\n";
await writeFile("src/api/schema.d.ts", header + astToString(await openapiTS(lean({ ...document, paths: {} }))));
