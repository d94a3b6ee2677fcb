/** Examples of the API document. A test parses each with the schema it stands for. */

const at = '2026-11-23T08:00:00.000Z';

export const createPaymentExample = {
  merchantOrderNo: 'A20261123-0001',
  serviceId: 'wechat.native',
  amount: 1299,
  currency: 'CNY',
  subject: 'Flat white',
  payer: { id: 'member-42', ip: '203.0.113.7' },
  notifyUrl: 'https://shop.example/webhooks/tributary',
  metadata: { table: '7' },
} as const;

const order = {
  id: 'pay_01KAMC3M00Q8V3WZB6T5R2Y9EX',
  merchantOrderNo: createPaymentExample.merchantOrderNo,
  serviceId: createPaymentExample.serviceId,
  amount: 1299,
  currency: 'CNY',
  subject: createPaymentExample.subject,
  refundedAmount: 0,
  channel: 'wechat-pay',
  metadata: createPaymentExample.metadata,
  createdAt: at,
  expiresAt: '2026-11-23T08:15:00.000Z',
} as const;

export const processingPaymentExample = {
  ...order,
  status: 'processing',
  channelTxn: null,
  credential: { type: 'qr', url: 'weixin://wxpay/bizpayurl?pr=Zq3Vb9' },
  succeededAt: null,
  updatedAt: at,
} as const;

export const succeededPaymentExample = {
  ...order,
  status: 'succeeded',
  channelTxn: '4200002611202611231234567890',
  succeededAt: '2026-11-23T08:00:21.417Z',
  updatedAt: '2026-11-23T08:00:21.417Z',
} as const;

export const rejectedPaymentExample = {
  ...order,
  status: 'rejected',
  channel: null,
  channelTxn: null,
  failure: { code: 'risk_daily_limit', message: 'The cumulative limit is exhausted' },
  succeededAt: null,
  updatedAt: at,
} as const;

export const paymentListExample = { data: [succeededPaymentExample], nextCursor: null } as const;

export const createRefundExample = {
  merchantRefundNo: 'R20261123-0001',
  amount: 500,
  reason: 'One cup was cold',
} as const;

export const refundExample = {
  id: 'rfd_01KAMC9P2H5D7N4KJX3W8V6TQA',
  paymentId: order.id,
  merchantRefundNo: createRefundExample.merchantRefundNo,
  status: 'processing',
  amount: 500,
  currency: 'CNY',
  reason: createRefundExample.reason,
  createdAt: '2026-11-23T08:05:00.000Z',
  succeededAt: null,
  updatedAt: '2026-11-23T08:05:00.000Z',
} as const;

export const paymentEventExample = {
  id: 'msg_01KAR8M2Q0V7J9C4WZ1E5N6T3B',
  type: 'payment.succeeded',
  timestamp: succeededPaymentExample.succeededAt,
  sequence: 41,
  data: { payment: succeededPaymentExample },
} as const;

export const refundEventExample = {
  id: 'msg_01KAR8S6A1X2D8F5YB3G7P9K4H',
  type: 'refund.succeeded',
  timestamp: '2026-11-23T08:05:03.120Z',
  sequence: 42,
  data: {
    refund: { ...refundExample, status: 'succeeded', succeededAt: '2026-11-23T08:05:03.120Z' },
    payment: { ...succeededPaymentExample, refundedAmount: 500 },
  },
} as const;

export const eventListExample = {
  data: [paymentEventExample, refundEventExample],
  lastSequence: 42,
  hasMore: false,
} as const;

export const webhookKeyListExample = {
  data: [{ publicKey: 'whpk_l0TVc7KBJTd5Xknq4syb7q7mCsLqUz5B8LUDUV3qS7o=', until: null }],
} as const;

export const fieldErrorsExample = [
  { path: 'amount', message: 'Invalid input: expected int, received string' },
  { path: 'payer.ip', message: 'Invalid IPv4 address' },
];
