'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { eventTypeOf, idOf, type JsonObject } from '@/rules/document';
import { factLabel } from '@/rules/facts';
import { cellOf, type Field, fieldText, putText, setCell, setParam } from '@/rules/grid';
import type { Language } from '../vocabulary';
import { useRefused } from './refused';

const look =
  'control h-7 w-full min-w-0 rounded-sm border border-transparent bg-transparent px-1.5 text-fg hover:border-hairline focus:border-edge focus:bg-bg aria-invalid:border-failed';

/** One cell of the decision table. It keeps what can not be read, says so, and leaves the rule as it was. */
export function GridCell({
  rule,
  field,
  language,
  position,
  onChange,
  onPaste,
}: {
  rule: JsonObject;
  field: Field;
  language: Language;
  /** Row and field, counted from 0: where a pasted table begins, and how the keyboard finds its way. */
  position: string;
  onChange: (rule: JsonObject) => void;
  onPaste: (text: string) => void;
}) {
  const t = useTranslations('ruleEditor');
  const codes = useTranslations('failures');
  const saved = fieldText(rule, field, language);
  const [text, setText] = useState(saved ?? '');
  const [seen, setSeen] = useState(saved);
  const [wrong, setWrong] = useState(false);
  if (seen !== saved) {
    setSeen(saved);
    setText(saved ?? '');
    setWrong(false);
  }
  const label =
    field.kind === 'name' ? t('ruleName') : field.kind === 'cell' ? factLabel(field.column.fact, language) : field.key;
  useRefused(wrong, idOf(rule), label, text);
  if (saved === undefined) return <span className="px-1.5 text-xs text-muted">{t('inForm')}</span>;

  if (field.kind === 'cell') {
    const { fact, operator } = field.column;
    const choices = language.choices.get(fact);
    const type = language.facts.get(fact)?.type;
    if (type === 'boolean' || (choices && operator === 'equal')) {
      const options =
        type === 'boolean'
          ? [
              { value: true, label: t('yes') },
              { value: false, label: t('no') },
            ]
          : (choices ?? []);
      const value = cellOf(rule, field.column);
      const known = value === undefined || options.some((one) => one.value === value);
      return (
        <select
          aria-label={label}
          data-cell={position}
          className={`${look} ${value === undefined ? 'text-subtle' : ''}`}
          value={value === undefined ? '' : String(value)}
          onPaste={(event) => paste(event, onPaste)}
          onChange={(event) => {
            const chosen = options.find((one) => String(one.value) === event.target.value);
            onChange(setCell(rule, field.column, chosen?.value));
          }}
        >
          <option value="">—</option>
          {known ? null : <option value={String(value)}>{String(value)}</option>}
          {options.map((one) => (
            <option key={String(one.value)} value={String(one.value)}>
              {one.label}
            </option>
          ))}
        </select>
      );
    }
  }
  const options = field.kind === 'param' ? optionsOf(rule, field.key, language) : undefined;
  if (options && field.kind === 'param') {
    return (
      <select
        aria-label={label}
        data-cell={position}
        className={`${look} max-w-44 ${saved === '' ? 'text-subtle' : ''}`}
        value={saved}
        onPaste={(event) => paste(event, onPaste)}
        onChange={(event) => onChange(setParam(rule, field.key, event.target.value || undefined))}
      >
        <option value="">—</option>
        {saved === '' || options.some((one) => one.value === saved) ? null : <option value={saved}>{saved}</option>}
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {codes.has(one.label) ? codes(one.label) : one.label}
          </option>
        ))}
      </select>
    );
  }
  const commit = () => {
    if (text === saved) return setWrong(false);
    const changed = putText(rule, field, text, language);
    setWrong(changed === undefined);
    if (changed) onChange(changed);
  };
  return (
    <input
      aria-label={label}
      aria-invalid={wrong}
      title={wrong ? t('badCell') : undefined}
      data-cell={position}
      className={look}
      value={text}
      placeholder="—"
      onChange={(event) => setText(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') commit();
        else if (event.key === 'Escape') {
          setText(saved);
          setWrong(false);
        }
      }}
      onPaste={(event) => paste(event, onPaste)}
    />
  );
}

/** The values that a parameter of this rule's action may have; nothing when it is free, or not one of its. */
function optionsOf(rule: JsonObject, key: string, language: Language) {
  const param = language.params.get(eventTypeOf(rule))?.find((one) => one.key === key);
  if (!param) return undefined;
  const choices = language.paramChoices.get(key) ?? param.options.map((one) => ({ value: one, label: one }));
  return choices.length > 0 ? choices : undefined;
}

/** More than one cell on the clipboard is for the table, not for this cell. */
function paste(event: React.ClipboardEvent, onPaste: (text: string) => void): void {
  const text = event.clipboardData.getData('text/plain');
  if (!/[\t\n]/.test(text.trimEnd())) return;
  event.preventDefault();
  onPaste(text);
}
