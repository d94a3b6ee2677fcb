import { defineFact } from '@tributary/rules/define-fact';

/** Where the payer is and with what. */
export const payerFacts = [
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
] as const;
