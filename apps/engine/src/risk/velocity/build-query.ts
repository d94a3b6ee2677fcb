import { createHash } from 'node:crypto';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { Dimension, Measure } from './measure.ts';

/** What a query asks of the payment that is being judged. */
export type VelocitySubject = {
  merchantId: string;
  payer: string | undefined;
  device: string | undefined;
  ip: string | undefined;
  card: string | undefined;
  amount: number;
  currency: string;
  at: Date;
  /** Only payments made before `at` count: for decisions about the past. Else whatever is there now. */
  past: boolean;
};

export type VelocityQuery = { name: string; text: string; values: (subject: VelocitySubject) => unknown[] };

/** At most so many payments are looked at for one dimension, the newest first: counts stop there. */
export const mostRows = { payer: 10_000, device: 10_000, ip: 10_000, card: 10_000, merchant: 200_000 } as const;

const keys: Record<Dimension, string> = {
  payer: 'payer_key = :payer AND merchant_id = :merchantId',
  device: `payer ->> 'deviceId' = :device AND merchant_id = :merchantId`,
  ip: `payer ->> 'ip' = :ip`,
  card: `payer ->> 'cardId' = :card AND merchant_id = :merchantId`,
  merchant: 'merchant_id = :merchantId',
};

const columns: Record<string, string> = {
  status: 'status',
  amount: 'amount',
  currency: 'currency',
  failure_code: 'failure_code',
  payer_key: 'payer_key',
  merchant_id: 'merchant_id',
  device: `payer ->> 'deviceId' AS device`,
  ip: `payer ->> 'ip' AS ip`,
  card: `payer ->> 'cardId' AS card`,
  bin: `payer ->> 'cardBin' AS bin`,
};

/** Behind every payment id. */
const noEnd = 'pay_~';

/**
 * One statement for all measures: each dimension reads one index range, as wide as its widest window, once, and every
 * fact is an aggregate over those rows.
 * @param lastOfPayer also `lastId`: the payer's last payment, however old
 */
export function buildQuery(measures: readonly Measure[], lastOfPayer: boolean): VelocityQuery {
  const parameters: string[] = [];
  const bound = (sql: string) =>
    sql.replace(/(?<!:):(\w+)/g, (_, name: string) => {
      if (!parameters.includes(name)) parameters.push(name);
      return `$${parameters.indexOf(name) + 1}`;
    });
  const dimensions = [...new Set(measures.map(({ dimension }) => dimension))];
  const parts: string[] = [];
  for (const dimension of dimensions) {
    const own = measures.filter((one) => one.dimension === dimension);
    const widest = Math.max(...own.map(({ minutes }) => minutes));
    const results = own.map(
      ({ fact, minutes, sql }) => `${sql(minutes === widest ? 'true' : `id >= :since${minutes}`)} AS "${fact.name}"`,
    );
    const used = Object.entries(columns).filter(([name]) => new RegExp(`\\b${name}\\b`).test(results.join(' ')));
    parts.push(
      `${dimension}_rows AS MATERIALIZED (
        SELECT ${['id', ...used.map(([, sql]) => sql)].join(', ')} FROM payments
        WHERE ${keys[dimension]} AND id >= :since${widest} AND id < :end ORDER BY id DESC LIMIT ${mostRows[dimension]})`,
      `${dimension} AS (SELECT ${results.join(', ')} FROM ${dimension}_rows)`,
    );
  }
  const last = `(SELECT id FROM payments WHERE ${keys.payer} AND id < :end ORDER BY id DESC LIMIT 1) AS "lastId"`;
  const results = [...dimensions.map((dimension) => `${dimension}.*`), ...(lastOfPayer ? [last] : [])];
  const text = bound(
    `${parts.length > 0 ? `WITH ${parts.join(', ')}` : ''} SELECT ${results.join(', ')} ${
      dimensions.length > 0 ? `FROM ${dimensions.join(', ')}` : ''
    }`,
  );
  return {
    name: `velocity-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
    text,
    values: (subject) => parameters.map((name) => parameterOf(name, subject)),
  };
}

function parameterOf(name: string, subject: VelocitySubject): unknown {
  if (name.startsWith('since')) return paymentIdFloor(subject.at.getTime() - Number(name.slice(5)) * 60_000);
  if (name === 'end') return subject.past ? paymentIdFloor(subject.at.getTime()) : noEnd;
  return subject[name as keyof VelocitySubject];
}
