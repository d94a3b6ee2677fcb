'use client';

import { Plus, X } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { Button } from '@/ui/button';
import { Field, Input, Select, Textarea } from '@/ui/field';
import type { FieldErrors } from './use-accounts';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Form = { [name: string]: Json };

/** The part of JSON Schema that accounts are described in. */
export type Schema = {
  type?: string;
  const?: Json;
  enum?: string[];
  default?: Json;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  propertyNames?: { enum?: string[] };
  /** Says who the account is at the channel: fixed once it is in force. */
  identity?: boolean;
};

type Shared = { errors: FieldErrors; fixed: boolean };

const isPem = (name: string) => /pems?$/i.test(name);
const fieldsOf = (value: Json | undefined): Form =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** A form as an adapter describes its accounts: every kind of field that a schema of ours has. */
export function SchemaFields({
  schema,
  value,
  path,
  onChange,
  ...shared
}: Shared & { schema: Schema; value: Form; path: string; onChange: (value: Form) => void }) {
  const set = (name: string, next: Json | undefined) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined ? rest : { ...rest, [name]: next });
  };
  return (
    <div className="grid gap-3">
      {Object.entries(schema.properties ?? {}).map(([name, property]) => (
        <SchemaField
          key={name}
          name={name}
          schema={property}
          required={schema.required?.includes(name) === true && property.default === undefined}
          value={value[name]}
          path={`${path}.${name}`}
          onChange={(next) => set(name, next)}
          {...shared}
        />
      ))}
    </div>
  );
}

function SchemaField({
  name,
  schema,
  value,
  path,
  required,
  onChange,
  ...shared
}: Shared & {
  name: string;
  schema: Schema;
  value: Json | undefined;
  path: string;
  required: boolean;
  onChange: (value: Json | undefined) => void;
}) {
  const t = useTranslations('accounts');
  const error = shared.errors.find((one) => one.path === path)?.message;
  const label = `${name}${required ? ` ${t('required')}` : ''}${schema.description ? ` · ${schema.description}` : ''}`;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const keep = (next: string) => onChange(next === '' ? undefined : next);
  const own = { errors: shared.errors, fixed: shared.fixed };

  if (schema.const !== undefined) return null;
  if (schema.oneOf) return <OneOf {...{ name, schema, value, path, onChange, label }} {...own} />;
  if (schema.type === 'array') return <Texts {...{ name, value, path, onChange, label }} {...own} />;
  if (schema.type === 'object') {
    const properties =
      schema.properties ??
      Object.fromEntries((schema.propertyNames?.enum ?? []).map((one) => [one, { type: 'string' }]));
    const change = (next: Form) => onChange(Object.keys(next).length === 0 && !required ? undefined : next);
    return (
      <Group label={label}>
        <SchemaFields
          schema={{ ...schema, properties, required: required || value !== undefined ? (schema.required ?? []) : [] }}
          value={fieldsOf(value)}
          path={path}
          onChange={change}
          {...own}
        />
      </Group>
    );
  }
  return (
    <Field label={label} error={error}>
      {(id) =>
        schema.enum ? (
          <Select id={id} value={text || String(schema.default ?? '')} onChange={(event) => keep(event.target.value)}>
            {required || schema.default !== undefined ? null : <option value="">—</option>}
            {schema.enum.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        ) : isPem(name) ? (
          <Pem id={id} value={text} required={required} onChange={keep} />
        ) : (
          <Input
            id={id}
            value={text}
            required={required}
            readOnly={shared.fixed && schema.identity === true}
            placeholder={String(schema.default ?? '')}
            onChange={(event) => keep(event.target.value)}
          />
        )
      }
    </Field>
  );
}

const Pem = ({
  id,
  value,
  required,
  onChange,
}: {
  id?: string;
  value: string;
  required: boolean;
  onChange: (text: string) => void;
}) => (
  <Textarea
    id={id}
    value={value}
    required={required}
    rows={4}
    spellCheck={false}
    autoComplete="off"
    placeholder="-----BEGIN …-----"
    onChange={(event) => onChange(event.target.value)}
  />
);

const Group = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <fieldset className="min-w-0 rounded-md border p-3">
    <legend className="px-1 text-xs text-muted">{label}</legend>
    {children}
  </fieldset>
);

type Many = Shared & {
  name: string;
  value: Json | undefined;
  path: string;
  label: string;
  onChange: (value: Json | undefined) => void;
};

/** One of several shapes, told apart by the value of one field. */
function OneOf({ name, schema, value, path, label, onChange, ...shared }: Many & { schema: Schema }) {
  const form = fieldsOf(value);
  const shapes = schema.oneOf ?? [];
  const [tag = ''] = Object.entries(shapes[0]?.properties ?? {}).find(([, one]) => one.const !== undefined) ?? [];
  const named = (shape: Schema) => String(shape.properties?.[tag]?.const ?? '');
  const chosen = shapes.find((shape) => named(shape) === form[tag]) ?? shapes[0];
  return (
    <Group label={label}>
      <div className="grid gap-3">
        <Field label={`${name}.${tag}`}>
          {(id) => (
            <Select
              id={id}
              value={chosen ? named(chosen) : ''}
              onChange={(event) => onChange({ [tag]: event.target.value })}
            >
              {shapes.map((shape) => (
                <option key={named(shape)}>{named(shape)}</option>
              ))}
            </Select>
          )}
        </Field>
        {chosen ? (
          <SchemaFields
            schema={chosen}
            value={form}
            path={path}
            onChange={(next) => onChange({ [tag]: named(chosen), ...next })}
            {...shared}
          />
        ) : null}
      </div>
    </Group>
  );
}

/** Several texts, one after the other. */
function Texts({ name, value, path, label, onChange, errors }: Many) {
  const t = useTranslations('accounts');
  const items = Array.isArray(value) ? value.map(String) : [''];
  const change = (next: string[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <Group label={label}>
      <div className="grid gap-2">
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: texts have no name but their place
          <div key={index} className="flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <Field
                label={`${name} ${index + 1}`}
                error={errors.find((one) => one.path === `${path}.${index}` || one.path === path)?.message}
              >
                {(id) => <Pem id={id} value={item} required onChange={(text) => change(items.with(index, text))} />}
              </Field>
            </div>
            <Button
              look="quiet"
              aria-label={t('removeItem', { item: `${name} ${index + 1}` })}
              onClick={() => change(items.toSpliced(index, 1))}
            >
              <X size={14} aria-hidden />
            </Button>
          </div>
        ))}
        <Button className="justify-self-start" onClick={() => change([...items, ''])}>
          <Plus size={14} aria-hidden />
          {t('addItem')}
        </Button>
      </div>
    </Group>
  );
}
