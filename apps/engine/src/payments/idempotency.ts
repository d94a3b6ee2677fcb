import { AppError } from '../platform/app-error.ts';
import type { IdempotencyClaim, MerchantCaller, StoredAnswer } from './operations.ts';
import type { PaymentStore } from './store/payments.store.ts';

/**
 * After this long without an answer the request that claimed the key is taken for dead (its process was killed), and
 * the resource's present state is the answer. Longer than any channel deadline.
 */
const abandonedAfterSeconds = 75;

/**
 * The answer that is kept under a key, as the IETF draft "The Idempotency-Key HTTP Header Field" (-07) has it: same
 * request, same answer; another request is refused; a request still in flight is refused.
 * @param rebuild makes the answer anew from the resource when its first request died
 * @returns undefined when nobody has used the key, or its user left nothing behind (then the key is free again)
 * @throws AppError idempotency_key_reused, idempotency_key_in_flight
 */
export async function findAnswer(
  store: PaymentStore,
  caller: MerchantCaller,
  claim: IdempotencyClaim,
  rebuild: (resourceId: string) => Promise<{ status: number; body: string } | undefined>,
): Promise<StoredAnswer | undefined> {
  const merchantId = caller.merchant.id;
  const stored = await store.findKey(merchantId, claim.key);
  if (!stored) return undefined;
  if (!stored.requestHash.equals(claim.requestHash)) throw new AppError('idempotency_key_reused');
  if (stored.status !== undefined && stored.body !== undefined) {
    return { status: stored.status, body: stored.body, replayed: true };
  }
  const answer = await rebuild(stored.resourceId);
  if (!answer) {
    await store.freeKey(merchantId, claim.key, stored.resourceId);
    return undefined;
  }
  if (stored.ageSeconds < abandonedAfterSeconds) {
    throw new AppError('idempotency_key_in_flight', undefined, { retryAfterSeconds: 1 });
  }
  await store.keepAnswer({ merchantId, key: claim.key, ...answer });
  return { ...answer, replayed: true };
}
