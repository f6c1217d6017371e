import { useState, type ReactNode } from "react";
import { JsonEditor } from "./json-view";

/** A form made of a JSON schema. What has no field of its own is written as JSON. */

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  definitions?: Record<string, Schema>;
  $defs?: Record<string, Schema>;
  position?: number;
  writeOnly?: boolean;
  minimum?: number;
  maximum?: number;
}

export type Values = Record<string, unknown>;

/** The schema behind a reference, behind `allOf` of one, and behind "or null". */
export function resolve(schema: Schema, root: Schema): Schema {
  const { $ref, allOf, anyOf, ...own } = schema;
  if ($ref) {
    const name = $ref.split("/").at(-1) ?? "";
    const found = root.definitions?.[name] ?? root.$defs?.[name];
    return found && found !== schema ? { ...resolve(found, root), ...own } : own;
  }
  if (allOf?.length === 1 && allOf[0]) return { ...resolve(allOf[0], root), ...own };
  const some = anyOf?.filter(({ type }) => type !== "null") ?? [];
  if (some.length === 1 && some[0]) return { ...resolve(some[0], root), ...own };
  return schema;
}

/** The parameters in the order in which the flow declares them. */
export function fields(schema: Schema): [name: string, schema: Schema][] {
  const position = ({ position }: Schema) => position ?? Number.MAX_SAFE_INTEGER;
  return Object.entries(schema.properties ?? {}).sort(([, one], [, other]) => position(one) - position(other));
}

interface FieldProps {
  id: string;
  schema: Schema;
  root: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
}

const FIELD = "field w-full";

function JsonField({ id, value, onChange }: Pick<FieldProps, "id" | "value" | "onChange">) {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const write = (written: string) => {
    setText(written);
    try {
      onChange(written.trim() ? JSON.parse(written) : undefined);
    } catch {
      // not yet JSON: the editor marks it
    }
  };
  return <JsonEditor label={id} value={text} onChange={write} />;
}

function TextField({ id, schema, value, onChange }: FieldProps) {
  const secret = schema.format === "password" || schema.writeOnly;
  const text = typeof value === "string" ? value : "";
  if (schema.format === "date-time") {
    const local = text ? new Date(text) : null;
    const shown = local && !Number.isNaN(local.getTime()) ? new Date(local.getTime() - local.getTimezoneOffset() * 60_000).toISOString().slice(0, 19) : "";
    return <input id={id} type="datetime-local" step={1} className={FIELD} value={shown} onChange={({ target }) => onChange(target.value ? new Date(target.value).toISOString() : undefined)} />;
  }
  if (text.includes("\n")) return <textarea id={id} rows={5} className={FIELD} value={text} onChange={({ target }) => onChange(target.value)} />;
  return <input id={id} type={secret ? "password" : "text"} autoComplete="off" className={FIELD} value={text} onChange={({ target }) => onChange(target.value)} />;
}

function NumberField({ id, schema, value, onChange }: FieldProps) {
  const read = (text: string) => onChange(text === "" ? undefined : Number(text));
  return (
    <input
      id={id}
      type="number"
      step={schema.type === "integer" ? 1 : "any"}
      min={schema.minimum}
      max={schema.maximum}
      className={FIELD}
      value={typeof value === "number" ? value : ""}
      onChange={({ target }) => read(target.value)}
    />
  );
}

function Field(props: FieldProps) {
  const { id, root, value, onChange } = props;
  const schema = resolve(props.schema, root);
  if (schema.enum) {
    return (
      <select id={id} className={FIELD} value={JSON.stringify(value) ?? ""} onChange={({ target }) => onChange(target.value ? JSON.parse(target.value) : undefined)}>
        <option value="">–</option>
        {schema.enum.map((each) => (
          <option key={JSON.stringify(each)} value={JSON.stringify(each)}>
            {String(each)}
          </option>
        ))}
      </select>
    );
  }
  const known = { ...props, schema };
  if (value !== undefined && value !== null && typeof value === "object") {
    if (!schema.properties || Array.isArray(value)) return <JsonField {...props} />;
  }
  switch (schema.type) {
    case "string":
      return <TextField {...known} />;
    case "integer":
    case "number":
      return <NumberField {...known} />;
    case "boolean":
      return (
        <span className="flex h-7 items-center gap-2">
          <input id={id} type="checkbox" checked={value === true} onChange={({ target }) => onChange(target.checked)} />
          <span className="text-sm text-muted">{value === true ? "true" : value === false ? "false" : "not set"}</span>
        </span>
      );
    case "object":
      if (schema.properties) {
        return (
          <fieldset className="rounded border border-line p-2">
            <Fields schema={schema} root={root} values={(value as Values | undefined) ?? {}} onChange={onChange} prefix={id} />
          </fieldset>
        );
      }
  }
  return <JsonField {...props} />;
}

interface FieldsProps {
  schema: Schema;
  root: Schema;
  values: Values;
  onChange: (values: Values) => void;
  prefix: string;
}

function Labelled({ id, schema, required, children }: { id: string; schema: Schema; required: boolean; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {schema.title ?? id.split(".").at(-1)}
        {required && <span className="text-danger"> *</span>}
      </label>
      {children}
      {schema.description && <p className="text-xs text-muted">{schema.description}</p>}
    </div>
  );
}

function Fields({ schema, root, values, onChange, prefix }: FieldsProps) {
  const change = (name: string, value: unknown) => {
    const { [name]: _, ...others } = values;
    void _;
    onChange(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <div className="flex flex-col gap-3">
      {fields(schema).map(([name, field]) => {
        const id = `${prefix}.${name}`;
        return (
          <Labelled key={name} id={id} schema={{ ...field, title: field.title ?? name }} required={schema.required?.includes(name) ?? false}>
            <Field id={id} schema={field} root={root} value={values[name]} onChange={(value) => change(name, value)} />
          </Labelled>
        );
      })}
    </div>
  );
}

interface Props {
  schema: Schema;
  values: Values;
  onChange: (values: Values) => void;
  label: string;
}

/** The values as a form, or as the JSON that the form writes. */
export function SchemaForm({ schema, values, onChange, label }: Props) {
  const isEmpty = !fields(schema).length;
  const [asJson, setAsJson] = useState(isEmpty && Object.keys(values).length > 0);
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center">
        <h3 className="mr-auto text-sm font-semibold">{label}</h3>
        <button type="button" className="button button-quiet h-6 px-1" aria-pressed={asJson} onClick={() => setAsJson(!asJson)}>
          JSON
        </button>
      </div>
      {asJson ? (
        <JsonField id={label} value={values} onChange={(value) => onChange((value as Values | undefined) ?? {})} />
      ) : isEmpty ? (
        <p className="text-sm text-muted">There are none.</p>
      ) : (
        <Fields schema={schema} root={schema} values={values} onChange={onChange} prefix={label} />
      )}
    </div>
  );
}
