import { momentSchema } from '@tributary/contracts/integers';
import { currencySchema } from '@tributary/contracts/money';
import { payerSchema } from '@tributary/contracts/payment';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { compileDraft } from '../../config/backtest/compare.ts';
import { readByIds } from '../../config/backtest/read-recorded.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { contextOfRecorded, decideBy, factsFor, type Subject } from './dry-run.ts';

const draft = z.strictObject({ kind: z.enum(['risk', 'routing']), document: z.unknown() }).optional();

/** An invented payment, or one of the past by its id. */
const inputSchema = z.union([
  z.strictObject({
    merchantId: z.string().max(64),
    serviceId: z.string().max(64),
    amount: z.int().min(1),
    currency: currencySchema.default('CNY'),
    payer: payerSchema.optional(),
    at: momentSchema.optional(),
    draft,
  }),
  z.strictObject({ paymentId: z.string().regex(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a payment' }), draft }),
]);
type Input = z.infer<typeof inputSchema>;

/** A dry run: what risk and routing would decide about a payment, and why, by published rules and by a draft. Writes nothing. */
export function createDecideRouter({ config, clock, rules, gatherFacts, adapters, pool }: AdminDeps) {
  /** @throws AppError not_found */
  async function subjectOf(input: Input): Promise<Subject> {
    const [recorded] = 'paymentId' in input ? await readByIds(pool, [input.paymentId]) : [];
    if ('paymentId' in input && !recorded) throw new AppError('not_found', `there is no payment ${input.paymentId}`);
    const { merchantId, serviceId } = 'paymentId' in input ? (recorded as NonNullable<typeof recorded>) : input;
    // As the merchant's payments are decided now: by the canary, while the merchant is in one.
    const snapshot = config.snapshotFor(merchantId);
    const merchant = snapshot.merchants.get(merchantId);
    const service = snapshot.services.get(serviceId);
    if (!merchant) throw new AppError('not_found', `there is no merchant ${merchantId}`);
    if (!service) throw new AppError('not_found', `there is no service ${serviceId}`);
    const base = { snapshot, merchant, service };
    if (recorded) return { recorded, context: contextOfRecorded(recorded, base) };
    const { amount, currency, payer, at } = input as Exclude<Input, { paymentId: string }>;
    return {
      recorded: undefined,
      context: {
        ...base,
        amount: { amountMinor: BigInt(amount), currency },
        at: at === undefined ? clock.now() : new Date(at),
        request: {
          merchantOrderNo: 'dry-run',
          serviceId: service.id,
          amount,
          currency,
          subject: 'dry run',
          ...(payer ? { payer } : {}),
        },
      },
    };
  }

  return router({
    /**
     * `risk` and `routing` are by the draft where one is given, else by what is published; `live` is by what is published,
     * to stand beside a draft; `recorded` is what was decided then. A mutation because drafts are large: it writes nothing.
     */
    run: procedure('lab.run')
      .input(inputSchema)
      .mutation(async ({ input }) => {
        const subject = await subjectOf(input);
        const { context, recorded } = subject;
        const published = { risk: rules.risk.of(context.snapshot), routing: rules.routing.of(context.snapshot) };
        const drafted = !input.draft
          ? undefined
          : input.draft.kind === 'risk'
            ? { ...published, risk: await compileDraft('risk', input.draft.document) }
            : { ...published, routing: await compileDraft('routing', input.draft.document) };
        const required = new Set([...published.risk.set.requiredFacts, ...(drafted?.risk.set.requiredFacts ?? [])]);
        const { gathered, sources } = await factsFor(subject, required, gatherFacts);
        const live = await decideBy(subject, published, gathered, { pool, adapters });
        const decided = drafted ? await decideBy(subject, drafted, gathered, { pool, adapters }) : live;
        return {
          ...decided,
          live: drafted ? live : null,
          recorded: recorded
            ? {
                status: recorded.status,
                risk: recorded.risk ?? null,
                routing: recorded.routing ?? null,
              }
            : null,
          request: {
            merchantId: context.merchant.id,
            serviceId: context.service.id,
            amount: context.request.amount,
            currency: context.request.currency,
            payer: recorded ? recorded.payer : (context.request.payer ?? {}),
            at: context.at.getTime(),
          },
          facts: Object.entries(gathered.values)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => ({ name, value: value as unknown, source: sources[name] ?? 'request' })),
          /** Facts that could not be had: rules over them neither fired nor did not. */
          missing: gathered.failure?.facts ?? [],
        };
      }),
  });
}
