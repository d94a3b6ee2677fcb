/** Places where a test may kill the process, to prove that nothing is lost there. Free when none is set. */
export type FailpointName =
  | 'place.after_first_commit'
  | 'place.after_channel_call'
  | 'place.after_second_commit'
  | 'refund.after_first_commit'
  | 'refund.after_channel_call'
  | 'callback.after_record'
  | 'sync.after_query';

export type Failpoint = (name: FailpointName) => void;

/**
 * Parses `name=kill[@n],…`: at its n-th hit (the first by default) the process ends as by `kill -9`.
 * @throws Error when the text is not of that form
 */
export function createFailpoints(
  text: string | undefined,
  kill: () => void = () => process.kill(process.pid, 'SIGKILL'),
): Failpoint {
  if (!text) return () => undefined;
  const left = new Map<string, number>();
  for (const part of text.split(',')) {
    const match = /^([a-z_.]+)=kill(?:@(\d+))?$/.exec(part.trim());
    if (!match?.[1]) throw new Error(`TRIBUTARY_FAILPOINTS: "${part}" is not <name>=kill[@n]`);
    left.set(match[1], Number(match[2] ?? 1));
  }
  return (name) => {
    const hits = left.get(name);
    if (hits === undefined) return;
    if (hits > 1) left.set(name, hits - 1);
    else {
      left.delete(name);
      kill();
    }
  };
}
