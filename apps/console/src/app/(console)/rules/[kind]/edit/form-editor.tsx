'use client';

import { useTranslations } from 'next-intl';
import {
  changeRule,
  idOf,
  isEnabled,
  type JsonObject,
  namedConditions,
  nameOf,
  orderOf,
  paramsOf,
  priorityOf,
  type RuleDocument,
  withKey,
} from '@/rules/document';
import type { Param } from '@/rules/event-params';
import { setParam } from '@/rules/grid';
import { sayCondition } from '@/rules/words';
import { Field, Input, Select } from '@/ui/field';
import { Empty } from '@/ui/states';
import type { Language } from '../vocabulary';
import { ConditionBuilder } from './condition/condition-builder';
import { NamedConditions } from './condition/named-conditions';
import { EventType, ShadowBox } from './grid-row';

type Issue = { path: string; message: string; severity: string };

/** One rule at a time: who it is, when it fires, what it does. The list beside it is the order of evaluation. */
export function FormEditor({
  document,
  language,
  issues,
  row,
  readOnly,
  onRow,
  onChange,
}: {
  document: RuleDocument;
  language: Language;
  issues: readonly Issue[];
  row: string | null;
  readOnly: boolean;
  onRow: (id: string) => void;
  onChange: (document: RuleDocument) => void;
}) {
  const t = useTranslations('ruleEditor');
  const order = orderOf(document);
  const index = order.find((one) => idOf(document.rules[one] ?? {}) === row) ?? order[0];
  const rule = index === undefined ? undefined : document.rules[index];
  const problemsOf = (at: number) =>
    issues.filter(({ path }) => path === `/rules/${at}` || path.startsWith(`/rules/${at}/`));
  return (
    <fieldset disabled={readOnly} className="grid min-w-0 gap-4 md:grid-cols-[15rem_minmax(0,1fr)]">
      <legend className="sr-only">{t('modes.form')}</legend>
      <ol className="max-h-48 overflow-auto rounded-md border md:max-h-[70vh]" aria-label={t('rulesInOrder')}>
        {order.map((at, place) => {
          const one = document.rules[at] ?? {};
          const problem = problemsOf(at)[0];
          return (
            <li key={idOf(one) || `#${at}`} className="border-b last:border-b-0">
              <button
                type="button"
                aria-current={at === index ? 'true' : undefined}
                onClick={() => onRow(idOf(one))}
                className={`flex w-full gap-2 px-2 py-1.5 text-left ${at === index ? 'bg-processing-bg text-processing' : 'hover:bg-surface'}`}
              >
                <span className="w-5 shrink-0 text-right text-xs text-subtle">{place + 1}</span>
                <span className="min-w-0">
                  <span className={`block truncate ${isEnabled(one) ? '' : 'line-through'}`}>{nameOf(one)}</span>
                  {problem ? (
                    <span
                      className={`block truncate text-xs ${problem.severity === 'error' ? 'text-failed' : 'text-warn'}`}
                    >
                      {problem.message}
                    </span>
                  ) : null}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      <div className="min-w-0">
        {rule && index !== undefined ? (
          <RuleForm
            key={index}
            rule={rule}
            document={document}
            language={language}
            onChange={(next) => {
              onChange(changeRule(document, index, () => next));
              if (idOf(next) !== idOf(rule)) onRow(idOf(next));
            }}
          />
        ) : (
          <Empty title={t('noRules')}>{t('noRulesHint')}</Empty>
        )}
        <NamedConditions document={document} language={language} onChange={onChange} />
      </div>
    </fieldset>
  );
}

function RuleForm({
  rule,
  document,
  language,
  onChange,
}: {
  rule: JsonObject;
  document: RuleDocument;
  language: Language;
  onChange: (rule: JsonObject) => void;
}) {
  const t = useTranslations('ruleEditor');
  const set = (key: string, value: JsonObject[string] | undefined) => onChange(withKey(rule, key, value));
  return (
    <>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-[3fr_2fr_1fr_auto]">
        <Field label={t('ruleName')}>
          {(id) => (
            <Input
              id={id}
              value={typeof rule.name === 'string' ? rule.name : ''}
              maxLength={200}
              onChange={(event) => set('name', event.target.value || undefined)}
            />
          )}
        </Field>
        <Field label="ID">
          {(id) => (
            <Input
              id={id}
              className="font-mono text-xs"
              defaultValue={idOf(rule)}
              key={idOf(rule)}
              maxLength={64}
              onBlur={(event) => event.target.value !== idOf(rule) && set('id', event.target.value.trim())}
            />
          )}
        </Field>
        <Field label={t('priority')}>
          {(id) => (
            <Input
              id={id}
              type="number"
              min={1}
              max={1_000_000}
              value={priorityOf(rule)}
              onChange={(event) => set('priority', Math.max(1, Math.trunc(Number(event.target.value)) || 1))}
            />
          )}
        </Field>
        <label className="flex items-center gap-2 self-end pb-1.5">
          <input
            type="checkbox"
            checked={isEnabled(rule)}
            onChange={(event) => set('enabled', event.target.checked ? undefined : false)}
          />
          {t('enabled')}
        </label>
      </div>
      <h3 className="mt-4 mb-1 font-medium">{t('when')}</h3>
      <ConditionBuilder
        root={rule.conditions ?? { all: [] }}
        language={language}
        named={Object.keys(namedConditions(document))}
        onChange={(conditions) => set('conditions', conditions)}
      />
      <p className="mt-1 text-xs text-muted">{sayCondition(rule.conditions, language)}</p>
      <h3 className="mt-4 mb-1 font-medium">{t('then')}</h3>
      <div className="grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-4">
        <Field label={t('action')}>
          {() => <EventType rule={rule} language={language} onChange={onChange} boxed />}
        </Field>
        <Params rule={rule} language={language} onChange={onChange} />
      </div>
    </>
  );
}

function Params({
  rule,
  language,
  onChange,
}: {
  rule: JsonObject;
  language: Language;
  onChange: (rule: JsonObject) => void;
}) {
  const t = useTranslations('ruleEditor');
  const known =
    language.params.get(typeof rule.event === 'object' ? String((rule.event as JsonObject).type) : '') ?? [];
  const shadow = known.some(({ key }) => key === 'shadow');
  return (
    <>
      {shadow ? (
        <span className="flex items-center gap-2 pb-1.5" title={t('shadowHint')}>
          <ShadowBox rule={rule} language={language} onChange={onChange} />
          {t('shadow')}
        </span>
      ) : null}
      {known
        // Holding is an action of its own in the list of actions.
        .filter(({ key }) => key !== 'shadow' && key !== 'hold')
        .map((param) => (
          <ParamInput key={param.key} param={param} rule={rule} language={language} onChange={onChange} />
        ))}
    </>
  );
}

function ParamInput({
  param: { key, type, options, required },
  rule,
  language,
  onChange,
}: {
  param: Param;
  rule: JsonObject;
  language: Language;
  onChange: (rule: JsonObject) => void;
}) {
  const t = useTranslations('ruleEditor');
  const codes = useTranslations('failures');
  const params = paramsOf(rule);
  const value = params[key];
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const choices =
    language.paramChoices.get(key) ??
    options.map((one) => ({ value: one, label: codes.has(one) ? `${codes(one)} (${one})` : one }));
  if (type === 'boolean') {
    return (
      <label className="flex items-center gap-2 pb-1.5">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(setParam(rule, key, event.target.checked ? true : undefined))}
        />
        {t.has(`params.${key}`) ? t(`params.${key}`) : key}
      </label>
    );
  }
  const label = (t.has(`params.${key}`) ? t(`params.${key}`) : key) + (required ? ' *' : '');
  return (
    <Field label={label}>
      {(id) =>
        choices.length > 0 ? (
          <Select
            id={id}
            value={text}
            onChange={(event) => onChange(setParam(rule, key, event.target.value || undefined))}
          >
            <option value="">—</option>
            {choices.some((one) => one.value === text) || text === '' ? null : <option value={text}>{text}</option>}
            {choices.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </Select>
        ) : (
          <Input
            id={id}
            value={text}
            inputMode={type === 'integer' ? 'numeric' : 'text'}
            onChange={(event) => {
              const typed = event.target.value;
              if (type !== 'integer') onChange(setParam(rule, key, typed || undefined));
              else if (/^\d{0,15}$/.test(typed)) onChange(setParam(rule, key, typed ? Number(typed) : undefined));
            }}
          />
        )
      }
    </Field>
  );
}
