import * as z from 'zod';
import { replayableKinds } from './backtest.ts';
import { cleanText } from './text.ts';

const id = z.string().min(1).max(64);

/** Facts by name, as the rules would see them. */
const facts = z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/), z.unknown());

/** What must come out; only what is named is compared. */
export const expectationSchema = z
  .strictObject({
    outcome: z.enum(['approve', 'review', 'hold', 'reject']).optional(),
    /** The merchant's failure code of a refusal. */
    code: z.string().max(64).optional(),
    /** Rules that must fire, and rules that must not. */
    fires: z.array(id).max(100).optional(),
    notFires: z.array(id).max(100).optional(),
    /** Routing: the channel, or account, that must come first; `none` when no route may be left. */
    route: z.strictObject({ channelId: id.optional(), accountId: id.optional() }).or(z.literal('none')).optional(),
  })
  .refine((expect) => Object.keys(expect).length > 0, { error: 'expect at least one thing' });
export type Expectation = z.infer<typeof expectationSchema>;

/** An account that could take the payment in a routing test. */
export const candidateSchema = z.strictObject({
  channelId: id,
  accountId: id,
  priority: z.int().min(0).max(100_000).default(100),
  feeBps: z.int().min(0).max(10_000).default(0),
  /** Why it can't take the payment, for one that can't. */
  dropped: z.string().max(64).optional(),
});

/** A case that a rule set must pass before it may be published. */
export const testCaseSchema = z.strictObject({
  id: id.optional(),
  kind: z.enum(replayableKinds),
  name: z.string().trim().pipe(cleanText(120)),
  facts,
  /** Routing only: the accounts to choose among; without them only fired rules can be expected. */
  candidates: z.array(candidateSchema).max(50).optional(),
  expect: expectationSchema,
});
export type TestCase = z.infer<typeof testCaseSchema>;

/** What one case came to. */
export type TestCaseResult = {
  id: string | undefined;
  name: string;
  ok: boolean;
  /** One line for each expectation that was not met. */
  problems: { path: string; expected: string; actual: string }[];
  outcome: string | undefined;
  code: string | undefined;
  fired: string[];
  route: { channelId: string; accountId: string } | undefined;
};
