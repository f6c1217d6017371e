import { useState } from "react";
import type { Family, FilterNode, Filters } from "@/api/types";
import { absolute, useZone, type Zone } from "@/lib/time";
import { Icon } from "../icon";
import { Menu, MenuItem } from "../menu";
import { Tokens } from "../pick";
import { StateBadge } from "../state";
import {
  CRITERIA,
  FAMILY_NAMES,
  GROUPS,
  GROUP_NAMES,
  conditionsOf,
  criterionName,
  firstValue,
  groupsOf,
  operatorName,
  withCondition,
  type Condition,
  type Group,
  type Operator,
} from "./criteria";

const MOST_DEPTH = 9;

const same = (one: Omit<Condition, "value">, other: Omit<Condition, "value">) =>
  one.criterion === other.criterion && one.operator === other.operator;

function forField(value: unknown, inZone: Zone): string {
  const moment = new Date(String(value ?? ""));
  return Number.isNaN(moment.getTime()) ? "" : absolute(moment, inZone).slice(0, 19).replace(" ", "T");
}

interface ValueProps {
  field: string;
  operator: Operator;
  value: unknown;
  onChange: (value: unknown) => void;
}

function EnumValue({ operator, value, onChange }: Omit<ValueProps, "field">) {
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  const toggle = (each: string) => onChange(chosen.includes(each) ? chosen.filter((other) => other !== each) : [...chosen, each]);
  return (
    <div className="flex flex-wrap gap-1">
      {operator.values?.map((each) => (
        <button key={each} type="button" className="button h-6 px-1.5 text-xs" aria-pressed={chosen.includes(each)} onClick={() => toggle(each)}>
          <StateBadge type={each} />
        </button>
      ))}
    </div>
  );
}

