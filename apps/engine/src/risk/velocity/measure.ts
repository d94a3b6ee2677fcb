import { defineFact, type FactDefinition } from '@tributary/rules/define-fact';

/** What payments are counted by. Payers, devices and cards are the merchant's own names; addresses mean the same to all. */
export type Dimension = 'payer' | 'device' | 'ip' | 'card' | 'merchant';

export type Minutes = number;

/** How a fact over past payments is computed: an SQL aggregate over the rows of its dimension. */
export type Measure = {
  fact: FactDefinition;
  dimension: Dimension;
  /** How far back it looks. */
  minutes: Minutes;
  /**
   * The aggregate. `inWindow` is the condition that a row lies in the measure's window. Rows have `id`, `status`,
   * `amount`, `currency`, `failure_code`, `payer_key`, `merchant_id`, `device`, `ip`, `card`, `bin`; `:amount` and
   * `:currency` are the payment's own.
   */
  sql: (inWindow: string) => string;
};

export const minute: Minutes = 1;
export const hour: Minutes = 60;
export const day: Minutes = 1_440;

/** Defines a fact together with the way to compute it. */
export const measure = <const D extends FactDefinition>(
  dimension: Dimension,
  minutes: Minutes,
  sql: Measure['sql'],
  fact: D,
): Omit<Measure, 'fact'> & { fact: Readonly<D> } => ({ dimension, minutes, sql, fact: defineFact(fact) });

/** The rows of a window that fit a condition. */
export const count =
  (condition = 'true') =>
  (inWindow: string) =>
    `(count(*) FILTER (WHERE ${inWindow} AND ${condition}))::int`;

/** Different values of a column. */
export const distinct = (column: string) => (inWindow: string) =>
  `(count(DISTINCT ${column}) FILTER (WHERE ${inWindow}))::int`;

/** Money in the payment's own currency that moved or may still move: failed, closed and refused payments moved none. */
export const moved = (inWindow: string) =>
  `coalesce(sum(amount) FILTER (WHERE ${inWindow} AND currency = :currency AND status NOT IN ('failed', 'closed', 'rejected')), 0)::float8`;

/** The bank, the channel or the payer said no to this payer; faults of ours or of a channel are not the payer's. */
export const declined = `(status = 'failed' AND failure_code IN ('payer_declined', 'issuer_declined', 'insufficient_funds', 'auth_code_invalid'))`;

/** Amounts that somebody tries cards with: up to 10.00. */
export const small = '(amount <= 1000)';

/** Five small payments or more in the window, three of them declined. */
export const cardTesting = (inWindow: string) =>
  `(count(*) FILTER (WHERE ${inWindow} AND ${small}) >= 5 AND count(*) FILTER (WHERE ${inWindow} AND ${small} AND ${declined}) >= 3)`;

/** The facts of some measures, with their types. */
export const factsOf = <M extends readonly { fact: FactDefinition }[]>(measures: M): readonly M[number]['fact'][] =>
  measures.map(({ fact }) => fact);
