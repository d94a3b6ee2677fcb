'use client';

import { useTranslations } from 'next-intl';
import { useId } from 'react';
import { operatorName, operatorParts } from '@/rules/condition';
import { isObject, type Json, type JsonObject, withKey } from '@/rules/document';
import { factLabel, firstValue, operatorsOf, refit } from '@/rules/facts';
import { decoratorNames, sayDecorator, sayOperator } from '@/rules/words';
import { Input, Select } from '@/ui/field';
import type { Language } from '../../vocabulary';
import { ValueInput } from './value-input';

/** One comparison: fact, operator, value; what is seldom needed behind "more". */
export function Comparison({
  condition,
  language,
  onChange,
}: {
  condition: JsonObject;
  language: Language;
  onChange: (condition: Json) => void;
}) {
  const t = useTranslations('ruleEditor');
  const name = String(condition.fact);
  const fact = language.facts.get(name);
  const { decorators, name: operator } = operatorParts(String(condition.operator ?? ''));
  const full = operatorName({ decorators, name: operator });
  const reference = isObject(condition.value) ? condition.value : undefined;
  const offered = operatorsOf(decorators.length > 0 || condition.path !== undefined ? undefined : fact);
  const set = (key: string, value: Json | undefined) => onChange(withKey(condition, key, value));

  const chooseFact = (next: string) => {
    const target = language.facts.get(next);
    const fits = operatorsOf(target).includes(full);
    const nextOperator = fits ? full : (operatorsOf(target)[0] ?? 'equal');
    const keeps = fits && fact?.type === target?.type && fact?.unit === target?.unit && !language.choices.has(next);
    onChange({
      ...condition,
      fact: next,
      operator: nextOperator,
      value: keeps ? (condition.value ?? null) : firstValue(target, nextOperator),
    });
  };
  const chooseOperator = (next: string) => {
    const whole = operatorName({ decorators, name: next });
    onChange({
      ...condition,
      operator: whole,
      value: reference ?? refit(condition.value, whole, fact),
    });
  };
  return (
    <div className="grid min-w-0 flex-1 gap-1.5">
      <div className="grid min-w-0 gap-1.5 sm:grid-cols-[minmax(9rem,2fr)_minmax(6rem,1fr)_minmax(9rem,2fr)]">
        <Select aria-label={t('fact')} value={name} onChange={(event) => chooseFact(event.target.value)}>
          {fact ? null : <option value={name}>{name}</option>}
          {[...language.facts.keys()].map((one) => (
            <option key={one} value={one}>
              {factLabel(one, language)}
              {language.locale === 'zh' ? ` · ${one}` : ''}
            </option>
          ))}
        </Select>
        <Select aria-label={t('operator')} value={operator} onChange={(event) => chooseOperator(event.target.value)}>
          {(offered.includes(operator) ? offered : [operator, ...offered]).map((one) => (
            <option key={one} value={one}>
              {sayOperator(one, language.locale)}
            </option>
          ))}
        </Select>
        {reference ? (
          <Select
            aria-label={t('otherFact')}
            value={String(reference.fact)}
            onChange={(event) => set('value', { ...reference, fact: event.target.value })}
          >
            {[...language.facts.values()].map((one) => (
              <option key={one.name} value={one.name}>
                {factLabel(one.name, language)}
              </option>
            ))}
          </Select>
        ) : (
          <ValueInput
            fact={fact}
            operator={full}
            value={condition.value}
            label={t('valueOf', { fact: factLabel(name, language) })}
            language={language}
            onChange={(value) => set('value', value)}
          />
        )}
      </div>
      <More {...{ condition, language, decorators, operator, reference, set }} />
    </div>
  );
}

function More({
  condition,
  language,
  decorators,
  operator,
  reference,
  set,
}: {
  condition: JsonObject;
  language: Language;
  decorators: string[];
  operator: string;
  reference: JsonObject | undefined;
  set: (key: string, value: Json | undefined) => void;
}) {
  const t = useTranslations('ruleEditor');
  const id = useId();
  const fact = language.facts.get(String(condition.fact));
  const used = decorators.length > 0 || reference || condition.path !== undefined || condition.name !== undefined;
  const other = [...language.facts.values()].find(
    (one) => one.name !== condition.fact && one.type === fact?.type && one.unit === fact?.unit,
  );
  return (
    <details open={used ? true : undefined}>
      <summary className="text-xs text-muted">{t('more')}</summary>
      <div className="mt-1 grid gap-2 rounded-md bg-surface p-2 text-xs sm:grid-cols-2">
        <fieldset className="sm:col-span-2">
          <legend className="mb-1 text-muted">{t('decorators')}</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-1">
            {decoratorNames.map((one) => (
              <label key={one} className="flex items-center gap-1.5">
                <input
                  type="checkbox"
                  checked={decorators.includes(one)}
                  onChange={(event) =>
                    set(
                      'operator',
                      operatorName({
                        decorators: event.target.checked ? [...decorators, one] : decorators.filter((d) => d !== one),
                        name: operator,
                      }),
                    )
                  }
                />
                {sayDecorator(one, language.locale)}
              </label>
            ))}
          </div>
        </fieldset>
        <label className="flex items-center gap-1.5 sm:col-span-2">
          <input
            type="checkbox"
            checked={reference !== undefined}
            disabled={!reference && !other}
            onChange={(event) =>
              set(
                'value',
                event.target.checked && other
                  ? { fact: other.name }
                  : firstValue(fact, operatorName({ decorators, name: operator })),
              )
            }
          />
          {t('compareWithFact')}
        </label>
        <label htmlFor={`${id}path`} className="grid gap-1">
          <span className="text-muted">{t('path')}</span>
          <Input
            id={`${id}path`}
            placeholder="$.items[0]"
            value={typeof condition.path === 'string' ? condition.path : ''}
            onChange={(event) => set('path', event.target.value || undefined)}
          />
        </label>
        <label htmlFor={`${id}name`} className="grid gap-1">
          <span className="text-muted">{t('conditionLabel')}</span>
          <Input
            id={`${id}name`}
            maxLength={200}
            value={typeof condition.name === 'string' ? condition.name : ''}
            onChange={(event) => set('name', event.target.value || undefined)}
          />
        </label>
      </div>
    </details>
  );
}
