import * as z from 'zod';
import { UnionPayRefusal } from './answers.ts';
import { type Message, readCompactTime } from './message.ts';

const time = z
  .string()
  .regex(/^\d{14}$/)
  .refine((text) => !Number.isNaN(readCompactTime(text)));
const url = z.url({ protocol: /^https?$/ }).max(256);
/** Minor units: a decimal point is the mistake that every newcomer makes. */
const amount = z
  .string()
  .regex(/^[1-9]\d{0,11}$/)
  .transform(Number);

const base = {
  version: z.literal('5.1.0'),
  encoding: z.literal('UTF-8'),
  signMethod: z.literal('01'),
  signature: z.string(),
  certId: z.string(),
  accessType: z.literal('0'),
  merId: z.string(),
  orderId: z.string().regex(/^[0-9A-Za-z]{8,40}$/),
  txnTime: time,
  bizType: z.string().regex(/^\d{6}$/),
  channelType: z.enum(['07', '08']),
  reqReserved: z.string().max(1024).optional(),
};
const money = { txnAmt: amount, currencyCode: z.literal('156') };
const charge = {
  ...base,
  ...money,
  txnType: z.literal('01'),
  backUrl: url,
  orderDesc: z.string().min(1).max(32).optional(),
};

export const placeSchemas = {
  front: z.strictObject({
    ...charge,
    txnSubType: z.literal('01'),
    bizType: z.literal('000201'),
    frontUrl: url,
    payTimeout: time.optional(),
  }),
  native: z.strictObject({
    ...charge,
    txnSubType: z.literal('07'),
    bizType: z.literal('000000'),
    payTimeout: time.optional(),
  }),
  codepay: z.strictObject({
    ...charge,
    txnSubType: z.literal('06'),
    bizType: z.literal('000000'),
    qrNo: z.string().regex(/^62\d{17}$/),
    termId: z.string().regex(/^[0-9A-Za-z]{8}$/),
  }),
};
export const querySchema = z.strictObject({ ...base, txnType: z.literal('00'), txnSubType: z.literal('00') });
export const reverseSchema = z.strictObject({ ...base, txnType: z.literal('99'), txnSubType: z.literal('01') });
/** Refund (04) and undo (31) of a charge. */
export const takeBackSchema = z.strictObject({
  ...base,
  ...money,
  txnType: z.enum(['04', '31']),
  txnSubType: z.literal('00'),
  origQryId: z.string().regex(/^\d{21}$/),
  backUrl: url,
});
export type TakeBack = z.infer<typeof takeBackSchema>;

/** Checks a call's fields: 13 for what is missing, 10 for what has another shape, as the real gateway tells them apart. */
export const parseFields = <Schema extends z.ZodType>(schema: Schema, call: Message): z.infer<Schema> => {
  const parsed = schema.safeParse(call);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' ? String(issue.keys[0]) : String(issue.path[0]),
  );
  const missing = names.find((name) => call[name] === undefined || call[name] === '');
  throw missing === undefined ? new UnionPayRefusal('10', names[0]) : new UnionPayRefusal('13', missing);
};
