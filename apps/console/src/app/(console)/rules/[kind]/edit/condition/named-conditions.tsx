'use client';

import { Trash2 } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { namedConditions, type RuleDocument, withKey } from '@/rules/document';
import { usesOf } from '@/rules/words';
import { Button } from '@/ui/button';
import { Input } from '@/ui/field';
import type { Language } from '../../vocabulary';
import { ConditionBuilder } from './condition-builder';

/** Conditions with a name, said once and used by several rules. One in use can not be taken away. */
export function NamedConditions({
  document,
  language,
  onChange,
}: {
  document: RuleDocument;
  language: Language;
  onChange: (document: RuleDocument) => void;
}) {
  const t = useTranslations('ruleEditor');
  const [problem, setProblem] = useState<string>();
  const named = namedConditions(document);
  const names = Object.keys(named);
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const name = String(new FormData(form).get('name') ?? '').trim();
    const wrong = !/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/.test(name)
      ? t('badName')
      : names.includes(name)
        ? t('takenName')
        : undefined;
    setProblem(wrong);
    if (wrong) return;
    onChange({ ...document, conditions: { ...named, [name]: { all: [] } } });
    form.reset();
  };
  return (
    <details className="mt-6" open={names.length > 0 ? true : undefined}>
      <summary className="font-medium">{t('namedConditions', { count: names.length })}</summary>
      <p className="mt-1 mb-2 text-xs text-muted">{t('namedHint')}</p>
      <ul className="grid gap-4">
        {names.map((name) => {
          const uses = usesOf(document, name);
          return (
            <li key={name}>
              <p className="mb-1 flex items-center gap-2">
                <span className="font-mono text-xs font-medium">「{name}」</span>
                <span className="text-xs text-muted">{t('uses', { count: uses })}</span>
                <button
                  type="button"
                  disabled={uses > 0}
                  aria-label={t('removeNamed', { name })}
                  title={uses > 0 ? t('stillUsed') : t('removeNamed', { name })}
                  onClick={() => {
                    const rest = withKey(named, name, undefined);
                    onChange(withKey(document, 'conditions', Object.keys(rest).length > 0 ? rest : undefined));
                  }}
                  className="grid size-7 place-items-center rounded-sm text-muted hover:bg-surface disabled:opacity-40"
                >
                  <Trash2 size={14} aria-hidden />
                </button>
              </p>
              <ConditionBuilder
                root={named[name] ?? { all: [] }}
                language={language}
                named={names.filter((one) => one !== name)}
                onChange={(condition) => onChange({ ...document, conditions: { ...named, [name]: condition } })}
              />
            </li>
          );
        })}
      </ul>
      <form onSubmit={add} className="mt-3 flex flex-wrap items-start gap-2">
        <span className="grid">
          <Input name="name" aria-label={t('newNamed')} placeholder="night-hours" className="w-56 font-mono text-xs" />
          {problem ? (
            <span role="alert" className="text-xs text-failed">
              {problem}
            </span>
          ) : null}
        </span>
        <Button type="submit">{t('addNamedCondition')}</Button>
      </form>
    </details>
  );
}
