import { createHash } from 'node:crypto';

/**
 * Whether a merchant is in a canary's share: stable for the change, the same on every node, and drawn anew for the next
 * change, so that it is not always the same merchants who go first. A merchant in a share is in every greater one.
 */
export function isInCanary({ changeId, percent }: { changeId: string; percent: number }, merchantId: string): boolean {
  const digest = createHash('sha256').update(`${changeId}|${merchantId}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < percent / 100;
}
