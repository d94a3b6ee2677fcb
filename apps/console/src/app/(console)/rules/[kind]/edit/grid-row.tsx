'use client';

import { Copy, GripVertical, SquarePen, Trash2 } from 'lucide-react';
import { useTranslations } from 'next-intl';
import {
  eventOf,
  eventTypeOf,
  idOf,
  isEnabled,
  type JsonObject,
  paramsOf,
  priorityOf,
  withKey,
} from '@/rules/document';
import { type Column, type Field, restOf, setParam } from '@/rules/grid';
import { sayCondition } from '@/rules/words';
import { Td } from '@/ui/table';
import type { Language } from '../vocabulary';
import { GridCell } from './grid-cell';

type Acts = {
  move: (from: number, to: number) => void;
  change: (index: number, rule: JsonObject) => void;
  copy: (index: number) => void;
  remove: (index: number) => void;
};

/** A rule as a row: moved by its handle or Alt with arrows, edited in its cells, opened in the form for the rest. */
export function GridRow({
  rule,
  index,
  place,
  columns,
  fields,
  language,
  problem,
  readOnly,
  hasShadow,
  isOver,
  act,
  onPaste,
  onOpen,
  onDrag,
  onOver,
  onDrop,
}: {
  rule: JsonObject;
  index: number;
  place: number;
  columns: readonly Column[];
  fields: readonly Field[];
  language: Language;
  problem: { message: string; severity: string } | undefined;
  readOnly: boolean;
  hasShadow: boolean;
  isOver: boolean;
  act: Acts;
  onPaste: (place: number, field: number, text: string) => void;
  onOpen: (id: string) => void;
  onDrag: (place: number | undefined) => void;
  onOver: (place: number | undefined) => void;
  onDrop: (place: number) => void;
}) {
  const t = useTranslations('ruleEditor');
  const rest = restOf(rule, columns);
  const set = (key: string, value: JsonObject[string] | undefined) => act.change(index, withKey(rule, key, value));
  const cell = (field: Field, position: number) => (
    <GridCell
      rule={rule}
      field={field}
      language={language}
      position={`${place}.${position}`}
      onChange={(next) => act.change(index, next)}
      onPaste={(text) => onPaste(place, position, text)}
    />
  );
  const icon = 'grid size-7 place-items-center rounded-sm text-muted hover:bg-surface hover:text-fg';
  return (
    <tr
      data-rule={idOf(rule)}
      className={`border-b ${isOver ? 'border-t-2 border-t-primary' : ''} ${isEnabled(rule) ? '' : 'text-subtle'}`}
      onKeyDown={(event) => {
        if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
        event.preventDefault();
        act.move(place, place + (event.key === 'ArrowUp' ? -1 : 1));
      }}
      onDragOver={(event) => {
        event.preventDefault();
        onOver(place);
      }}
      onDrop={(event) => {
        event.preventDefault();
        onDrop(place);
      }}
    >
      <Td className="w-8 pr-0">
        <button
          type="button"
          draggable={!readOnly}
          disabled={readOnly}
          data-handle={idOf(rule)}
          aria-label={t('handle', { place: place + 1, rule: idOf(rule) })}
          title={t('handleHint')}
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = 'move';
            event.dataTransfer.setData('text/plain', idOf(rule));
            onDrag(place);
          }}
          onDragEnd={() => {
            onDrag(undefined);
            onOver(undefined);
          }}
          className="flex h-7 items-center gap-0.5 rounded-sm text-subtle hover:text-fg"
        >
          <GripVertical size={13} aria-hidden />
          <span className="w-4 text-right text-xs">{place + 1}</span>
        </button>
      </Td>
      <Td className="min-w-56">
        {cell(fields[0] ?? { kind: 'name' }, 0)}
        <span className="block px-1.5 font-mono text-xs text-subtle">{idOf(rule) || '—'}</span>
        {problem ? (
          <span className={`block px-1.5 text-xs ${problem.severity === 'error' ? 'text-failed' : 'text-warn'}`}>
            {problem.message}
          </span>
        ) : null}
      </Td>
      {columns.map((column, i) => (
        <Td key={`${column.fact} ${column.operator}`} className="min-w-24 px-1">
          {cell({ kind: 'cell', column }, i + 1)}
        </Td>
      ))}
      <Td className="min-w-52 max-w-96 text-xs">
        {rest.length === 0 ? (
          <span className="text-subtle">—</span>
        ) : (
          <button type="button" className="rounded-sm text-left hover:underline" onClick={() => onOpen(idOf(rule))}>
            {rest.map((part) => sayCondition(part, language, 1)).join(language.locale === 'zh' ? ' 且 ' : ' and ')}
          </button>
        )}
      </Td>
      <Td className="px-1">
        <EventType rule={rule} language={language} onChange={(next) => act.change(index, next)} />
      </Td>
      <Td className="text-subtle">{priorityOf(rule)}</Td>
      {hasShadow ? (
        <Td>
          <ShadowBox rule={rule} language={language} onChange={(next) => act.change(index, next)} />
        </Td>
      ) : null}
      <Td>
        <input
          type="checkbox"
          aria-label={t('enabledOf', { rule: idOf(rule) })}
          checked={isEnabled(rule)}
          disabled={readOnly}
          onChange={(event) => set('enabled', event.target.checked ? undefined : false)}
        />
      </Td>
      {fields.slice(columns.length + 1).map((field, i) => (
        <Td key={field.kind === 'param' ? field.key : i} className="min-w-24 px-1">
          {cell(field, columns.length + 1 + i)}
        </Td>
      ))}
      <Td className="pl-0">
        <span className="flex">
          <button
            type="button"
            className={icon}
            aria-label={t('openForm')}
            title={t('openForm')}
            onClick={() => onOpen(idOf(rule))}
          >
            <SquarePen size={14} aria-hidden />
          </button>
          <button
            type="button"
            className={icon}
            aria-label={t('copy')}
            title={t('copy')}
            onClick={() => act.copy(index)}
          >
            <Copy size={14} aria-hidden />
          </button>
          <button
            type="button"
            className={icon}
            aria-label={t('removeRule')}
            title={t('removeRule')}
            onClick={() => act.remove(index)}
          >
            <Trash2 size={14} aria-hidden />
          </button>
        </span>
      </Td>
    </tr>
  );
}

