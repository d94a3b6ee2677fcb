import type { DeclineCode, Fault } from './channel-result.ts';

/** Where a code was said: in the answer to a step, or as the state of an order or a refund. */
export type CodeStep =
  | 'prepay'
  | 'codepay'
  | 'query'
  | 'close'
  | 'reverse'
  | 'refund'
  | 'queryRefund'
  | 'orderState'
  | 'refundState';

type Outcome = { kind: string; fault?: Fault; code?: DeclineCode };

/** One code of a channel and all that follows from it. */
export type CodeRow = {
  code: string;
  meaning: { zh: string; en: string };
  /** Our word for it where it ends an order or a refund. */
  unified: DeclineCode | 'refund_declined' | undefined;
  /** Whose fault it is; undefined when it is nobody's. Only `channel` counts against the channel's health. */
  owner: Fault | undefined;
  /** The same request under the same number may be sent once more when the answer is unclear. */
  retrySame: boolean;
  /** Where it ends an order, another channel may be tried. */
  mayFailOver: boolean;
  /** What it means by step; a step that is not listed reads as unknown. */
  outcomes: Readonly<Partial<Record<CodeStep, string>>>;
  source: string;
};

/** A channel's response codes as its adapter reads them. `version` rises with every change of a row. */
export type CodeTable = {
  version: string;
  rows: readonly CodeRow[];
  /** Total: undefined for a code that nobody mapped. */
  find(code: string): CodeRow | undefined;
};

/** English, whose fault, and what may be done. */
export type CodeNote = readonly [en: string, owner?: Fault | undefined, ...flags: ('retry' | 'failover')[]];

type Read = {
  code: string;
  meaning: string;
  source: string;
  outcomes: Partial<Record<CodeStep, Outcome | undefined>>;
};

/**
 * Puts what an adapter does with its codes together with what people read of them. A code that stands for an order's and
 * for a refund's state becomes one row.
 * @throws Error when a code has no note, or a note no code
 */
export function buildCodeTable(
  version: string,
  read: readonly Read[],
  notes: Readonly<Record<string, CodeNote>>,
  keyOf: (code: string) => string = (code) => code,
): CodeTable {
  const rows = new Map<string, CodeRow>();
  for (const { code, meaning, source, outcomes } of read) {
    const note = notes[code];
    if (!note) throw new Error(`code ${code} has no note`);
    const [en, owner, ...flags] = note;
    const said = Object.entries(outcomes).flatMap(([step, outcome]) => (outcome ? [[step, outcome] as const] : []));
    const declined = said.find(([, { kind }]) => kind === 'declined');
    const before = rows.get(keyOf(code));
    rows.set(keyOf(code), {
      code,
      meaning: { zh: before ? `${before.meaning.zh}；${meaning}` : meaning, en },
      unified: before?.unified ?? (declined ? (declined[1].code ?? 'refund_declined') : undefined),
      owner,
      retrySame: flags.includes('retry'),
      mayFailOver: flags.includes('failover'),
      outcomes: { ...before?.outcomes, ...Object.fromEntries(said.map(([step, { kind }]) => [step, kind])) },
      source: before?.source ?? source,
    });
  }
  const unused = Object.keys(notes).filter((code) => !rows.has(keyOf(code)));
  if (unused.length > 0) throw new Error(`no such codes: ${unused.join(', ')}`);
  return { version, rows: [...rows.values()], find: (code) => rows.get(keyOf(code)) };
}
