import type { PaymentReads } from '../payments/operations.ts';
import { createPaymentReads, readRefund } from '../payments/store/payments.read.ts';
import { AppError } from '../platform/app-error.ts';
import type { Pool } from '../platform/db.ts';
import { createCoalesce } from './coalesce.ts';
import { createListEvents, type ListEvents } from './merchant-events.read.ts';
import type { ReadPayment } from './payment-cache.ts';
import { tagOf } from './read-payments.ts';

/** All that merchants read. Each is scoped to the merchant. */
export type MerchantReads = {
  findPayment(merchantId: string, paymentId: string): Promise<ReadPayment | undefined>;
  findRefund(merchantId: string, refundId: string): Promise<{ etag: string; body: string } | undefined>;
  listPayments: PaymentReads['listPayments'];
  listEvents: ListEvents;
};

/** Most that wait for one of the places. */
const maxWaiting = 32;

/**
 * The reads that go to Postgres every time. They share few places, fewer than there are connections, so that payments that are
 * asked for by id never wait behind lists; whoever finds too many waiting is refused at once.
 */
export function createOtherReads({
  fresh,
  places,
}: {
  /** Runs a read on a database that is not behind what anybody was told. */
  fresh: <T>(read: (pool: Pool) => Promise<T>) => Promise<T>;
  places: number;
}): Omit<MerchantReads, 'findPayment'> {
  const coalesce = createCoalesce<{ etag: string; body: string } | undefined>();
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function inPlace<T>(read: (pool: Pool) => Promise<T>): Promise<T> {
    if (taken >= places) {
      if (waiting.length >= maxWaiting)
        throw new AppError('overloaded', 'too many look-ups wait already', { retryAfterSeconds: 1 });
      // The place is handed over as it is.
      await new Promise<void>((go) => waiting.push(go));
    } else taken++;
    try {
      return await fresh(read);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else taken--;
    }
  }

  return {
    findRefund: (merchantId, refundId) =>
      coalesce(`${merchantId}|${refundId}`, () =>
        inPlace(async (pool) => {
          const found = await readRefund(pool, merchantId, refundId);
          return found && { etag: tagOf(found.version), body: JSON.stringify(found.refund) };
        }),
      ),
    listPayments: (merchantId, filter) =>
      inPlace((pool) => createPaymentReads({ pool }).listPayments(merchantId, filter)),
    listEvents: (merchantId, page) => inPlace((pool) => createListEvents(pool)(merchantId, page)),
  };
}
