'use client';

import { Check, X } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { kindOf, operatorParts } from './condition';
import { isObject, type Json, type JsonObject } from './document';
import { factLabel, type Vocabulary } from './facts';
import { sayValue } from './value-text';
import { sayDecorator, sayOperator } from './words';

/** A condition with its outcome, as the engine explains it: every part with what its fact was and what it was held to. */
export function Explanation({ condition, vocabulary }: { condition: Json | undefined; vocabulary: Vocabulary }) {
  return (
    <ul className="grid gap-0.5 text-xs">
      <Part condition={condition} vocabulary={vocabulary} depth={0} />
    </ul>
  );
}

function Part({
  condition,
  vocabulary,
  depth,
}: {
  condition: Json | undefined;
  vocabulary: Vocabulary;
  depth: number;
}) {
  const t = useTranslations('ruleEditor');
  if (!isObject(condition) || depth > 24) return null;
  const kind = kindOf(condition);
  const result = condition.result === true;
  if (kind === 'fact') {
    return (
      <li className="flex items-start gap-1.5">
        <Mark result={result} />
        <Comparison condition={condition} vocabulary={vocabulary} />
      </li>
    );
  }
  const parts =
    kind === 'not' ? [condition.not ?? null] : ((condition[kind === 'any' ? 'any' : 'all'] ?? []) as readonly Json[]);
  return (
    <li>
      <span className="flex items-center gap-1.5">
        <Mark result={result} />
        <span className="text-muted">
          {t(kind === 'not' ? 'not' : kind === 'any' ? 'any' : 'all')}
          {typeof condition.name === 'string' ? ` 「${condition.name}」` : ''}
        </span>
      </span>
      <ul className="mt-0.5 ml-[5px] grid gap-0.5 border-l pl-3">
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no name but its place
          <Part key={index} condition={part} vocabulary={vocabulary} depth={depth + 1} />
        ))}
      </ul>
    </li>
  );
}

/** `支付金额 = ¥1,200.00，要求 > ¥1,000.00` */
function Comparison({ condition, vocabulary }: { condition: JsonObject; vocabulary: Vocabulary }) {
  const t = useTranslations('ruleEditor');
  const { locale } = vocabulary;
  const name = String(condition.fact);
  const { decorators, name: operator } = operatorParts(String(condition.operator ?? ''));
  const wanted = [...decorators.map((one) => sayDecorator(one, locale)), sayOperator(operator, locale)].join(' ');
  const right = isObject(condition.value) ? `${factLabel(String(condition.value.fact), vocabulary)} = ` : '';
  return (
    <span className="min-w-0 break-words">
      {factLabel(name, vocabulary)}{' '}
      <span className="font-medium">
        {condition.factResult === undefined ? t('missing') : sayValue(condition.factResult, name, vocabulary)}
      </span>
      <span className="text-muted">
        {' · '}
        {t('wanted', {
          what: `${wanted} ${right}${sayValue(condition.valueResult ?? condition.value, name, vocabulary)}`,
        })}
      </span>
    </span>
  );
}

function Mark({ result }: { result: boolean }) {
  const t = useTranslations('ruleEditor');
  const Icon = result ? Check : X;
  return (
    <span
      role="img"
      aria-label={t(result ? 'holds' : 'fails')}
      className={`mt-0.5 shrink-0 ${result ? 'text-success' : 'text-failed'}`}
    >
      <Icon size={12} aria-hidden />
    </span>
  );
}
