/** What the verdict is made of. Shares are of payments that have an outcome. */
export type VerdictFacts = {
  /** The numbers could not be read anew. */
  stale: boolean;
  total: number;
  succeeded: number;
  failed: number;
  backlog: { overdue: number; held: number; stuckRefunds: number };
  channels: { id: string; state: 'on' | 'off'; last5m: { succeeded: number; failed: number } }[];
};
export type Verdict = 'good' | 'watch' | 'bad' | 'quiet' | 'unknown';
export type Cause = {
  key: 'held' | 'overdue' | 'stuckRefunds' | 'rate' | 'channelOff' | 'channelRate';
  channel?: string;
  count?: number;
  rate?: number;
};

/** Below this a rate is one person's bad luck. */
const enough = 30;
const lowest = 0.85;

const rateOf = ({ succeeded, failed }: { succeeded: number; failed: number }): number | undefined =>
  succeeded + failed < enough ? undefined : succeeded / (succeeded + failed);

/** Are we well, and if not, because of what. Never "good" without numbers to say so. */
export function verdictOf(facts: VerdictFacts): { verdict: Verdict; causes: Cause[] } {
  if (facts.stale) return { verdict: 'unknown', causes: [] };
  const causes: Cause[] = [];
  const { backlog } = facts;
  if (backlog.held > 0) causes.push({ key: 'held', count: backlog.held });
  if (backlog.overdue > 20) causes.push({ key: 'overdue', count: backlog.overdue });
  const bad = causes.length > 0;
  if (backlog.stuckRefunds > 0) causes.push({ key: 'stuckRefunds', count: backlog.stuckRefunds });
  for (const channel of facts.channels) {
    const rate = rateOf(channel.last5m);
    if (channel.state === 'off') causes.push({ key: 'channelOff', channel: channel.id });
    else if (rate !== undefined && rate < lowest) causes.push({ key: 'channelRate', channel: channel.id, rate });
  }
  const rate = rateOf(facts);
  if (rate !== undefined && rate < lowest) causes.push({ key: 'rate', rate });
  if (bad) return { verdict: 'bad', causes };
  if (causes.length > 0) return { verdict: 'watch', causes };
  return { verdict: facts.total === 0 ? 'quiet' : 'good', causes };
}
