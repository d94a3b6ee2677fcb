import { defineFact } from '@tributary/rules/define-fact';

/** Whether somebody is on a block list. Expired entries do not count. */
export const listFacts = [
  defineFact({
    name: 'merchantBlocked',
    type: 'boolean',
    description: 'The merchant is on the block list.',
    descriptionZh: '商户在黑名单',
    example: false,
  }),
  defineFact({
    name: 'payerBlocked',
    type: 'boolean',
    description: 'The payer is on the block list.',
    descriptionZh: '付款人在黑名单',
    example: false,
  }),
  defineFact({
    name: 'ipBlocked',
    type: 'boolean',
    description: 'The IP address is on the block list.',
    descriptionZh: 'IP 在黑名单',
    example: false,
  }),
  defineFact({
    name: 'deviceBlocked',
    type: 'boolean',
    description: 'The device is on the block list.',
    descriptionZh: '设备在黑名单',
    example: false,
  }),
] as const;
