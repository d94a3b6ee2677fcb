/** What a rule document may weigh. Checked on the raw input, before anything recurses into it. */
export const ruleLimits = {
  /** Bytes of the document as JSON text, roughly. */
  bytes: 2 * 1024 * 1024,
  rules: 5_000,
  /** Values of one list. */
  listValues: 10_000,
  /** Conditions in one `any` or `all`. */
  groupSize: 256,
  /** Levels of any/all/not in one rule or named condition. */
  conditionDepth: 12,
  /** The same after named conditions are put in place. */
  expandedDepth: 24,
  /** Conditions of one rule and of the whole set after named conditions are put in place. */
  expandedPerRule: 10_000,
  expandedTotal: 100_000,
  namedConditions: 1_000,
  /** Levels of plain JSON, counted before anything else. */
  jsonDepth: 40,
  pathLength: 200,
  decorators: 4,
  priority: 1_000_000,
  /** Issues reported at once; more are counted as one. */
  issues: 100,
} as const;
