/** What the timeline needs to know of an event. Times in ms. */
export type StoryEvent = {
  seq: number;
  at: number;
  kind: string;
  actor: string;
  from: string | null;
  to: string | null;
  data: Record<string, unknown>;
};

export const storyFilters = ['all', 'changes', 'trouble', 'channel'] as const;
export type StoryFilter = (typeof storyFilters)[number];

const troubled = new Set(['unknown', 'failed', 'rejected', 'succeeded_late', 'declined']);

/** Something went wrong or is not known: what one looks for first. */
export const isTrouble = ({ kind, to, data }: StoryEvent): boolean =>
  troubled.has(to ?? '') ||
  kind === 'attempt.amount_mismatch' ||
  kind === 'refund.declined' ||
  (data.exchange as { error?: string } | undefined)?.error !== undefined;

/** The key of an event's name in the catalogue. An answer that told nothing is not called an answer. */
export const nameKeyOf = ({ kind, data }: Pick<StoryEvent, 'kind' | 'data'>): string =>
  kind === 'attempt.answered' && (data.result as { kind?: string } | undefined)?.kind === 'unknown'
    ? 'attempt_unknown'
    : kind.replaceAll('.', '_');

const tests: Record<StoryFilter, (event: StoryEvent) => boolean> = {
  all: () => true,
  changes: ({ from, to }) => to !== null && from !== to,
  trouble: isTrouble,
  channel: ({ actor, data }) => data.exchange !== undefined || actor === 'callback',
};

/** Gaps longer than this are drawn as gaps, with their length. */
const gapMs = 3_000;

export type StoryRow<Event> = {
  event: Event;
  /** After the event before it in the whole story; negative when two clocks disagree. */
  sinceMs: number;
  /** Length of the gap before this row, if it is one. */
  gapMs: number | undefined;
  /** Events that the filter leaves out right before this row. */
  hidden: number;
};

/** The rows that a filter leaves, in causal order, with the silence and the omissions between them. */
export function rowsOf<Event extends StoryEvent>(events: Event[], filter: StoryFilter): StoryRow<Event>[] {
  const rows: StoryRow<Event>[] = [];
  let hidden = 0;
  let shownAt: number | undefined;
  for (const [index, event] of events.entries()) {
    if (!tests[filter](event)) {
      hidden++;
      continue;
    }
    const silence = shownAt === undefined ? 0 : event.at - shownAt;
    rows.push({
      event,
      sinceMs: event.at - (events[index - 1]?.at ?? event.at),
      gapMs: silence > gapMs ? silence : undefined,
      hidden,
    });
    hidden = 0;
    shownAt = event.at;
  }
  return rows;
}

export const countOf = (events: StoryEvent[], filter: StoryFilter): number => events.filter(tests[filter]).length;

/** The troubled event after the one that is open, round and round; undefined when all went well. */
export function nextTrouble(events: StoryEvent[], open: number | null): number | undefined {
  const found = events.filter(isTrouble).map(({ seq }) => seq);
  return found.find((seq) => seq > (open ?? 0)) ?? found[0];
}
