import type { Language } from '@tributary/rules/language';
import type { RuleEvent } from '@tributary/rules/rule-set';

type Params = Readonly<Record<string, unknown>>;

const verbs: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  reject: { en: 'reject', zh: '拒绝' },
  review: { en: 'let through, marked for review', zh: '放行并标记' },
  hold: { en: 'hold for review', zh: '挂起待审' },
  approve: { en: 'approve', zh: '放行' },
  flag: { en: 'only record', zh: '仅记录' },
  exclude: { en: 'exclude', zh: '排除' },
  prefer: { en: 'prefer', zh: '优先' },
  setPriority: { en: 'set the priority of', zh: '调整优先级' },
};

const names: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  channelId: { en: 'channel', zh: '渠道' },
  accountId: { en: 'account', zh: '账户' },
  priority: { en: 'priority', zh: '优先级' },
  code: { en: 'code', zh: '代码' },
  reason: { en: 'reason', zh: '理由' },
  tag: { en: 'tag', zh: '标签' },
  message: { en: 'message', zh: '提示' },
  messageForMerchant: { en: 'message for the merchant', zh: '给商户的提示' },
  messageForPayer: { en: 'message for the payer', zh: '给付款人的提示' },
};

/** What a rule does when it fires, as people say it: `拒绝（代码 risk_single_limit，仅观察）`. */
export function eventInWords({ type, params }: RuleEvent, language: Language): string {
  const given = (params ?? {}) as Params;
  const verb = verbs[type === 'review' && given.hold === true ? 'hold' : type]?.[language] ?? type;
  const told = Object.entries(given).flatMap(([key, value]) => {
    if (key === 'shadow') return value === true ? [language === 'zh' ? '仅观察' : 'only watched'] : [];
    if (key === 'hold' || value === undefined) return [];
    return [`${names[key]?.[language] ?? key} ${String(value)}`];
  });
  if (told.length === 0) return verb;
  return language === 'zh' ? `${verb}（${told.join('，')}）` : `${verb} (${told.join(', ')})`;
}
