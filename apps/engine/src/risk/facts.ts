import type { FactValues } from '@tributary/rules/define-fact';
import { zonedTime } from '../config/business-time.ts';
import { paymentFacts } from '../config/payment-facts.ts';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import type { PaymentContext } from '../payments/ports.ts';
import { listFacts } from './facts/list-facts.ts';
import { payerFacts } from './facts/payer-facts.ts';
import { velocityFacts } from './facts/velocity-facts.ts';

/** Everything risk rules may speak of. */
export const riskFacts = [...paymentFacts, ...payerFacts, ...listFacts, ...velocityFacts] as const;

export type VelocityName = (typeof velocityFacts)[number]['name'];
export type VelocityValues = Partial<Record<VelocityName, number>>;
export type RiskFactValues = FactValues<typeof riskFacts>;

export const velocityNames: ReadonlySet<string> = new Set(velocityFacts.map(({ name }) => name));

/** The facts of one payment. Velocity counts that nobody asked for are 0 and are never looked at. */
export function riskFactsOf(
  { snapshot, merchant, service, request, at }: PaymentContext,
  velocity: VelocityValues,
): RiskFactValues {
  const { hour, weekday } = zonedTime(at, merchant.timeZone);
  const { payer } = request;
  return {
    amount: request.amount,
    currency: request.currency,
    serviceId: service.id,
    product: service.product,
    merchantId: merchant.id,
    payerId: payer?.id,
    ip: payer?.ip,
    deviceId: payer?.deviceId,
    hour,
    weekday,
    merchantBlocked: isListed(snapshot, 'merchant', merchant.id, at),
    payerBlocked: isListed(snapshot, 'payer', payer?.id, at) || isListed(snapshot, 'payer', payer?.openId, at),
    ipBlocked: isListed(snapshot, 'ip', payer?.ip, at),
    deviceBlocked: isListed(snapshot, 'device', payer?.deviceId, at),
    payerCount10m: velocity.payerCount10m ?? 0,
    payerFailed10m: velocity.payerFailed10m ?? 0,
    payerCount24h: velocity.payerCount24h ?? 0,
    payerAmount24h: velocity.payerAmount24h ?? 0,
    merchantCount1m: velocity.merchantCount1m ?? 0,
    merchantAmount1h: velocity.merchantAmount1h ?? 0,
  };
}

function isListed({ lists }: ConfigSnapshot, list: string, value: string | undefined, at: Date): boolean {
  if (value === undefined) return false;
  const entry = lists.get(list)?.get(value);
  return entry !== undefined && (entry.expiresAt === undefined || entry.expiresAt > at);
}
