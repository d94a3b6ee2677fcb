'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  changeRule,
  duplicateRule,
  idOf,
  moveRule,
  orderOf,
  paramsOf,
  type RuleDocument,
  removeRule,
} from '@/rules/document';
import { factLabel, inputOf } from '@/rules/facts';
import { columnsOf, type Field, paste, readTable } from '@/rules/grid';
import { sayOperator } from '@/rules/words';
import { Empty } from '@/ui/states';
import { Table, Th } from '@/ui/table';
import type { Language } from '../vocabulary';
import { GridRow } from './grid-row';

type Issue = { path: string; message: string; severity: string };

/** Rules as a decision table: a row each, a column for every comparison that they share, the rest in words. */
export function GridEditor({
  document,
  language,
  issues,
  readOnly,
  onChange,
  onOpen,
}: {
  document: RuleDocument;
  language: Language;
  issues: readonly Issue[];
  readOnly: boolean;
  onChange: (document: RuleDocument) => void;
  onOpen: (id: string) => void;
}) {
  const t = useTranslations('ruleEditor');
  const [problems, setProblems] = useState<string[]>([]);
  const [dragged, setDragged] = useState<number>();
  const [over, setOver] = useState<number>();
  const table = useRef<HTMLDivElement>(null);
  const refocus = useRef<string>(undefined);
  // Columns stay while somebody edits: emptying the only cell of one must not take it from under the cursor.
  const [kept, setKept] = useState(() => columnsOf(document));
  const columns = useMemo(() => {
    const now = columnsOf(document);
    const key = (one: { fact: string; operator: string }) => `${one.fact} ${one.operator}`;
    return [...kept, ...now.filter((one) => !kept.some((old) => key(old) === key(one)))].slice(0, 8);
  }, [document, kept]);
  useEffect(() => setKept((old) => (old.length === columns.length ? old : columns)), [columns]);
  const paramKeys = useMemo(
    () =>
      [...new Set(document.rules.flatMap((rule) => Object.keys(paramsOf(rule))))]
        .filter((key) => key !== 'shadow' && key !== 'hold')
        .slice(0, 4),
    [document],
  );
  const fields = useMemo<Field[]>(() => {
    const typeOf = (key: string) =>
      [...language.params.values()].flat().find((param) => param.key === key)?.type ?? 'string';
    return [
      { kind: 'name' },
      ...columns.map((column) => ({ kind: 'cell', column }) as const),
      ...paramKeys.map((key) => ({ kind: 'param', key, type: typeOf(key) }) as const),
    ];
  }, [columns, paramKeys, language]);
  const order = orderOf(document);
  const hasShadow = [...language.params.values()].flat().some(({ key }) => key === 'shadow');

  // A moved row takes the focus along.
  useEffect(() => {
    if (refocus.current === undefined) return;
    table.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(refocus.current)}"]`)?.focus();
    refocus.current = undefined;
  });

  // Rows are only drawn again when their rule changes, so what they call must stay the same.
  const latest = useRef({ document, onChange, order });
  latest.current = { document, onChange, order };
  const act = useMemo(() => {
    const move = (from: number, to: number) => {
      const { document, onChange, order } = latest.current;
      const rule = document.rules[order[from] ?? -1];
      if (!rule || to < 0 || to >= order.length) return;
      refocus.current = idOf(rule);
      onChange(moveRule(document, from, to));
    };
    return {
      move,
      change: (index: number, rule: RuleDocument['rules'][number]) =>
        latest.current.onChange(changeRule(latest.current.document, index, () => rule)),
      copy: (index: number) => latest.current.onChange(duplicateRule(latest.current.document, index)),
      remove: (index: number) => latest.current.onChange(removeRule(latest.current.document, index)),
    };
  }, []);
  const pasteAt = (place: number, field: number, text: string) => {
    const result = paste(document, { place, field }, fields, readTable(text), language);
    onChange(result.document);
    setProblems(
      result.problems.map((one) => t('badPaste', { row: one.row + 1, column: one.column + 1, text: one.text })),
    );
  };
  if (document.rules.length === 0) return <Empty title={t('noRules')}>{t('noRulesHint')}</Empty>;
  return (
    <div ref={table}>
      {problems.length > 0 ? (
        <ul role="alert" className="mb-2 rounded-md bg-warn-bg px-3 py-2 text-warn">
          {problems.slice(0, 10).map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : null}
      <Table
        wide
        label={t('gridLabel')}
        head={
          <>
            <Th className="w-8">
              <span className="sr-only">{t('order')}</span>
            </Th>
            <Th>{t('rule')}</Th>
            {columns.map(({ fact, operator }) => (
              <Th key={`${fact} ${operator}`} title={`${fact} ${operator}`}>
                {factLabel(fact, language)} {sayOperator(operator, language.locale)}
                {inputOf(language.facts.get(fact)) === 'amount' ? (
                  <span className="font-normal text-subtle"> ({t('yuan')})</span>
                ) : null}
              </Th>
            ))}
            <Th>{t('otherConditions')}</Th>
            <Th>{t('action')}</Th>
            <Th>{t('priority')}</Th>
            {hasShadow ? <Th title={t('shadowHint')}>{t('shadow')}</Th> : null}
            <Th>{t('enabled')}</Th>
            {paramKeys.map((key) => (
              <Th key={key}>{t.has(`params.${key}`) ? t(`params.${key}`) : key}</Th>
            ))}
            <Th>
              <span className="sr-only">{t('act')}</span>
            </Th>
          </>
        }
      >
        {order.map((index, place) => {
          const rule = document.rules[index];
          if (!rule) return null;
          return (
            <GridRow
              key={idOf(rule) || `#${index}`}
              rule={rule}
              index={index}
              place={place}
              columns={columns}
              fields={fields}
              language={language}
              problem={issues.find(({ path }) => path === `/rules/${index}` || path.startsWith(`/rules/${index}/`))}
              readOnly={readOnly}
              hasShadow={hasShadow}
              isOver={over === place && dragged !== place}
              act={act}
              onPaste={pasteAt}
              onOpen={onOpen}
              onDrag={setDragged}
              onOver={setOver}
              onDrop={(to) => {
                if (dragged !== undefined) act.move(dragged, to);
                setDragged(undefined);
                setOver(undefined);
              }}
            />
          );
        })}
      </Table>
      <p className="mt-2 text-xs text-subtle">{t('gridHint')}</p>
    </div>
  );
}
