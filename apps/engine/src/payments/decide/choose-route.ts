import type { LimitHold, PlannedRoute, Route, RouteCandidate, RouteLimits, RoutePlan, ShadowHit } from '../ports.ts';
import type { Room } from '../store/counters.ts';

export type ChosenRoutes = {
  /** With the counters that each has to raise, in the order in which they may be tried. */
  routes: PlannedRoute[];
  candidates: RouteCandidate[];
  /** Limits in shadow that would have taken the first route out. */
  shadow: ShadowHit[];
};

/** The plan under the limits of its routes: what limits rule out, or what is full, leaves its place to the next. Pure. */
export function chooseRoutes(
  plan: RoutePlan,
  limitsOf: (route: Route) => RouteLimits,
  room: (hold: LimitHold) => Room,
): ChosenRoutes {
  const out = new Map<string, string>();
  const free: (PlannedRoute & { shadow: ShadowHit[] })[] = [];
  for (const route of plan.ranked ?? plan.routes) {
    const { refusedBy, holds, shadow } = limitsOf(route);
    const found = seeRoom(holds, room, route);
    const limitId = refusedBy ?? found.full?.hold.limitId;
    if (limitId === undefined) free.push({ ...route, holds: found.holds, shadow: [...shadow, ...found.shadow] });
    else out.set(keyOf(route), limitId);
  }
  const chosen = free.slice(0, plan.routes.length);
  const places = new Map(chosen.map((route, place) => [keyOf(route), place]));
  const candidates = plan.candidates.map((candidate): RouteCandidate => {
    const limitId = out.get(keyOf(candidate));
    if (limitId !== undefined) return { ...candidate, kept: false, reason: `limit:${limitId}` };
    const place = places.get(keyOf(candidate));
    if (place === undefined) return candidate;
    return { ...candidate, kept: true, reason: place === 0 ? 'chosen' : `reserve:${place}` };
  });
  return {
    routes: chosen.map(({ channelId, accountId, holds }) => ({
      channelId,
      accountId,
      ...(holds && holds.length > 0 ? { holds } : {}),
    })),
    candidates,
    shadow: chosen[0]?.shadow ?? [],
  };
}

/**
 * Which of the counters a payment raises, and which limit (in force) has no room for it. A limit in shadow that has no
 * room is only noted and not raised, so that its counter tells what it would be if the limit were in force.
 */
export function seeRoom(holds: readonly LimitHold[], room: (hold: LimitHold) => Room, route?: Route) {
  const seen: {
    holds: LimitHold[];
    shadow: ShadowHit[];
    full: { hold: LimitHold; usedAmount: string; usedCount: number } | undefined;
  } = { holds: [], shadow: [], full: undefined };
  for (const hold of holds) {
    const found = room(hold);
    if (found.fits) {
      seen.holds.push(hold);
      continue;
    }
    const used = { usedAmount: found.used.amount.toString(), usedCount: found.used.count };
    if (!hold.shadow) seen.full ??= { hold, ...used };
    else
      seen.shadow.push({ kind: 'limit', id: hold.limitId, ...(route ? { route } : {}), ...shownHold(hold), ...used });
  }
  return seen;
}

export const keyOf = ({ channelId, accountId }: Route): string => `${channelId}\n${accountId}`;

/** A counter as the trace keeps it. */
export const shownHold = (hold: LimitHold) => ({
  limitId: hold.limitId,
  name: hold.name,
  scopeKey: hold.scopeKey,
  windowStart: hold.windowStart,
  maxAmount: hold.maxAmount?.toString(),
  maxCount: hold.maxCount,
});
