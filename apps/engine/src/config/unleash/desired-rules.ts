import { contentHashOf } from '../content-hash.ts';
import type { Toggle } from './toggles.ts';

/** A rule set as a payload says it. */
export type PayloadRules = { document: Record<string, unknown>; contentHash: string };

/** What Unleash wants: rules for all, and others for a share of merchants. */
export type DesiredRules = {
  /** Undefined: it says nothing for most merchants, and what is in force stays. */
  all: PayloadRules | undefined;
  canary: { rules: PayloadRules; percent: number } | undefined;
};

/** Invented merchants that show how a rollout divides them. Enough to see a share of half a percent. */
const probes = Array.from({ length: 2_000 }, (_, i) => `probe-${i}`);

/** Why a toggle can't be followed. */
export class UnusableToggle extends Error {}

/** The rules of a payload. @throws UnusableToggle */
export function readPayload(payload: { type: string; value: string }): PayloadRules {
  if (payload.type !== 'json') throw new UnusableToggle(`the payload is ${payload.type}, not json`);
  let document: unknown;
  try {
    document = JSON.parse(payload.value);
  } catch {
    throw new UnusableToggle('the payload is not valid JSON');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new UnusableToggle('the payload is not an object');
  return { document: document as Record<string, unknown>, contentHash: contentHashOf(document) };
}

/**
 * Finds out what a toggle means by asking for every merchant, real and invented. At most two answers can be followed: the
 * one that is in force already, else the one that most get, is for all; the other one is a canary, however great its share.
 * @param live content hash of what is in force
 * @param payloadOf what a merchant gets; undefined for nothing
 * @throws UnusableToggle
 */
export function desiredRules(
  toggle: Pick<Toggle, 'strategies' | 'variants'>,
  merchantIds: Iterable<string>,
  payloadOf: (merchantId: string) => { type: string; value: string } | undefined,
  live: string | undefined,
): DesiredRules {
  refuseRandom(toggle);
  const parsed = new Map<string, PayloadRules>();
  const rulesOf = (merchantId: string): string => {
    const payload = payloadOf(merchantId);
    if (!payload) return '';
    const text = `${payload.type}:${payload.value}`;
    let rules = parsed.get(text);
    if (!rules) {
      rules = readPayload(payload);
      parsed.set(text, rules);
    }
    return rules.contentHash;
  };
  const shares = new Map<string, number>();
  for (const id of probes) {
    const hash = rulesOf(id);
    shares.set(hash, (shares.get(hash) ?? 0) + 1);
  }
  // Merchants that are named one by one may be in none of the shares.
  for (const id of merchantIds) {
    const hash = rulesOf(id);
    if (!shares.has(hash)) shares.set(hash, 0);
  }
  if (shares.size > 2)
    throw new UnusableToggle(`merchants get ${shares.size} different rule sets: at most two can run`);
  const byHash = new Map([...parsed.values()].map((rules) => [rules.contentHash, rules]));
  const [most, other] = [...shares].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  // Whoever gets nothing keeps what is in force.
  const stays = (share: typeof most) => share !== undefined && (share[0] === '' || share[0] === live);
  const [all, canary] = stays(other) && !stays(most) ? [other, most] : [most, other];
  const rules = canary && byHash.get(canary[0]);
  return {
    all: all && byHash.get(all[0]),
    canary: rules && { rules, percent: Math.min(99, Math.max(1, Math.round((canary[1] / probes.length) * 100))) },
  };
}

function refuseRandom({ strategies, variants }: Pick<Toggle, 'strategies' | 'variants'>): void {
  const stickiness = [
    ...(strategies ?? []).map(({ parameters }) => (parameters as { stickiness?: string } | undefined)?.stickiness),
    ...(strategies ?? []).flatMap((strategy) => (strategy.variants ?? []).map((one) => one.stickiness)),
    ...(variants ?? []).map((one) => one.stickiness),
  ];
  if (stickiness.includes('random'))
    throw new UnusableToggle(
      'its stickiness is random: payments of one merchant must be decided alike, so use merchantId',
    );
}
