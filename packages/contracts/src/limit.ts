import * as z from 'zod';
import { currencySchema, maxAmountMinor } from './money.ts';
import { serviceIdSchema } from './payment.ts';
import { cleanText } from './text.ts';

/**
 * What a limit can be counted by. `channel` and `account` are known only once a route is chosen: a limit over them takes
 * a full route out of the plan instead of refusing the payment.
 */
export const limitScopes = [
  'merchant',
  'service',
  'channel',
  'account',
  'payer',
  'device',
  'ip',
  'cardBin',
  'card',
  'bank',
] as const;
export type LimitScope = (typeof limitScopes)[number];

/** `payment` looks at one payment alone; the others add up within an hour, day or month of business time. */
export const limitPeriods = ['payment', 'hour', 'day', 'month'] as const;
export type LimitPeriod = (typeof limitPeriods)[number];

/** Failure codes that a limit may answer with. */
export const limitRejectCodes = ['risk_single_limit', 'risk_daily_limit', 'risk_rejected'] as const;

export const limitIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{1,47}$/, { error: 'must be 2 to 48 of a-z 0-9 _ -, beginning with a letter' });

const ids = z.array(z.string().min(1).max(64)).min(1).max(1_000);
const amount = z.int().min(0).max(maxAmountMinor);

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** A limit as data. Amounts are minor units of `currency`; payments of other currencies are not its business. */
export const limitDocumentSchema = z
  .strictObject({
    id: limitIdSchema,
    name: cleanText(80),
    enabled: z.boolean().default(true),
    mode: z.enum(['enforce', 'shadow']).default('enforce').meta({
      description: '`shadow`: counted and recorded as if it were in force, but nothing is refused.',
    }),
    match: z
      .strictObject({
        merchantIds: ids.optional(),
        serviceIds: z.array(serviceIdSchema).min(1).max(1_000).optional(),
        channelIds: ids.optional(),
        accountIds: ids.optional(),
      })
      .default({})
      .meta({ description: 'Which payments it is about; what is left out matches all.' }),
    scope: z
      .array(z.enum(limitScopes))
      .max(limitScopes.length)
      .refine((list) => new Set(list).size === list.length, { error: 'names something twice' })
      .meta({ description: 'One counter for each combination of these; empty: one counter for all.' }),
    period: z.enum(limitPeriods),
    timeZone: z.string().max(64).refine(isTimeZone, { error: 'is not an IANA time zone' }).optional().meta({
      description: "Whose midnight cuts the windows. Default: the merchant's, or the house's when not by merchant.",
    }),
    currency: currencySchema,
    minAmount: amount.optional().meta({ description: 'Least amount of one payment (period `payment` only).' }),
    maxAmount: amount.optional().meta({ description: 'Most of one payment, or of all of a window together.' }),
    maxCount: z.int().min(1).max(1_000_000_000).optional().meta({ description: 'Most payments of a window.' }),
    warnAtPercent: z.int().min(1).max(100).default(80),
    releaseOnRefund: z.boolean().default(false).meta({
      description: 'Whether money that was refunded stops counting. A whole refund also stops counting as a payment.',
    }),
    reject: z
      .strictObject({
        code: z.enum(limitRejectCodes).optional(),
        messageForMerchant: cleanText(200).optional(),
        messageForPayer: cleanText(200).optional(),
      })
      .default({}),
  })
  .superRefine((limit, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (limit.period === 'payment') {
      if (limit.scope.length > 0) wrong('scope', 'must be empty: a limit of one payment counts nothing');
      if (limit.maxCount !== undefined) wrong('maxCount', 'means nothing for one payment');
      if (limit.minAmount === undefined && limit.maxAmount === undefined)
        wrong('maxAmount', 'give minAmount, maxAmount or both');
      if (limit.minAmount !== undefined && limit.maxAmount !== undefined && limit.minAmount > limit.maxAmount)
        wrong('minAmount', 'is above maxAmount');
      return;
    }
    if (limit.minAmount !== undefined) wrong('minAmount', 'is only for period `payment`');
    if (limit.maxAmount === undefined && limit.maxCount === undefined)
      wrong('maxAmount', 'give maxAmount, maxCount or both');
  });

export type LimitDocument = z.output<typeof limitDocumentSchema>;

/** Whether a limit can only be judged once a route is chosen. */
export const isRouteLimit = ({ scope, match }: Pick<LimitDocument, 'scope' | 'match'>): boolean =>
  scope.includes('channel') ||
  scope.includes('account') ||
  match.channelIds !== undefined ||
  match.accountIds !== undefined;