/** Whether a rule is only watched: recorded, without doing anything. Actions that do nothing anyway have no such box. */
export function ShadowBox({
  rule,
  language,
  onChange,
}: {
  rule: JsonObject;
  language: Language;
  onChange: (rule: JsonObject) => void;
}) {
  const t = useTranslations('ruleEditor');
  if (!language.params.get(eventTypeOf(rule))?.some(({ key }) => key === 'shadow')) return null;
  return (
    <input
      type="checkbox"
      aria-label={t('shadowOf', { rule: idOf(rule) })}
      checked={paramsOf(rule).shadow === true}
      onChange={(event) => onChange(setParam(rule, 'shadow', event.target.checked ? true : undefined))}
    />
  );
}

/** What the rule does when it fires. Another action starts without the parameters that it does not have. */
export function EventType({
  rule,
  language,
  onChange,
  boxed = false,
}: {
  rule: JsonObject;
  language: Language;
  onChange: (rule: JsonObject) => void;
  boxed?: boolean;
}) {
  const t = useTranslations('ruleEditor');
  const names = useTranslations('rules.events');
  // A held payment waits for a person: an action of its own to people, a flag of `review` in the document.
  const canHold = language.params.get('review')?.some(({ key }) => key === 'hold') ?? false;
  const held = canHold && eventTypeOf(rule) === 'review' && paramsOf(rule).hold === true;
  const type = held ? 'hold' : eventTypeOf(rule);
  const known = language.eventTypes.flatMap((one) => (one === 'review' && canHold ? [one, 'hold'] : [one]));
  const types = known.includes(type) ? known : [type, ...known];
  const choose = (chosen: string) => {
    const next = canHold && chosen === 'hold' ? 'review' : chosen;
    const takes = new Set((language.params.get(next) ?? []).map(({ key }) => key));
    const { params, ...event } = eventOf(rule);
    const kept = [
      ...Object.entries((params ?? {}) as JsonObject).filter(([key]) => takes.has(key) && key !== 'hold'),
      ...(next === chosen ? [] : [['hold', true] as const]),
    ];
    onChange({
      ...rule,
      event: { ...event, type: next, ...(kept.length > 0 ? { params: Object.fromEntries(kept) } : {}) },
    });
  };
  return (
    <select
      aria-label={t('action')}
      value={type}
      onChange={(event) => choose(event.target.value)}
      className={`control min-w-0 rounded-sm border px-1.5 text-fg ${boxed ? 'h-8 w-full rounded-md border-edge bg-bg' : 'h-7 border-transparent bg-transparent hover:border-hairline'}`}
    >
      {types.map((one) => (
        <option key={one} value={one}>
          {names.has(one) ? names(one) : one || '—'}
        </option>
      ))}
    </select>
  );
}
