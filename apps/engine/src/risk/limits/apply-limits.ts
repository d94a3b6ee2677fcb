import { failureCodes } from '@tributary/contracts/error-code';
import { isRouteLimit, type LimitDocument, type LimitScope } from '@tributary/contracts/limit';
import ipaddr from 'ipaddr.js';
import { windowStart } from '../../config/business-time.ts';
import type { LimitHold, PaymentContext, Refusal, Route, RouteLimits, ShadowHit } from '../../payments/ports.ts';
import { limitsAbout } from './limit-index.ts';

/** Whose midnight counts for a limit that is not by merchant and names no zone: one window for all merchants. */
export const houseTimeZone = 'Asia/Shanghai';

/** What limits say of a payment before any counter is looked at. */
export type AppliedLimits = {
  /** The single-payment limit that refuses it. */
  refusedBy: LimitDocument | undefined;
  shadow: ShadowHit[];
  /** Counters to raise if it goes on. */
  holds: LimitHold[];
  limitsOfRoute: (route: Route) => RouteLimits;
};

/**
 * Which limits a payment has to keep, by document alone: what one payment may be is decided here, what adds up becomes
 * counters for the payment's transaction. Limits over channels or accounts wait for a route. Pure.
 */
export function applyLimits(context: PaymentContext): AppliedLimits {
  const limits = limitsAbout(context.snapshot.limits, context.merchant.id).filter((limit) => isAbout(limit, context));
  const ofRoutes = limits.filter(isRouteLimit);
  const whole = apply(
    limits.filter((limit) => !isRouteLimit(limit)),
    context,
    undefined,
  );
  return {
    ...whole,
    limitsOfRoute: (route) => {
      const { refusedBy, holds, shadow } = apply(
        ofRoutes.filter(
          ({ match }) => includes(match.channelIds, route.channelId) && includes(match.accountIds, route.accountId),
        ),
        context,
        route,
      );
      return { holds, shadow, ...(refusedBy ? { refusedBy: refusedBy.id } : {}) };
    },
  };
}

const includes = (list: readonly string[] | undefined, id: string): boolean => list?.includes(id) ?? true;

const isAbout = ({ currency, match }: LimitDocument, { request, merchant, service }: PaymentContext): boolean =>
  currency === request.currency && includes(match.merchantIds, merchant.id) && includes(match.serviceIds, service.id);

function apply(limits: readonly LimitDocument[], context: PaymentContext, route: Route | undefined) {
  const applied: Omit<AppliedLimits, 'limitsOfRoute'> = { refusedBy: undefined, shadow: [], holds: [] };
  for (const limit of limits) {
    if (limit.period !== 'payment') {
      const hold = holdOf(limit, context, route);
      if (hold) applied.holds.push(hold);
      continue;
    }
    const { amount } = context.request;
    if (amount >= (limit.minAmount ?? 0) && amount <= (limit.maxAmount ?? amount)) continue;
    if (limit.mode === 'enforce') applied.refusedBy ??= limit;
    else {
      applied.shadow.push({
        kind: 'limit',
        id: limit.id,
        name: limit.name,
        ...(route ? { route } : {}),
        amount,
        minAmount: limit.minAmount,
        maxAmount: limit.maxAmount,
      });
    }
  }
  return applied;
}

/** The counter of a limit; none when the payment lacks something that the limit counts by (no payer was given). */
function holdOf(limit: LimitDocument, context: PaymentContext, route: Route | undefined): LimitHold | undefined {
  if (limit.period === 'payment') return undefined;
  // The period and currency are part of the counter: a document that changes either starts counting anew.
  let scopeKey = `${limit.period}.${limit.currency}`;
  for (const dimension of limit.scope) {
    const value = readDimension(dimension, context, route);
    if (value === undefined) return undefined;
    // Encoded: what a merchant sends as a payer must not read as another counter's key.
    scopeKey += `|${dimension}=${encodeURIComponent(value)}`;
  }
  const zone = limit.timeZone ?? (limit.scope.includes('merchant') ? context.merchant.timeZone : houseTimeZone);
  return {
    limitId: limit.id,
    name: limit.name,
    scopeKey,
    windowStart: windowStart(context.at, zone, limit.period),
    maxAmount: limit.maxAmount === undefined ? undefined : BigInt(limit.maxAmount),
    maxCount: limit.maxCount,
    ...(limit.mode === 'shadow' ? { shadow: true as const } : {}),
    ...(limit.releaseOnRefund ? { releaseOnRefund: true as const } : {}),
    refusal: refusalOf(limit),
  };
}

/** What a payment that a limit refuses is told. */
export function refusalOf({ period, reject }: LimitDocument): Refusal {
  const code = reject.code ?? (period === 'payment' ? 'risk_single_limit' : 'risk_daily_limit');
  return {
    code,
    message: reject.messageForMerchant ?? failureCodes[code].title,
    ...(reject.messageForPayer === undefined ? {} : { payerMessage: reject.messageForPayer }),
  };
}

function readDimension(
  dimension: LimitScope,
  { merchant, service, request: { payer } }: PaymentContext,
  route: Route | undefined,
): string | undefined {
  switch (dimension) {
    case 'merchant':
      return merchant.id;
    case 'service':
      return service.id;
    case 'channel':
      return route?.channelId;
    case 'account':
      return route?.accountId;
    case 'payer':
      return payer?.id ?? payer?.openId;
    case 'device':
      return payer?.deviceId;
    case 'ip':
      // One spelling for one address, or its other spellings would each have a counter of their own.
      return payer?.ip === undefined ? undefined : ipaddr.process(payer.ip).toString();
    case 'cardBin':
      return payer?.cardBin;
    case 'card':
      return payer?.cardId;
    case 'bank':
      return payer?.bank;
    default:
      return dimension satisfies never;
  }
}

/** The parts of a counter's key: `day.CNY|merchant=mch_1|payer=p%7C1` → `{ merchant: 'mch_1', payer: 'p|1' }`. */
export function readScopeKey(scopeKey: string): Partial<Record<LimitScope, string>> {
  const [, ...parts] = scopeKey.split('|');
  return Object.fromEntries(
    parts.flatMap((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [] : [[part.slice(0, at), decodeURIComponent(part.slice(at + 1))]];
    }),
  );
}
