import { parseRequestNo, paymentIdFloor, refundIdOf } from '../../platform/ids.ts';
import type { AdminDeps } from '../admin-deps.ts';

export type OrderFilter = {
  status?: string[];
  channelId?: string[];
  serviceId?: string[];
  merchantId?: string;
  from?: number;
  to?: number;
  minAmount?: number;
  maxAmount?: number;
  failureCode?: string;
  cursor?: string;
  limit: number;
};

type FoundAs = 'payment' | 'merchantOrderNo' | 'requestNo' | 'channelTxn' | 'refund' | 'merchantRefundNo' | 'trace';

/** Reads of payments for people. Everything was masked when it was written; merchants see only their own, without our hosts. */
export function createOrderReads({ prisma, pool }: Pick<AdminDeps, 'prisma' | 'pool'>) {
  async function list(filter: OrderFilter) {
    const rows = await prisma.payment.findMany({
      where: {
        ...(filter.merchantId ? { merchantId: filter.merchantId } : {}),
        ...(filter.status?.length ? { status: { in: filter.status } } : {}),
        ...(filter.channelId?.length ? { channelId: { in: filter.channelId } } : {}),
        ...(filter.serviceId?.length ? { serviceId: { in: filter.serviceId } } : {}),
        ...(filter.failureCode ? { failureCode: filter.failureCode } : {}),
        amount: {
          gte: BigInt(filter.minAmount ?? 0),
          ...(filter.maxAmount === undefined ? {} : { lte: BigInt(filter.maxAmount) }),
        },
        id: {
          gte: filter.from === undefined ? 'pay_' : paymentIdFloor(filter.from),
          lt:
            [filter.cursor, filter.to === undefined ? undefined : paymentIdFloor(filter.to), 'pay_~']
              .filter((id) => id !== undefined)
              .sort()[0] ?? 'pay_~',
        },
      },
      orderBy: { id: 'desc' },
      take: filter.limit + 1,
    });
    const page = rows.slice(0, filter.limit);
    return {
      rows: page.map((row) => ({
        id: row.id,
        merchantId: row.merchantId,
        merchantOrderNo: row.merchantOrderNo,
        serviceId: row.serviceId,
        status: row.status,
        hold: row.hold,
        amount: Number(row.amount),
        refundedAmount: Number(row.refundedAmount),
        currency: row.currency,
        subject: row.subject,
        channelId: row.channelId,
        accountId: row.accountId,
        failureCode: row.failureCode,
        createdAt: row.createdAt.getTime(),
        updatedAt: row.updatedAt.getTime(),
      })),
      nextCursor: rows.length > filter.limit ? (page.at(-1)?.id ?? null) : null,
      asOf: Date.now(),
    };
  }

  /** Any number somebody may paste, exactly. Says as what it was found, and where it looked. */
  async function find(text: string, merchantId: string | undefined): Promise<{ foundAs: FoundAs; id: string }[]> {
    const own = merchantId ? { merchantId } : {};
    const found: { foundAs: FoundAs; id: string }[] = [];
    const add = (foundAs: FoundAs, ids: (string | undefined)[]) => {
      for (const id of ids) if (id && !found.some((one) => one.id === id)) found.push({ foundAs, id });
    };
    const mine = async (id: string) =>
      (await prisma.payment.findFirst({ where: { id, ...own }, select: { id: true } }))?.id;
    if (/^pay_[0-9A-Z]{26}$/i.test(text)) add('payment', [await mine(`pay_${text.slice(4).toUpperCase()}`)]);
    const request = parseRequestNo(text.toUpperCase());
    if (request) add('requestNo', [await mine(request.paymentId)]);
    if (/^(rfd_)?[0-9A-Z]{26}$/i.test(text)) {
      const refund = await prisma.refund.findFirst({
        where: { id: refundIdOf(text.replace(/^rfd_/i, '').toUpperCase()), ...own },
        select: { paymentId: true },
      });
      add('refund', [refund?.paymentId]);
    }
    const orders = await prisma.merchantOrder.findMany({
      where: { merchantOrderNo: text, ...own },
      take: 20,
      select: { paymentId: true },
    });
    add(
      'merchantOrderNo',
      orders.map(({ paymentId }) => paymentId),
    );
    const refunds = await prisma.refund.findMany({
      where: { OR: [{ merchantRefundNo: text }, { channelRefundNo: text }], ...own },
      take: 20,
      select: { paymentId: true },
    });
    add(
      'merchantRefundNo',
      refunds.map(({ paymentId }) => paymentId),
    );
    const attempts = await prisma.attempt.findMany({
      where: { channelTxn: text },
      take: 20,
      select: { paymentId: true },
    });
    for (const { paymentId } of attempts) add('channelTxn', [await mine(paymentId)]);
    const traceId = /^(?:00-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i.exec(text)?.[1];
    if (traceId) {
      // A caller may send all of its requests under one trace.
      const traced = await prisma.payment.findMany({
        where: { traceId: traceId.toLowerCase(), ...own },
        orderBy: { id: 'desc' },
        take: 20,
        select: { id: true },
      });
      add(
        'trace',
        traced.map(({ id }) => id),
      );
    }
    return found;
  }

  async function get(id: string, viewer: { onlyMerchant: string | undefined }) {
    const payment = await prisma.payment.findFirst({
      where: { id, ...(viewer.onlyMerchant ? { merchantId: viewer.onlyMerchant } : {}) },
    });
    if (!payment) return undefined;
    const [attempts, refunds, events, deliveries, reservations, merchant] = await Promise.all([
      prisma.attempt.findMany({ where: { paymentId: id }, orderBy: { no: 'asc' } }),
      prisma.refund.findMany({ where: { paymentId: id }, orderBy: { id: 'asc' } }),
      prisma.event.findMany({ where: { paymentId: id }, orderBy: { seq: 'asc' }, take: 1000 }),
      prisma.webhookDelivery.findMany({ where: { paymentId: id }, orderBy: { createdAt: 'asc' } }),
      prisma.limitReservation.findMany({ where: { paymentId: id } }),
      prisma.merchant.findUnique({ where: { id: payment.merchantId }, select: { name: true, timeZone: true } }),
    ]);
    const hideHosts = viewer.onlyMerchant !== undefined;
    const { rows } = await pool.query('SELECT now() AS now');
    return {
      payment: {
        id: payment.id,
        merchantId: payment.merchantId,
        merchantName: merchant?.name ?? payment.merchantId,
        merchantOrderNo: payment.merchantOrderNo,
        serviceId: payment.serviceId,
        product: payment.product,
        status: payment.status,
        hold: payment.hold,
        closeReason: payment.closeReason,
        amount: Number(payment.amount),
        refundedAmount: Number(payment.refundedAmount),
        currency: payment.currency,
        subject: payment.subject,
        payer: maskedPayer(payment.payer as Record<string, string>),
        metadata: payment.metadata as Record<string, string> | null,
        notifyUrl: payment.notifyUrl,
        channelId: payment.channelId,
        accountId: payment.accountId,
        channelTxn: payment.channelTxn,
        failureCode: payment.failureCode,
        failureMessage: payment.failureMessage,
        payerMessage: payment.payerMessage,
        traceId: payment.traceId,
        version: payment.version,
        createdAt: payment.createdAt.getTime(),
        updatedAt: payment.updatedAt.getTime(),
        expiresAt: payment.expiresAt.getTime(),
        succeededAt: payment.succeededAt?.getTime() ?? null,
      },
      attempts: attempts.map((attempt) => ({
        no: attempt.no,
        channelId: attempt.channelId,
        accountId: attempt.accountId,
        requestNo: attempt.requestNo,
        status: attempt.status,
        winner: attempt.winner,
        channelTxn: attempt.channelTxn,
        resultCode: attempt.resultCode,
        resultMessage: attempt.resultMessage,
        nextSyncAt: attempt.nextSyncAt?.getTime() ?? null,
        syncStep: attempt.syncStep,
        sentAt: attempt.sentAt.getTime(),
        finishedAt: attempt.finishedAt?.getTime() ?? null,
      })),
      refunds: refunds.map((refund) => ({
        id: refund.id,
        attemptNo: refund.attemptNo,
        merchantRefundNo: refund.merchantRefundNo,
        kind: refund.kind,
        amount: Number(refund.amount),
        status: refund.status,
        channelState: refund.channelState,
        channelRefundNo: refund.channelRefundNo,
        failureCode: refund.failureCode,
        reason: refund.reason,
        nextSyncAt: refund.nextSyncAt?.getTime() ?? null,
        createdAt: refund.createdAt.getTime(),
        succeededAt: refund.succeededAt?.getTime() ?? null,
      })),
      events: events.map((event) => ({
        seq: event.seq,
        at: event.at.getTime(),
        kind: event.kind,
        attemptNo: event.attemptNo,
        refundId: event.refundId,
        from: event.fromStatus,
        to: event.toStatus,
        node: hideHosts ? null : event.node,
        actor: event.actor,
        durationMs: event.durationMs,
        data: (hideHosts ? forMerchant(event.data) : event.data) as Record<string, unknown>,
      })),
      deliveries: deliveries.map((one) => ({
        id: one.id,
        type: one.type,
        url: one.url,
        status: one.status,
        attempts: one.attempts,
        lastStatus: one.lastStatus,
        lastError: one.lastError,
        nextAttemptAt: one.nextAttemptAt?.getTime() ?? null,
        createdAt: one.createdAt.getTime(),
        deliveredAt: one.deliveredAt?.getTime() ?? null,
      })),
      reservations: (hideHosts ? [] : reservations).map((one) => ({
        limitId: one.limitId,
        scopeKey: one.scopeKey,
        windowStart: one.windowStart.getTime(),
        amount: Number(one.amount),
        state: one.state,
      })),
      now: (rows[0].now as Date).getTime(),
    };
  }

  return { list, find, get };
}

/** Enough to recognise a payer by, not enough to be one. */
function maskedPayer(payer: Record<string, string>): Record<string, string> {
  const mask = (text: string) => (text.length <= 6 ? '***' : `${text.slice(0, 3)}***${text.slice(-3)}`);
  return Object.fromEntries(
    Object.entries(payer).map(([name, value]) => [name, name === 'id' || name === 'ip' ? value : mask(value)]),
  );
}

/** What of an event is the merchant's own business; rules, limits, routes and the channel's messages are not. */
const merchantFields = [
  'outcome',
  'failure',
  'code',
  'reason',
  'amount',
  'merchantRefundNo',
  'requestId',
  'text',
] as const;

function forMerchant(data: unknown): Record<string, unknown> {
  if (typeof data !== 'object' || data === null) return {};
  const known = data as Record<string, unknown>;
  return Object.fromEntries(merchantFields.flatMap((name) => (name in known ? [[name, known[name]]] : [])));
}
