'use client';

import { ArrowDown, ArrowUp, Ban, FolderPlus, FolderX, Trash2 } from 'lucide-react';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import {
  addTo,
  changeAt,
  conditionAt,
  hourWindow,
  kindOf,
  moveAt,
  type Path,
  partsOf,
  readHourWindow,
  removeAt,
  toggleNot,
  turnGroup,
  unwrapAt,
  wrapAt,
} from '@/rules/condition';
import { isObject, type Json } from '@/rules/document';
import { firstValue, isHour, operatorsOf } from '@/rules/facts';
import { Select } from '@/ui/field';
import type { Language } from '../../vocabulary';
import { Comparison } from './comparison';

type Props = {
  root: Json;
  language: Language;
  /** Names of the document's named conditions. */
  named: readonly string[];
  onChange: (root: Json) => void;
};

/** Deeper than anybody reads as boxes, and than the engine takes. */
const deepest = 12;

/** Conditions as boxes in boxes: all of, any of, not, comparisons, parts of the day, named conditions. */
export function ConditionBuilder(props: Props) {
  return <Node {...props} path={[]} />;
}

function Node({ root, language, named, onChange, path }: Props & { path: Path }) {
  const t = useTranslations('ruleEditor');
  const condition = conditionAt(root, path);
  const kind = kindOf(condition);
  const hours = [...language.facts.values()].filter(isHour).map(({ name }) => name);
  const window = readHourWindow(condition, new Set(hours));
  if (path.length > deepest * 2 || condition === undefined || (kind === 'other' && path.length > 0))
    return <Unknown condition={condition} />;
  if (window && path.length > 0) {
    const fact = partsOf(condition).flatMap((part) => (isObject(part) ? String(part.fact) : []))[0] ?? 'hour';
    const set = (next: { from: number; to: number }) =>
      next.from !== next.to && onChange(changeAt(root, path, () => hourWindow(fact, next)));
    return (
      <div className="flex flex-wrap items-center gap-2">
        <span>{t('hours')}</span>
        <Hour label={t('hourFrom')} value={window.from} last={23} onChange={(from) => set({ ...window, from })} />
        <span>–</span>
        <Hour label={t('hourTo')} value={window.to} last={24} onChange={(to) => set({ ...window, to })} />
        {window.from > window.to ? <span className="text-xs text-muted">{t('overMidnight')}</span> : null}
      </div>
    );
  }
  if (kind === 'fact' && isObject(condition)) {
    return (
      <Comparison
        condition={condition}
        language={language}
        onChange={(next) => onChange(changeAt(root, path, () => next))}
      />
    );
  }
  if (kind === 'condition' && isObject(condition)) {
    const name = String(condition.condition);
    return (
      <Select
        aria-label={t('namedCondition')}
        className="max-w-72"
        value={name}
        onChange={(event) => onChange(changeAt(root, path, () => ({ ...condition, condition: event.target.value })))}
      >
        {(named.includes(name) ? named : [name, ...named]).map((one) => (
          <option key={one} value={one}>
            「{one}」
          </option>
        ))}
      </Select>
    );
  }
  if (kind === 'not') {
    return (
      <div className="grid min-w-0 flex-1 gap-1.5 rounded-md border border-failed/40 p-2">
        <span className="text-xs font-medium text-failed">{t('not')}</span>
        <Node {...{ root, language, named, onChange }} path={[...path, 'not']} />
      </div>
    );
  }
  if (kind !== 'all' && kind !== 'any') return <Unknown condition={condition} />;
  return <Group {...{ root, language, named, onChange, path, kind, hours }} />;
}

