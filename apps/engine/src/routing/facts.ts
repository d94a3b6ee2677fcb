import { defineFact, type FactValues } from '@tributary/rules/define-fact';
import { zonedTime } from '../config/business-time.ts';
import { paymentFacts } from '../config/payment-facts.ts';
import type { PaymentContext } from '../payments/ports.ts';

/** Everything routing rules may speak of. */
export const routingFacts = [
  ...paymentFacts,
  defineFact({
    name: 'authCodePrefix',
    type: 'string',
    description:
      "The first two digits of the payer's code, which tell whose it is: 10–15 WeChat Pay, 25–30 Alipay, 62 UnionPay.",
    descriptionZh: '付款码前两位（10–15 微信，25–30 支付宝，62 银联）',
    optional: true,
    example: '28',
  }),
] as const;

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
    authCodePrefix: request.payer?.authCode?.slice(0, 2),
  };
}
