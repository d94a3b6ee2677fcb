import { paymentSchema, refundSchema } from '@tributary/contracts/payment';
import * as z from 'zod';

// What webhooks and the list of events say.

const eventId = z.string().meta({ description: 'The same as `webhook-id`.' });
const sequence = z.int().meta({
  description:
    'Your events are numbered 1, 2, 3 … without a gap. Of one payment, ignore what has a smaller number than what you have.',
});
const timestamp = z.iso.datetime().meta({ description: 'When it happened, UTC.' });

export const paymentEventSchema = z.object({
  id: eventId,
  type: z.enum(['payment.succeeded', 'payment.failed', 'payment.closed']),
  timestamp,
  sequence,
  data: z.object({ payment: paymentSchema }),
});
export const refundEventSchema = z.object({
  id: eventId,
  type: z.enum(['refund.succeeded', 'refund.failed']),
  timestamp,
  sequence,
  data: z.object({ refund: refundSchema, payment: paymentSchema }),
});

export const eventListSchema = z.object({
  data: z.array(z.union([paymentEventSchema, refundEventSchema])).meta({ description: 'By `sequence`, oldest first.' }),
  lastSequence: z.int().meta({ description: 'Pass it as `after` next time.' }),
  hasMore: z.boolean().meta({ description: 'Whether there are more already.' }),
});
export const webhookKeyListSchema = z.object({
  data: z.array(
    z.object({
      publicKey: z.string().meta({ description: '`whpk_` and the base64 of the 32 bytes of an Ed25519 public key.' }),
      until: z.iso.datetime().nullable().meta({ description: 'Set on one that was replaced: it holds until then.' }),
    }),
  ),
});
