'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Json } from '@/rules/document';
import { type Choice, type Fact, inputOf, takesList } from '@/rules/facts';
import { parseValue, sayValue, valueText } from '@/rules/value-text';
import { Input, Select } from '@/ui/field';
import type { Language } from '../../vocabulary';
import { useRefused } from '../refused';

type Props = {
  fact: Fact | undefined;
  operator: string;
  value: Json | undefined;
  label: string;
  language: Language;
  onChange: (value: Json) => void;
};

/** The input that a fact's type asks for: yes or no, names to choose from, yuan, numbers, text. */
export function ValueInput({ fact, operator, value, label, language, onChange }: Props) {
  const t = useTranslations('ruleEditor');
  const choices = fact ? language.choices.get(fact.name) : undefined;
  if (fact && inputOf(fact) === 'boolean' && !takesList(operator)) {
    return (
      <Select aria-label={label} value={String(value)} onChange={(event) => onChange(event.target.value === 'true')}>
        <option value="true">{t('yes')}</option>
        <option value="false">{t('no')}</option>
      </Select>
    );
  }
  if (choices && takesList(operator) && (value === undefined || Array.isArray(value))) {
    return (
      <ManyOf
        choices={choices}
        values={(value as readonly Json[] | undefined) ?? []}
        label={label}
        language={language}
        name={fact?.name ?? ''}
        onChange={onChange}
      />
    );
  }
  if (choices && (operator === 'equal' || operator === 'notEqual') && typeof value !== 'object') {
    const known = choices.some((one) => one.value === value);
    return (
      <Select
        aria-label={label}
        value={known ? String(value) : ''}
        onChange={(event) => {
          const chosen = choices.find((one) => String(one.value) === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {known ? null : <option value="">{value === undefined || value === '' ? t('choose') : String(value)}</option>}
        {choices.map((one) => (
          <option key={one.value} value={String(one.value)}>
            {one.label}
          </option>
        ))}
      </Select>
    );
  }
  return <TextValue {...{ fact, operator, value, label, language, onChange }} />;
}

/** A value typed as text; what can not be one stays in the box and is said, and the rule keeps its old value. */
function TextValue({ fact, operator, value, label, onChange }: Props) {
  const t = useTranslations('ruleEditor');
  const saved = valueText(value, fact) ?? '';
  const [text, setText] = useState(saved);
  const [seen, setSeen] = useState(saved);
  const [problem, setProblem] = useState<string>();
  if (seen !== saved) {
    // Changed from outside: undone, or edited elsewhere.
    setSeen(saved);
    setText(saved);
    setProblem(undefined);
  }
  useRefused(problem !== undefined, undefined, label, text);
  const commit = () => {
    const parsed = parseValue(text, fact, operator);
    if (!parsed.ok) return setProblem(t(`bad.${parsed.problem}`));
    setProblem(undefined);
    if (text !== saved) onChange(parsed.value);
  };
  const input = inputOf(fact);
  const unit = input === 'amount' ? t('yuan') : fact?.unit && input === 'number' ? fact.unit : undefined;
  return (
    <span className="grid min-w-0 flex-1">
      <span className="flex min-w-0 items-center gap-1.5">
        <Input
          aria-label={label}
          aria-invalid={problem !== undefined}
          value={text}
          inputMode={input === 'amount' ? 'decimal' : input === 'number' ? 'numeric' : 'text'}
          placeholder={takesList(operator) ? t('listHint') : ''}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === 'Enter') commit();
            else if (event.key === 'Escape') {
              setText(saved);
              setProblem(undefined);
            }
          }}
        />
        {unit ? <span className="shrink-0 text-xs text-muted">{unit}</span> : null}
      </span>
      {problem ? (
        <span role="alert" className="text-xs text-failed">
          {problem}
        </span>
      ) : null}
    </span>
  );
}

function ManyOf({
  choices,
  values,
  label,
  language,
  name,
  onChange,
}: {
  choices: readonly Choice[];
  values: readonly Json[];
  label: string;
  language: Language;
  name: string;
  onChange: (values: Json) => void;
}) {
  const t = useTranslations('ruleEditor');
  const strangers = values.filter((value) => !choices.some((one) => one.value === value));
  const toggle = (value: Json, on: boolean) =>
    onChange(on ? [...values, value] : values.filter((one) => one !== value));
  return (
    <details className="group min-w-0 flex-1 rounded-md border border-edge">
      <summary className="control flex h-7.5 w-full items-center px-2 text-fg" aria-label={label}>
        <span className="truncate">{values.length > 0 ? sayValue(values, name, language) : t('choose')}</span>
      </summary>
      <ul className="max-h-56 overflow-auto border-t p-1.5">
        {[...choices, ...strangers.map((value) => ({ value, label: String(value) }))].map((one) => (
          <li key={String(one.value)}>
            <label className="flex items-center gap-2 rounded-sm px-1 py-0.5 hover:bg-surface">
              <input
                type="checkbox"
                checked={values.includes(one.value)}
                onChange={(event) => toggle(one.value, event.target.checked)}
              />
              {one.label}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
