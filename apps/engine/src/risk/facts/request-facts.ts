import { defineFact, type FactValues } from '@tributary/rules/define-fact';
import { zonedTime } from '../../config/business-time.ts';
import { paymentFacts } from '../../config/payment-facts.ts';
import type { PaymentContext } from '../../payments/ports.ts';

/** What the request says of the payer and the time, beyond what routing rules see as well. */
const ownFacts = [
  defineFact({
    name: 'ip',
    type: 'string',
    description: "The payer's IP address.",
    descriptionZh: '付款人 IP',
    optional: true,
    example: '203.0.113.7',
  }),
  defineFact({
    name: 'deviceId',
    type: 'string',
    description: "The payer's device.",
    descriptionZh: '付款设备',
    optional: true,
    example: 'device-1',
  }),
  defineFact({
    name: 'night',
    type: 'boolean',
    description: "It is night in the merchant's time zone: from 23:00 to 6:00.",
    descriptionZh: '夜间（商户时区 23:00–6:00）',
    example: false,
  }),
] as const;

export const requestFacts = [...paymentFacts, ...ownFacts] as const;

/** Costs nothing: always computed. */
export function requestFactsOf({ merchant, service, request, at }: PaymentContext): FactValues<typeof requestFacts> {
  const { hour, weekday } = zonedTime(at, merchant.timeZone);
  const { payer } = request;
  return {
    amount: request.amount,
    currency: request.currency,
    serviceId: service.id,
    product: service.product,
    merchantId: merchant.id,
    payerId: payer?.id,
    cardBin: payer?.cardBin,
    bank: payer?.bank?.toUpperCase(),
    ip: payer?.ip,
    deviceId: payer?.deviceId,
    hour,
    weekday,
    night: hour >= 23 || hour < 6,
  };
}
