import { replayableKinds, startBacktestSchema } from '@tributary/contracts/backtest';
import { momentSchema } from '@tributary/contracts/integers';
import { testCaseSchema } from '@tributary/contracts/test-case';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { listCases, removeCase, runTests, saveCase } from '../../config/backtest/cases/cases.store.ts';
import { compileDraft } from '../../config/backtest/compare.ts';
import { countPopulation } from '../../config/backtest/read-recorded.ts';
import { contentHashOf } from '../../config/content-hash.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { documentOf, isStale } from './lab.read.ts';

const kind = z.enum(replayableKinds);
const runId = z.string().regex(/^bt_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a backtest' });
const verdict = z.string().min(1).max(64);
const paymentId = z.string().regex(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a payment' });

/** The lab: drafts tried on recorded payments, and the test cases that a rule set must pass. Nothing here reaches a payment. */
export function createLabRouter({ pool, audit, config, backtests, rulesStore }: AdminDeps) {
  async function found(id: string) {
    const one = await backtests.find(id);
    if (!one) throw new AppError('not_found', `there is no backtest ${id}`);
    return one;
  }

  return router({
    /** How many payments a window has, so that the right sample can be chosen. */
    window: procedure('lab.read')
      .input(
        z
          .strictObject({
            from: momentSchema,
            to: momentSchema,
            merchantId: z.string().max(64).optional(),
            serviceId: z.string().max(64).optional(),
          })
          .refine(({ from, to }) => from < to && to - from <= 92 * 86_400_000, {
            path: ['to'],
            error: 'must be after from, and at most 92 days after',
          }),
      )
      .query(async ({ input: { from, to, merchantId, serviceId } }) => ({
        payments: await countPopulation(pool, {
          from,
          to,
          ...(merchantId === undefined ? {} : { merchantId }),
          ...(serviceId === undefined ? {} : { serviceId }),
        }),
      })),

    startBacktest: procedure('lab.run')
      .input(startBacktestSchema)
      .mutation(async ({ ctx, input: { subject, ...input } }) => {
        const document = await documentOf(pool, input.kind, subject);
        await compileDraft(input.kind, document);
        const contentHash = contentHashOf(document);
        const snapshot = config.current();
        const id = await audit.audited(
          {
            actor: ctx.actor,
            action: 'lab.startBacktest',
            objectType: 'backtest',
            objectId: input.kind,
            after: { hash: contentHash, from: input.from, to: input.to, sample: input.sample },
          },
          (client) =>
            backtests.create(client, {
              input,
              subject,
              document,
              contentHash,
              publishedVersion: snapshot.rules[input.kind].version,
              createdBy: ctx.actor.id,
            }),
        );
        backtests.begin(id, input, document, snapshot);
        return { id, contentHash };
      }),

    backtests: procedure('lab.read')
      .input(
        z.strictObject({
          kind: kind.optional(),
          contentHash: z.string().length(64).optional(),
          cursor: runId.optional(),
          limit: z.int().min(1).max(100).default(30),
        }),
      )
      .query(async ({ input: { cursor, ...filter } }) => {
        const runs = await backtests.list({ ...filter, before: cursor });
        return { runs, cursor: runs.length === filter.limit ? (runs.at(-1)?.id ?? null) : null };
      }),

    /** One run with what it found so far. `stale`: its change holds other rules by now; null when only the document tells. */
    backtest: procedure('lab.read')
      .input(z.strictObject({ id: runId }))
      .query(async ({ input }) => {
        const { run, result } = await found(input.id);
        return { run, result, stale: (await isStale(pool, run)) ?? null };
      }),

    /** The document that a run tried, to look at it or go on from it. */
    backtestDocument: procedure('lab.read')
      .input(z.strictObject({ id: runId }))
      .query(async ({ input }) => ({ document: (await found(input.id)).document as Record<string, unknown> })),

    /** Runs of exactly this document, newest first, and its hash: a run with another hash is about an older draft. */
    backtestsOf: procedure('lab.read')
      .input(z.strictObject({ kind, document: z.unknown() }))
      .mutation(async ({ input }) => {
        const contentHash = contentHashOf(input.document);
        return { contentHash, runs: await backtests.list({ kind: input.kind, contentHash, limit: 20 }) };
      }),

    /** Asks a run to end; it does within a second, on whatever node it is, and keeps what it found. */
    cancelBacktest: procedure('lab.run')
      .input(z.strictObject({ id: runId }))
      .mutation(async ({ ctx, input }) => {
        await found(input.id);
        return audit.audited(
          { actor: ctx.actor, action: 'lab.cancelBacktest', objectType: 'backtest', objectId: input.id },
          async (client) => {
            if (!(await backtests.requestCancel(client, input.id)))
              throw new AppError('conflict', 'the backtest has ended already');
            return {};
          },
        );
      }),

    /** The payments behind one cell of the matrix, in order of time. */
    changedPayments: procedure('lab.read')
      .input(
        z.strictObject({
          runId,
          live: verdict,
          draft: verdict,
          cursor: paymentId.optional(),
          limit: z.int().min(1).max(200).default(50),
        }),
      )
      .query(async ({ input }) => {
        await found(input.runId);
        const payments = await backtests.rowsOf(input.runId, input, { after: input.cursor, limit: input.limit });
        return { payments, cursor: payments.length === input.limit ? (payments.at(-1)?.paymentId ?? null) : null };
      }),

    /** Where rules come from on the node that answers, what of it was refused, and what it switches off. */
    rulesStore: procedure('lab.read').query(() => rulesStore.status()),

    tests: router({ risk: testsOf('risk', 'risk.write'), routing: testsOf('routing', 'routing.write') }),
  });

  /** Test cases of one kind. Writing them needs the right to write the rules: they decide what may be published. */
  function testsOf(ofKind: 'risk' | 'routing', write: 'risk.write' | 'routing.write') {
    return router({
      list: procedure('lab.read').query(() => listCases(pool, ofKind)),

      save: procedure(write)
        .input(
          testCaseSchema
            .omit({ kind: true })
            .refine(({ expect }) => ofKind === 'routing' || expect.route === undefined, {
              path: ['expect', 'route'],
              error: 'is for routing rules',
            })
            .refine(
              ({ expect: { outcome, code } }) => ofKind === 'risk' || (outcome === undefined && code === undefined),
              {
                path: ['expect', 'outcome'],
                error: 'is for risk rules',
              },
            ),
        )
        .mutation(({ ctx, input }) =>
          audit.audited(
            {
              actor: ctx.actor,
              action: `lab.tests.${ofKind}.save`,
              objectType: 'test_case',
              objectId: input.id ?? input.name,
              after: input,
            },
            (client) => saveCase(client, { ...input, kind: ofKind }, ctx.actor.id),
          ),
        ),

      remove: procedure(write)
        .input(z.strictObject({ id: z.string().min(1).max(64) }))
        .mutation(({ ctx, input }) =>
          audit.audited(
            {
              actor: ctx.actor,
              action: `lab.tests.${ofKind}.remove`,
              objectType: 'test_case',
              objectId: input.id,
            },
            (client) => removeCase(client, ofKind, input.id),
          ),
        ),

      /** Runs all stored cases on a document; on the published one when none is given. */
      run: procedure('lab.read')
        .input(z.strictObject({ document: z.unknown().optional() }))
        .mutation(async ({ input }) => {
          const document = input.document ?? config.current().rules[ofKind].document;
          await compileDraft(ofKind, document);
          return runTests(pool, ofKind, document);
        }),
    });
  }
}
