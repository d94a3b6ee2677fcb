import { diff } from '@tributary/rules/diff';
import { glossaryOf } from '@tributary/rules/glossary';
import { parse } from '@tributary/rules/parse';
import { describe, expect, it } from 'vitest';
import { riskLanguage } from '../../risk/check-risk.ts';
import { eventInWords } from './event-words.ts';
import { fieldChangesInWords } from './field-words.ts';

const rulesOf = (amount: number, event: object, enabled = true) => {
  const parsed = parse(
    {
      rules: [
        {
          id: 'single',
          enabled,
          conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: amount }] },
          event,
        },
      ],
    },
    riskLanguage,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
};

describe('changes in words', () => {
  it('say money as money, facts by their names and events as verbs, in both languages', () => {
    const reject = { type: 'reject', params: { code: 'risk_single_limit' } };
    const watched = { type: 'reject', params: { code: 'risk_single_limit', shadow: true } };
    const wording = { glossary: glossaryOf(riskLanguage.facts), sayEvent: eventInWords };
    const [change] = diff(rulesOf(2_000_000, reject), rulesOf(123_456, watched, false), wording);
    expect(change?.words.zh).toBe(
      'single 已修改：启用: 启用 → 停用; 条件: 支付金额 > ¥20,000.00 → 支付金额 > ¥1,234.56; 事件: 拒绝（代码 risk_single_limit） → 拒绝（代码 risk_single_limit，仅观察）',
    );
    expect(change?.words.en).toContain('amount > ¥20,000.00 → amount > ¥1,234.56');
    expect(change?.words.en).toContain('reject (code risk_single_limit, only watched)');
  });

  it('tell a held payment from a marked one', () => {
    expect(eventInWords({ type: 'review', params: { hold: true, reason: 'large' } }, 'zh')).toBe(
      '挂起待审（理由 large）',
    );
    expect(eventInWords({ type: 'review', params: {} }, 'en')).toBe('let through, marked for review');
  });

  it('name the fields of other documents', () => {
    const before = { maxAmount: 500, params: { breaker: { openMs: 1000 } }, own: 1 };
    const after = { maxAmount: 120_000, params: { breaker: { openMs: 5000 } }, own: 2 };
    expect(fieldChangesInWords(before, after).map(({ zh }) => zh)).toEqual([
      '最高金额：¥5.00 → ¥1,200.00',
      'own：1 → 2',
      '参数 · 熔断器 · 熔断时长（毫秒）：1000 → 5000',
    ]);
    expect(fieldChangesInWords(before, after)[0]?.en).toBe('most amount: ¥5.00 → ¥1,200.00');
  });
});