function Value({ field, operator, value, onChange }: ValueProps) {
  const inZone = useZone();
  const label = `Value of ${field.replaceAll(/[._]/g, " ")}`;
  if (operator.kind === "enum" && operator.list) return <EnumValue operator={operator} value={value} onChange={onChange} />;
  if (operator.list) {
    return <Tokens label={label} field={field} values={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />;
  }
  if (operator.kind === "boolean") {
    return (
      <select className="field" aria-label={label} value={String(value ?? true)} onChange={(event) => onChange(event.target.value === "true")}>
        <option value="true">yes</option>
        <option value="false">no</option>
      </select>
    );
  }
  if (operator.kind === "date-time") {
    const read = (input: string) => (input ? new Date(inZone === "UTC" ? `${input}Z` : input).toISOString() : undefined);
    return <input className="field" aria-label={label} type="datetime-local" step="1" value={forField(value, inZone)} onChange={(event) => onChange(read(event.target.value))} />;
  }
  const isNumber = operator.kind === "integer" || operator.kind === "number";
  return (
    <input
      className="field min-w-[140px] flex-1"
      aria-label={label}
      type={isNumber ? "number" : "text"}
      value={String(value ?? "")}
      onChange={(event) => onChange(isNumber && event.target.value ? Number(event.target.value) : event.target.value)}
    />
  );
}

interface RowProps {
  family: Family;
  condition: Condition;
  onReplace: (condition: Omit<Condition, "value">) => void;
  onChange: (value: unknown) => void;
  onRemove: () => void;
}

function Row({ family, condition, onReplace, onChange, onRemove }: RowProps) {
  const { criterion, operator, value } = condition;
  const chooseCriterion = (name: string) => {
    const chosen = CRITERIA[family].find((each) => each.path.join(".") === name);
    if (chosen?.operators[0]) onReplace({ criterion: chosen, operator: chosen.operators[0] });
  };
  const chooseOperator = (name: string) => {
    const chosen = criterion.operators.find((each) => each.name === name);
    if (chosen) onReplace({ criterion, operator: chosen });
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <select className="field" aria-label="Criterion" value={criterion.path.join(".")} onChange={(event) => chooseCriterion(event.target.value)}>
        {CRITERIA[family].map((each) => (
          <option key={each.path.join(".")} value={each.path.join(".")}>
            {criterionName(each)}
          </option>
        ))}
      </select>
      <select className="field" aria-label="Operator" value={operator.name} onChange={(event) => chooseOperator(event.target.value)}>
        {criterion.operators.map((each) => (
          <option key={each.name} value={each.name}>
            {operatorName(criterion, each)}
          </option>
        ))}
      </select>
      <Value field={`${family}.${criterion.path.join(".")}`} operator={operator} value={value} onChange={onChange} />
      <button type="button" className="button button-quiet h-6 px-1" aria-label="Remove condition" onClick={onRemove}>
        <Icon name="close" />
      </button>
    </div>
  );
}

interface NodeProps {
  family: Family;
  node: FilterNode;
  onChange: (node: FilterNode) => void;
  depth?: number;
}

/** One filter: its conditions, joined by "all" or "any", and the groups of filters nested in it. */
function Node({ family, node, onChange, depth = 0 }: NodeProps) {
  const [drafts, setDrafts] = useState<Omit<Condition, "value">[]>([]);
  const conditions = conditionsOf(family, node);
  const open = drafts.filter((draft) => !conditions.some((each) => same(each, draft)));
  const rows: Condition[] = [...conditions, ...open.map((draft) => ({ ...draft, value: undefined }))];
  const groups = groupsOf(node);

  const begin = (draft: Omit<Condition, "value">, from: FilterNode) => {
    setDrafts((all) => [...all.filter((each) => !same(each, draft)), draft]);
    onChange(withCondition(from, draft, firstValue(draft.operator)));
  };
  const drop = (condition: Condition) => {
    setDrafts((all) => all.filter((each) => !same(each, condition)));
    return withCondition(node, condition, undefined);
  };
  const addCondition = () => {
    const all = CRITERIA[family].flatMap((criterion) => criterion.operators.map((operator) => ({ criterion, operator })));
    const free = all.find((each) => each.criterion.path[0] !== "id" && !rows.some((row) => same(row, each)));
    if (free) begin(free, node);
  };
  const setGroup = (group: Group, filters: FilterNode[]) => {
    const { [group]: _, ...rest } = node;
    onChange(filters.length ? { ...rest, [group]: filters } : rest);
  };

  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      {rows.length + groups.length > 1 && (
        <label className="flex items-center gap-1.5 text-xs text-muted">
          must match
          <select
            className="field h-6"
            value={node.operator === "or_" ? "or_" : "and_"}
            onChange={(event) => {
              const { operator: _, ...rest } = node;
              onChange(event.target.value === "or_" ? { ...rest, operator: "or_" } : rest);
            }}
          >
            <option value="and_">all</option>
            <option value="or_">any</option>
          </select>
          of
        </label>
      )}
      {rows.map((row) => (
        <Row
          key={`${row.criterion.path.join(".")} ${row.operator.name}`}
          family={family}
          condition={row}
          onReplace={(draft) => begin(draft, drop(row))}
          onChange={(value) => onChange(withCondition(node, row, value))}
          onRemove={() => onChange(drop(row))}
        />
      ))}
      {groups.map(([group, filters]) => (
        <fieldset key={group} className="ml-1 flex flex-col gap-1.5 border-l-2 border-strong pl-2">
          <legend className="sr-only">{GROUP_NAMES[group]}</legend>
          <span className="text-xs font-medium text-muted">{GROUP_NAMES[group]}</span>
          {filters.map((each, position) => (
            <div key={position} className="flex items-start gap-1">
              <div className="min-w-0 flex-1">
                <Node family={family} node={each} depth={depth + 1} onChange={(changed) => setGroup(group, filters.with(position, changed))} />
              </div>
              <button type="button" className="button button-quiet h-6 px-1" aria-label="Remove filter" onClick={() => setGroup(group, filters.toSpliced(position, 1))}>
                <Icon name="close" />
              </button>
            </div>
          ))}
          <button type="button" className="button button-quiet h-6 self-start px-1 text-xs" onClick={() => setGroup(group, [...filters, {}])}>
            <Icon name="plus" className="size-3" /> another filter
          </button>
        </fieldset>
      ))}
      <div className="flex gap-1">
        <button type="button" className="button button-quiet h-6 px-1 text-xs" onClick={addCondition}>
          <Icon name="plus" className="size-3" /> condition
        </button>
        {depth < MOST_DEPTH && (
          <Menu
            align="start"
            trigger={
              <button type="button" className="button button-quiet h-6 px-1 text-xs">
                <Icon name="plus" className="size-3" /> group
              </button>
            }
          >
            {GROUPS.filter((group) => !node[group]).map((group) => (
              <MenuItem key={group} onSelect={() => setGroup(group, [{}])}>
                {GROUP_NAMES[group]}
              </MenuItem>
            ))}
          </Menu>
        )}
      </div>
    </div>
  );
}

interface Props {
  families: readonly Family[];
  filters: Filters;
  onChange: (filters: Filters) => void;
}

/** Every criterion of every family, nested as deep as the API allows. */
export function QueryBuilder({ families, filters, onChange }: Props) {
  const [opened, setOpened] = useState<Family[]>(() => families.slice(0, 1));
  const shown = families.filter((family) => opened.includes(family) || filters[family]);
  const set = (family: Family, node: FilterNode) => {
    const { [family]: _, ...rest } = filters;
    onChange(Object.keys(node).length ? { ...rest, [family]: node } : rest);
  };
  return (
    <div className="flex flex-col gap-3">
      {shown.map((family) => (
        <fieldset key={family} className="grid gap-x-3 gap-y-1 sm:grid-cols-[84px_1fr]">
          <legend className="sr-only">{FAMILY_NAMES[family]}</legend>
          <span className="pt-1 text-sm font-medium">{FAMILY_NAMES[family]}</span>
          <Node family={family} node={filters[family] ?? {}} onChange={(node) => set(family, node)} />
        </fieldset>
      ))}
      <div className="flex flex-wrap gap-1">
        {families
          .filter((family) => !shown.includes(family))
          .map((family) => (
            <button key={family} type="button" className="button button-quiet h-6 px-1 text-xs" onClick={() => setOpened([...opened, family])}>
              <Icon name="plus" className="size-3" /> {FAMILY_NAMES[family].toLowerCase()}
            </button>
          ))}
      </div>
    </div>
  );
}
