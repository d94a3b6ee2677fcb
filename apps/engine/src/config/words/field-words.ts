import { fenInWords } from '@tributary/rules/glossary';
import { canonicalJson } from '../content-hash.ts';

/** A sentence in both languages. */
export type Words = { en: string; zh: string };

const kinds: Readonly<Record<string, Words>> = {
  service: { en: 'service', zh: '服务' },
  channel: { en: 'channel', zh: '渠道' },
  limit: { en: 'limit', zh: '限额' },
  list: { en: 'list', zh: '名单' },
  response_codes: { en: 'response codes of', zh: '应答码映射' },
  risk: { en: 'risk rules', zh: '风控规则' },
  routing: { en: 'routing rules', zh: '路由规则' },
};

export const kindInWords = (kind: string): Words => kinds[kind] ?? { en: kind, zh: kind };

/** Names of fields, as the console's forms have them. A path is said part by part. */
const fields: Readonly<Record<string, Words>> = {
  name: { en: 'name', zh: '名称' },
  enabled: { en: 'in use', zh: '启用' },
  description: { en: 'description', zh: '说明' },
  product: { en: 'product', zh: '产品' },
  channelIds: { en: 'channels', zh: '渠道' },
  merchantIds: { en: 'merchants', zh: '商户' },
  serviceIds: { en: 'services', zh: '服务' },
  accountIds: { en: 'accounts', zh: '渠道账户' },
  steps: { en: 'steps', zh: '处理步骤' },
  currencies: { en: 'currencies', zh: '币种' },
  currency: { en: 'currency', zh: '币种' },
  minAmount: { en: 'least amount', zh: '最低金额' },
  maxAmount: { en: 'most amount', zh: '最高金额' },
  maxCount: { en: 'most payments', zh: '最多笔数' },
  period: { en: 'period', zh: '周期' },
  scope: { en: 'counted by', zh: '计数维度' },
  match: { en: 'applies to', zh: '适用范围' },
  mode: { en: 'mode', zh: '模式' },
  timeZone: { en: 'time zone', zh: '时区' },
  warnAtPercent: { en: 'warn at (%)', zh: '预警比例（%）' },
  releaseOnRefund: { en: 'refunds stop counting', zh: '退款释放额度' },
  reject: { en: 'refusal', zh: '拒绝' },
  code: { en: 'code', zh: '代码' },
  messageForMerchant: { en: 'message for the merchant', zh: '给商户的提示' },
  messageForPayer: { en: 'message for the payer', zh: '给付款人的提示' },
  expiresInSeconds: { en: 'expires after (s)', zh: '有效期（秒）' },
  placeTimeoutMs: { en: 'time to place (ms)', zh: '下单超时（毫秒）' },
  factTimeoutMs: { en: 'time for facts (ms)', zh: '取数超时（毫秒）' },
  onFactFailure: { en: 'when facts are missing', zh: '取数失败时' },
  syncSchedule: { en: 'look-ups', zh: '查询节奏' },
  firstSeconds: { en: 'first after (s)', zh: '首次（秒）' },
  backoff: { en: 'afterwards', zh: '之后' },
  baseSeconds: { en: 'from (s)', zh: '起始（秒）' },
  maxSeconds: { en: 'up to (s)', zh: '上限（秒）' },
  adapter: { en: 'adapter', zh: '适配器' },
  priority: { en: 'priority', zh: '优先级' },
  feeBps: { en: 'fee (1/100 %)', zh: '费率（万分之一）' },
  params: { en: 'parameters', zh: '参数' },
  callbacks: { en: 'callbacks', zh: '回调' },
  deadlineMs: { en: 'deadline (ms)', zh: '时限（毫秒）' },
  maxConcurrent: { en: 'calls at once', zh: '并发上限' },
  maxQueue: { en: 'queue', zh: '排队上限' },
  queueTimeoutMs: { en: 'longest wait (ms)', zh: '排队超时（毫秒）' },
  deadlinesMs: { en: 'deadlines (ms)', zh: '调用时限（毫秒）' },
  breaker: { en: 'circuit breaker', zh: '熔断器' },
  windowKind: { en: 'window', zh: '窗口类型' },
  windowSize: { en: 'window size', zh: '窗口大小' },
  minimumCalls: { en: 'fewest calls', zh: '最少调用数' },
  failureRateThreshold: { en: 'opens at failures (%)', zh: '失败率阈值（%）' },
  slowCallMs: { en: 'slow from (ms)', zh: '慢调用（毫秒）' },
  slowRateThreshold: { en: 'opens at slow calls (%)', zh: '慢调用比例阈值（%）' },
  openMs: { en: 'rest (ms)', zh: '熔断时长（毫秒）' },
  halfOpenProbes: { en: 'probes', zh: '探测次数' },
  subject: { en: 'subject', zh: '对象' },
  effect: { en: 'effect', zh: '作用' },
  overrides: { en: 'overrides', zh: '覆盖' },
};

const isMoney = (path: string): boolean => /(^|\.)(minAmount|maxAmount)$/.test(path);

/** The leaves in which two documents differ, in words, with money as money; lists are compared whole. */
export function fieldChangesInWords(before: unknown, after: unknown): Words[] {
  return differing(before, after).map(([path, from, to]) => {
    const say = (language: keyof Words) => `${pathInWords(path, language)}: ${shown(from, path)} → ${shown(to, path)}`;
    return { en: say('en'), zh: say('zh').replace(': ', '：') };
  });
}

function differing(before: unknown, after: unknown, path = ''): [string, unknown, unknown][] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(before) || !isObject(after)) return [[path, before, after]];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((key) => differing(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

function pathInWords(path: string, language: keyof Words): string {
  if (path === '') return language === 'zh' ? '全部' : 'all of it';
  return path
    .split('.')
    .map((part) => (Object.hasOwn(fields, part) ? fields[part]?.[language] : part))
    .join(language === 'zh' ? ' · ' : ', ');
}

function shown(value: unknown, path: string): string {
  if (value === undefined) return '-';
  if (isMoney(path) && typeof value === 'number' && Number.isSafeInteger(value)) return fenInWords(value);
  return (typeof value === 'string' ? value : canonicalJson(value)).slice(0, 200);
}