function Group({
  root,
  language,
  named,
  onChange,
  path,
  kind,
  hours,
}: Props & { path: Path; kind: 'all' | 'any'; hours: readonly string[] }) {
  const t = useTranslations('ruleEditor');
  const parts = partsOf(conditionAt(root, path));
  const first = language.facts.values().next().value;
  const add = (part: Json) => onChange(addTo(root, path, part));
  const comparison = (): Json => {
    const operator = operatorsOf(first)[0] ?? 'equal';
    return { fact: first?.name ?? 'amount', operator, value: firstValue(first, operator) };
  };
  const adding = 'rounded-sm px-1.5 py-0.5 text-xs text-primary hover:bg-surface';
  return (
    <fieldset className="min-w-0 flex-1 rounded-md border p-2">
      <legend className="px-1">
        <Select
          aria-label={t('groupKind')}
          className="h-7 w-auto! text-xs font-medium"
          value={kind}
          onChange={(event) => onChange(turnGroup(root, path, event.target.value === 'any' ? 'any' : 'all'))}
        >
          <option value="all">{t('all')}</option>
          <option value="any">{t('any')}</option>
        </Select>
      </legend>
      <ul className="grid gap-2">
        {parts.map((part, index) => {
          const at = [...path, kind, index];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no name but its place
            <li key={index} className="grid gap-1">
              {index > 0 ? (
                <span aria-hidden className="text-xs text-subtle">
                  {t(kind === 'all' ? 'and' : 'or')}
                </span>
              ) : null}
              <div className="flex min-w-0 flex-col gap-1 sm:flex-row sm:items-start sm:gap-2">
                <Node {...{ root, language, named, onChange }} path={at} />
                <div className="flex shrink-0">
                  <Act label={t('up')} off={index === 0} onClick={() => onChange(moveAt(root, at, -1))}>
                    <ArrowUp size={14} aria-hidden />
                  </Act>
                  <Act label={t('down')} off={index === parts.length - 1} onClick={() => onChange(moveAt(root, at, 1))}>
                    <ArrowDown size={14} aria-hidden />
                  </Act>
                  <Act label={t('deny')} pressed={kindOf(part) === 'not'} onClick={() => onChange(toggleNot(root, at))}>
                    <Ban size={14} aria-hidden />
                  </Act>
                  {partsOf(part).length === 1 ? (
                    <Act label={t('unwrap')} onClick={() => onChange(unwrapAt(root, at))}>
                      <FolderX size={14} aria-hidden />
                    </Act>
                  ) : (
                    <Act label={t('wrap')} onClick={() => onChange(wrapAt(root, at, kind === 'all' ? 'any' : 'all'))}>
                      <FolderPlus size={14} aria-hidden />
                    </Act>
                  )}
                  <Act label={t('remove')} onClick={() => onChange(removeAt(root, at))}>
                    <Trash2 size={14} aria-hidden />
                  </Act>
                </div>
              </div>
            </li>
          );
        })}
      </ul>
      {parts.length === 0 ? <p className="py-1 text-xs text-failed">{t('emptyGroup')}</p> : null}
      <p className="mt-2 flex flex-wrap gap-1">
        <button type="button" className={adding} onClick={() => add(comparison())}>
          + {t('addComparison')}
        </button>
        <button
          type="button"
          className={adding}
          onClick={() => add({ [kind === 'all' ? 'any' : 'all']: [comparison()] })}
        >
          + {t('addGroup')}
        </button>
        {hours[0] ? (
          <button
            type="button"
            className={adding}
            onClick={() => add(hourWindow(hours[0] ?? 'hour', { from: 22, to: 6 }))}
          >
            + {t('addHours')}
          </button>
        ) : null}
        {named[0] ? (
          <button type="button" className={adding} onClick={() => add({ condition: named[0] ?? '' })}>
            + {t('addNamed')}
          </button>
        ) : null}
      </p>
    </fieldset>
  );
}

function Hour({
  label,
  value,
  last,
  onChange,
}: {
  label: string;
  value: number;
  last: number;
  onChange: (hour: number) => void;
}) {
  return (
    <Select
      aria-label={label}
      className="w-auto!"
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {Array.from({ length: last + 1 }, (_, hour) => hour).map((hour) => (
        <option key={hour} value={hour}>
          {String(hour).padStart(2, '0')}:00
        </option>
      ))}
    </Select>
  );
}

const Unknown = ({ condition }: { condition: Json | undefined }) => {
  const t = useTranslations('ruleEditor');
  return (
    <p className="min-w-0 flex-1 rounded-md bg-warn-bg px-2 py-1 text-xs text-warn">
      {t('onlyJson')} <code className="break-all">{(JSON.stringify(condition) ?? '').slice(0, 160)}</code>
    </p>
  );
};

function Act({
  label,
  off = false,
  pressed,
  onClick,
  children,
}: {
  label: string;
  off?: boolean;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={off}
      onClick={onClick}
      className={`grid size-7 place-items-center rounded-sm hover:bg-surface hover:text-fg disabled:opacity-30 ${pressed ? 'bg-failed-bg text-failed' : 'text-muted'}`}
    >
      {children}
    </button>
  );
}
