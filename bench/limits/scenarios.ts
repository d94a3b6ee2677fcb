const day = { name: 'day', period: 'day', currency: 'CNY' } as const;
const merchantDay = {
  ...day,
  id: 'merchant-day',
  scope: ['merchant'],
  maxAmount: Number.MAX_SAFE_INTEGER,
  maxCount: 1e9,
};
const payerDay = { ...day, id: 'payer-day', scope: ['merchant', 'payer'], maxAmount: 1e12 };

/** What bench:limits compares: the same payments under no limits, under limits of many merchants, and of one. */
export const limitScenarios = {
  /** Not measured: fills caches and makes the statements' plans known. */
  warmUp: { merchants: 200, limits: [merchantDay, payerDay] },
  /** One merchant, nothing to keep: what the rest of the way costs. */
  none: { merchants: 1, limits: [] },
  /** Two limits each, on 500 merchants: counters that hardly ever meet. */
  spread: { merchants: 500, limits: [merchantDay, payerDay] },
  /** The same two limits on one merchant: every payment raises the same counter. */
  hot: { merchants: 1, limits: [merchantDay, payerDay] },
  /** A limit that is full: every payment is refused by the same counter. */
  full: { merchants: 1, limits: [{ ...merchantDay, id: 'full-day', maxAmount: 1000 }] },
};
