import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { VersionedRules } from '../config/compiled-rules.ts';
import { type ConfigSnapshot, isSwitchedOff } from '../config/snapshot.ts';
import type { PaymentContext, PlanRoute, RoutePlan } from '../payments/ports.ts';
import { routingEvents } from './events.ts';
import { routingFacts, routingFactsOf } from './facts.ts';
import { type Candidate, rank } from './rank.ts';

export const routingLanguage = { facts: routingFacts, eventTypes: routingEvents };

export type RoutingRules = VersionedRules<typeof routingFacts, typeof routingEvents>;

/** Whether a channel's breaker would let an order go now. */
type TakesOrders = (channelId: string) => boolean;

type Adapters = ReadonlyMap<string, Pick<ChannelAdapter, 'products' | 'operations'>>;

/** Plans by the rules of the payment's own configuration snapshot. */
export const createPlanRoute = ({
  rulesOf,
  adapters,
  takesOrders,
}: {
  rulesOf: (snapshot: ConfigSnapshot) => RoutingRules;
  adapters: Adapters;
  takesOrders: TakesOrders;
}): PlanRoute =>
  async function planRoute(context) {
    return plan(context, rulesOf(context.snapshot), adapters, takesOrders);
  };

/** The plan for a payment under given rules. Pure. */
export function plan(
  context: PaymentContext,
  { version, set }: RoutingRules,
  adapters: Adapters,
  takesOrders: TakesOrders = () => true,
): RoutePlan {
  const facts = routingFactsOf(context);
  const fired = set.matches(facts);
  const { order, judged } = rank(
    candidatesOf(context, adapters, takesOrders),
    fired,
    `${context.merchant.id}|${context.request.merchantOrderNo}`,
  );
  const used: Record<string, unknown> = { amount: facts.amount, serviceId: facts.serviceId };
  for (const name of set.requiredFacts) used[name] = facts[name as keyof typeof facts];
  // The code itself is stored nowhere: rules of later days can be tried on this payment only if its prefix is.
  if (facts.authCodePrefix !== undefined) used.authCodePrefix = facts.authCodePrefix;
  return {
    ruleSetVersion: version,
    fired: fired.map(({ id, name, event }) => ({
      id,
      ...(name === undefined ? {} : { name }),
      event: { type: event.type, params: { ...event.params } },
    })),
    facts: used,
    routes: order.map(({ channelId, accountId }) => ({ channelId, accountId })),
    ranked: judged
      .filter(({ kept, reason }) => kept || reason === 'not_needed')
      .map(({ channelId, accountId }) => ({ channelId, accountId })),
    candidates: judged,
  };
}

/** Every account of the service's channels, with the first reason why it can't take this payment. */
function candidatesOf(
  { snapshot, service, request, amount, at }: PaymentContext,
  adapters: Adapters,
  takesOrders: TakesOrders,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const channelId of service.channelIds) {
    const channel = snapshot.channels.get(channelId);
    const adapter = adapters.get(channel?.adapter ?? '');
    const needs = adapter?.products.get(service.product);
    const resting = !takesOrders(channelId);
    for (const account of snapshot.accounts.values()) {
      if (account.channelId !== channelId) continue;
      const dropped = !channel
        ? 'unknown_channel'
        : !adapter
          ? 'no_adapter'
          : !needs
            ? 'product_unsupported'
            : needs.payer.some((field) => request.payer?.[field] === undefined)
              ? 'payer_incomplete'
              : isSwitchedOff(channel, at)
                ? 'switched_off'
                : isSwitchedOff(account, at)
                  ? 'account_off'
                  : amount.amountMinor < account.minAmount || amount.amountMinor > account.maxAmount
                    ? 'amount_band'
                    : undefined;
      candidates.push({
        channelId,
        accountId: account.id,
        dropped,
        priority: channel?.priority ?? 0,
        feeBps: channel?.feeBps ?? 0,
        resting,
      });
    }
  }
  return candidates;
}
