import { windowStart } from '../config/business-time.ts';
import type { LimitConfig } from '../config/snapshot.ts';
import type { LimitHold, PaymentContext } from '../payments/ports.ts';

/**
 * The counters that a payment raises: one for each limit that fits it. A limit over a dimension that the payment does
 * not have (no payer given) does not apply. The window is cut in the merchant's time zone.
 */
export function holdsOf({ snapshot, merchant, service, request, at }: PaymentContext): LimitHold[] {
  const dimensions: Record<LimitConfig['scope'][number], string | undefined> = {
    merchant: merchant.id,
    service: service.id,
    payer: request.payer?.id ?? request.payer?.openId,
    ip: request.payer?.ip,
    device: request.payer?.deviceId,
  };
  const holds: LimitHold[] = [];
  for (const limit of snapshot.limits) {
    if (limit.currency !== request.currency) continue;
    if (limit.match.merchantId !== undefined && limit.match.merchantId !== merchant.id) continue;
    if (limit.match.serviceId !== undefined && limit.match.serviceId !== service.id) continue;
    const parts = limit.scope.map((dimension) => [dimension, dimensions[dimension]] as const);
    if (parts.some(([, value]) => value === undefined)) continue;
    holds.push({
      limitId: limit.id,
      name: limit.name,
      scopeKey: parts.length === 0 ? 'all' : parts.map(([dimension, value]) => `${dimension}=${value}`).join('|'),
      windowStart: windowStart(at, merchant.timeZone, limit.period),
      maxAmount: limit.maxAmount,
      maxCount: limit.maxCount,
    });
  }
  return holds;
}
