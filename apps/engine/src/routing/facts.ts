import type { FactValues } from '@tributary/rules/define-fact';
import { zonedTime } from '../config/business-time.ts';
import { paymentFacts } from '../config/payment-facts.ts';
import type { PaymentContext } from '../payments/ports.ts';

/** Everything routing rules may speak of. */
export const routingFacts = paymentFacts;

export type RoutingFactValues = FactValues<typeof routingFacts>;

export function routingFactsOf({ merchant, service, request, at }: PaymentContext): RoutingFactValues {
  const { hour, weekday } = zonedTime(at, merchant.timeZone);
  return {
    amount: request.amount,
    currency: request.currency,
    serviceId: service.id,
    product: service.product,
    merchantId: merchant.id,
    payerId: request.payer?.id,
    cardBin: request.payer?.cardBin,
    bank: request.payer?.bank?.toUpperCase(),
    hour,
    weekday,
  };
}
