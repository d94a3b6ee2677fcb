import * as z from 'zod';
import { configKindSchema, configRefSchema, objectIdSchema } from './config-kind.ts';
import { momentSchema, versionSchema } from './integers.ts';
import { cleanText } from './text.ts';

/**
 * The life of a change of configuration.
 *
 * - `draft` is being written; `in_review` waits for another person; `approved` may be published within 24 hours.
 * - `scheduled` will be published at its time, if the gate still lets it.
 * - `canary` is in force for a share of merchants; `watching` for all, while its numbers are looked at.
 * - `verified` and `rolled_back` are how it ends once published; `rejected` and `withdrawn` how it ends before.
 * - `voided` lost its approval (edited, overtaken, too old) and can be submitted again.
 */
export const changeStatuses = [
  'draft',
  'in_review',
  'approved',
  'scheduled',
  'canary',
  'watching',
  'verified',
  'rolled_back',
  'rejected',
  'withdrawn',
  'voided',
] as const;
export type ChangeStatus = (typeof changeStatuses)[number];

/** How long an approval holds, in hours; and how long a published change can be taken back by one act. */
export const approvalHours = 24;
export const rollbackHours = 24;

const reason = cleanText(500).refine((text) => text.length >= 3, { error: 'say why, in 3 characters or more' });
const contentHash = z.string().regex(/^[0-9a-f]{64}$/, { error: 'is not a content hash' });
const id = z
  .string()
  .max(64)
  .regex(/^chg_[0-9A-Z]{26}$/, { error: 'is not the id of a change' });

/** One document of a change; `document: null` takes it out of the configuration. */
export const changeItemSchema = z.strictObject({
  kind: configKindSchema,
  objectId: objectIdSchema,
  document: z.record(z.string(), z.unknown()).nullable(),
  /** The version that it was written on; 0 for a new document. */
  baseVersion: versionSchema.or(z.literal(0)),
});
export type ChangeItemInput = z.infer<typeof changeItemSchema>;

const items = z
  .array(changeItemSchema)
  .min(1)
  .max(50)
  .refine((list) => new Set(list.map(({ kind, objectId }) => `${kind}/${objectId}`)).size === list.length, {
    error: 'holds a document twice',
  });

export const createChangeSchema = z.strictObject({ title: cleanText(120), reason, items });

/** When a watched number is bad. Shares are percentage points against the same number before publishing. */
export const watchThresholdsSchema = z.strictObject({
  maxSuccessDrop: z.number().min(0.1).max(100).default(5),
  maxRejectRise: z.number().min(0.1).max(100).default(5),
  maxErrorRise: z.number().min(0.1).max(100).default(2),
  /** Fewer payments than this say nothing: the window then ends without a verdict of bad. */
  minPayments: z.int().min(1).max(1_000_000).default(50),
});
export type WatchThresholds = z.infer<typeof watchThresholdsSchema>;

/** How a change comes into force. */
export const publishPlanSchema = z.strictObject({
  /** Epoch ms; now when left out. */
  at: momentSchema.optional(),
  canary: z
    .strictObject({ percent: z.int().min(1).max(99), minutes: z.int().min(1).max(10_080) })
    .optional()
    .meta({ description: 'First for this share of merchants, and for this long.' }),
  watch: z
    .strictObject({
      minutes: z.int().min(1).max(1_440),
      thresholds: watchThresholdsSchema.prefault({}),
      autoRollback: z.boolean().default(true),
    })
    .default({ minutes: 15, thresholds: watchThresholdsSchema.parse({}), autoRollback: true }),
});
export type PublishPlan = z.infer<typeof publishPlanSchema>;

export const editChangeSchema = z.strictObject({
  id,
  /** What the editor saw; somebody else may have edited meanwhile. */
  contentHash,
  title: cleanText(120).optional(),
  reason: reason.optional(),
  items: items.optional(),
  /** How it is to be published; part of what is approved. */
  plan: publishPlanSchema.optional(),
});

export const changeRefSchema = z.strictObject({ id });
export const verdictSchema = z.strictObject({ id, contentHash, comment: cleanText(500).optional() });
export const submitChangeSchema = z.strictObject({
  id,
  contentHash,
  /** How it is to be published: what is approved with it. At once, for all, when nothing was ever said. */
  plan: publishPlanSchema.optional(),
  /** Why the findings of the linter are as they should be; needed when there are any. */
  acknowledgement: cleanText(500).optional(),
});
/** A plan that is given must be the one that was approved. */
export const publishChangeSchema = z.strictObject({ id, contentHash, plan: publishPlanSchema.optional() });
export const withReasonSchema = z.strictObject({ id, reason });
export const commentSchema = z.strictObject({ id, text: cleanText(1000) });

export const revertSchema = configRefSchema.extend({
  version: versionSchema,
  reason,
  /** At once, to be looked at afterwards. */
  emergency: z.boolean().default(false),
});

export const listChangesSchema = z.strictObject({
  show: z.enum(['all', 'mine', 'to_approve']).default('all'),
  status: z.enum(changeStatuses).optional(),
  /** `nextCursor` of the page before: when the last change of it was made, and its id. */
  cursor: z
    .string()
    .regex(/^\d{1,16}~chg_[0-9A-Z]{26}$/, { error: 'is not one of ours' })
    .optional(),
  limit: z.int().min(1).max(100).default(30),
});
