import type { LimitDocument } from '@tributary/contracts/limit';

/** Limits that could be about a merchant, found without looking at every other merchant's. */
type LimitIndex = { ofMerchant: ReadonlyMap<string, LimitDocument[]>; ofAll: LimitDocument[] };

const indexes = new WeakMap<readonly LimitDocument[], LimitIndex>();

/** The enabled limits that name the merchant or no merchant at all, in the order of their ids. */
export function limitsAbout(limits: readonly LimitDocument[], merchantId: string): readonly LimitDocument[] {
  const index = indexes.get(limits) ?? build(limits);
  return index.ofMerchant.get(merchantId) ?? index.ofAll;
}

function build(limits: readonly LimitDocument[]): LimitIndex {
  const enabled = limits.filter(({ enabled }) => enabled).sort((a, b) => (a.id < b.id ? -1 : 1));
  const named = new Set(enabled.flatMap(({ match }) => match.merchantIds ?? []));
  const index: LimitIndex = {
    ofAll: enabled.filter(({ match }) => match.merchantIds === undefined),
    ofMerchant: new Map(
      [...named].map((id) => [id, enabled.filter(({ match }) => match.merchantIds?.includes(id) ?? true)]),
    ),
  };
  indexes.set(limits, index);
  return index;
}
