import type { FactDefinition, FactValues } from '@tributary/rules/define-fact';
import type { PaymentContext } from '../payments/ports.ts';
import { cardMeasures } from './facts/card-facts.ts';
import { deviceMeasures } from './facts/device-facts.ts';
import { ipMeasures } from './facts/ip-facts.ts';
import { listedValuesOf, listFacts, listFactsOf, neededLists } from './facts/list-facts.ts';
import { merchantMeasures } from './facts/merchant-facts.ts';
import { merchantUsualFacts } from './facts/merchant-usual-facts.ts';
import { payerMeasures } from './facts/payer-facts.ts';
import { payerPastFacts } from './facts/payer-past-facts.ts';
import { requestFacts, requestFactsOf } from './facts/request-facts.ts';
import type { FindListed, ListHit } from './lists/find-listed.ts';
import { factsOf } from './velocity/measure.ts';
import type { VelocityStore } from './velocity/velocity.store.ts';

/** Everything risk rules may speak of, by group and in the order in which docs and editor show it. */
export const riskFactGroups = {
  request: requestFacts,
  lists: listFacts,
  payer: [...factsOf(payerMeasures), ...payerPastFacts],
  device: factsOf(deviceMeasures),
  ip: factsOf(ipMeasures),
  card: factsOf(cardMeasures),
  merchant: [...factsOf(merchantMeasures), ...merchantUsualFacts],
} as const satisfies Record<string, readonly FactDefinition[]>;

/** The facts that look at past payments. */
export const velocityFacts = [
  ...riskFactGroups.payer,
  ...riskFactGroups.device,
  ...riskFactGroups.ip,
  ...riskFactGroups.card,
  ...riskFactGroups.merchant,
] as const;

export const riskFacts = [...requestFacts, ...listFacts, ...velocityFacts] as const;
export type RiskFactValues = FactValues<typeof riskFacts>;

const listNames: ReadonlySet<string> = new Set(listFacts.map(({ name }) => name));
const velocityNames: ReadonlySet<string> = new Set(velocityFacts.map(({ name }) => name));

/** Facts that rules need and that could not be had in time. They are missing, never zero. */
export type FactFailure = { facts: string[]; reason: string };

export type GatheredFacts = {
  /** Of the facts that cost something only those that were asked for; compiled rules look at no others. */
  values: RiskFactValues;
  /** The list entries that the payment is on, of the lists that were looked through. */
  lists: ListHit[];
  failure: FactFailure | undefined;
};

export type GatherFacts = (context: PaymentContext, needed: ReadonlySet<string>) => Promise<GatheredFacts>;

const defaultTimeoutMs = 500;

/** Computes the facts that rules need, each source once and all at the same time, within the service's deadline. */
export const createGatherFacts = ({
  findListed,
  velocity,
}: {
  findListed: FindListed;
  velocity: VelocityStore;
}): GatherFacts =>
  async function gatherFacts(context, needed) {
    const request = requestFactsOf(context);
    const wantedLists = [...needed].filter((name) => listNames.has(name));
    const wantedVelocity = [...needed].filter((name) => velocityNames.has(name));
    const gathered: GatheredFacts = { values: request as RiskFactValues, lists: [], failure: undefined };
    if (wantedLists.length === 0 && wantedVelocity.length === 0) return gathered;

    const timeoutMs = context.service.factTimeoutMs ?? defaultTimeoutMs;
    const lists = neededLists(needed, context.snapshot.lists);
    const [listed, counted] = await Promise.allSettled([
      wantedLists.length === 0 ? [] : within(timeoutMs, findListed(lists, listedValuesOf(context), context.at)),
      wantedVelocity.length === 0 ? {} : within(timeoutMs, velocity.read(needed, context)),
    ]);
    const failed: string[] = [];
    if (listed.status === 'fulfilled') {
      gathered.lists = listed.value;
      Object.assign(gathered.values, listFactsOf(needed, listed.value));
    } else failed.push(...wantedLists);
    if (counted.status === 'fulfilled') Object.assign(gathered.values, counted.value);
    else failed.push(...wantedVelocity);
    if (failed.length > 0) {
      const cause = listed.status === 'rejected' ? listed.reason : (counted as PromiseRejectedResult).reason;
      gathered.failure = { facts: failed, reason: cause instanceof Error ? cause.message : String(cause) };
    }
    return gathered;
  };

/** @throws Error when it takes longer; what was begun goes on and is not waited for */
async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
