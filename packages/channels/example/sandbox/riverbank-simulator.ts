import type { Answer, CreateChannelSimulator, ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import type { Operation } from '../../testing/simulator/faults.ts';
import { channelId, createBooks, issuers, toOrderView } from './books.ts';
import { createCalls } from './calls.ts';
import { openCredentials } from './credentials.ts';
import { createAuthenticator, RiverbankRefusal, writeAnswer } from './message.ts';
import { createNotifications, tellOrder, tellRefund } from './notifications.ts';

type Route = {
  method: string;
  path: RegExp;
  operation: Operation;
  work(request: ReceivedRequest, name: string): unknown;
};

const peek = (request: ReceivedRequest, name: string): string | undefined => {
  try {
    const value: unknown = Reflect.get(JSON.parse(request.body.toString('utf8')), name);
    return typeof value === 'string' ? value.slice(0, 64) : undefined;
  } catch {
    return undefined;
  }
};

/** Riverbank, the provider of `docs/channels/example.md`, from the merchant's side of the wire. */
export const createRiverbankSimulator: CreateChannelSimulator = async (context) => {
  const { now, ledger } = context;
  const credentials = await openCredentials(context.dir, now);
  const books = createBooks(ledger);
  const notifications = createNotifications(context, credentials);
  const calls = createCalls(context, books, notifications);
  const authenticate = createAuthenticator(credentials, now);
  const order = (found: Parameters<typeof tellOrder>[0]) => tellOrder(found, credentials.merchantNo, context.baseUrl());
  const refund = (found: Parameters<typeof tellRefund>[0]) => tellRefund(found, credentials.merchantNo);

  const orders = '/riverbank/v1/orders';
  const refunds = '/riverbank/v1/refunds';
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: new RegExp(`^${orders}$`),
      operation: 'place',
      work: (request) => order(calls.place(request)),
    },
    {
      method: 'GET',
      path: new RegExp(`^${orders}/(\\w+)$`),
      operation: 'query',
      work: (_, no) => order(calls.find(no)),
    },
    {
      method: 'POST',
      path: new RegExp(`^${orders}/(\\w+)/close$`),
      operation: 'close',
      work: (_, no) => order(calls.close(no)),
    },
    {
      method: 'POST',
      path: new RegExp(`^${orders}/(\\w+)/reverse$`),
      operation: 'reverse',
      work: (_, no) => order(calls.reverse(no)),
    },
    {
      method: 'POST',
      path: new RegExp(`^${refunds}$`),
      operation: 'refund',
      work: (request) => refund(calls.refund(request)),
    },
    {
      method: 'GET',
      path: new RegExp(`^${refunds}/(\\w+)$`),
      operation: 'queryRefund',
      work: (_, no) => refund(calls.findRefund(no)),
    },
  ];
  const match = (request: ReceivedRequest) => {
    for (const route of routes) {
      const found = route.method === request.method ? route.path.exec(request.path) : null;
      if (found !== null) return { route, name: found[1] ?? '' };
    }
    return undefined;
  };
  const refuse = ({ status, code, message }: Pick<RiverbankRefusal, 'status' | 'code' | 'message'>): Answer =>
    writeAnswer(credentials, now(), status, { code, message }, code);
  const answer = (request: ReceivedRequest): Answer => {
    try {
      const found = match(request);
      if (found === undefined) throw new RiverbankRefusal(404, 'REQUEST_INVALID');
      authenticate(request);
      return writeAnswer(credentials, now(), 200, found.route.work(request, found.name));
    } catch (error) {
      if (!(error instanceof RiverbankRefusal)) throw error;
      return refuse(error);
    }
  };

  return {
    id: channelId,
    credentialsName: 'example',
    credentials: () => ({ baseUrl: context.baseUrl() }),
    account: () => credentials.account(),
    identify: (request) => {
      const found = match(request);
      if (found === undefined) return undefined;
      const { operation } = found.route;
      if (operation === 'place' || operation === 'refund') return { operation, requestNo: peek(request, 'orderNo') };
      const requestNo = operation === 'queryRefund' ? books.findRefund(found.name)?.orderNo : found.name;
      return { operation, requestNo };
    },
    answer: async (request) => answer(request),
    issuers,
    maintenance: { code: 'MAINTENANCE', status: 503 },
    refuse: async (_request, { code, status, message = code }) => refuse({ code, status, message }),
    denyOrder: async () => refuse(new RiverbankRefusal(404, 'ORDER_NOT_FOUND')),
    pay: (reference, options) => {
      const found = books.find(reference);
      return found === undefined ? { done: false, reason: 'unknown_order' } : calls.pay(found, options?.force);
    },
    abandon: (reference) => {
      const found = books.find(reference);
      if (found === undefined) return { done: false, reason: 'unknown_order' };
      if (found.state !== 'created') return { done: false, reason: 'not_payable', order: toOrderView(found, now()) };
      if (found.product === 'barcode') books.move(found, 'failed', 'PAYER_REFUSED');
      return { done: true, order: toOrderView(found, now()) };
    },
    findOrder: (reference) => {
      const found = books.find(reference);
      return found === undefined ? undefined : toOrderView(found, now());
    },
    recentOrders: (limit) => books.newestFirst(limit).map((found) => toOrderView(found, now())),
    rotateCertificate: async (switchAfterMs) => {
      const { id, signsFrom } = await credentials.rotate(switchAfterMs);
      return { keyId: id, signsFrom: new Date(signsFrom).toISOString() };
    },
    replay: books.replay,
    resume: () => {
      for (const found of books.orders()) {
        if (found.state === 'paid') notifications.paid(found);
        else calls.awaitPassword(found);
      }
      for (const found of books.refunds()) {
        if (found.state === 'created') calls.settleWhenDue(found);
        else notifications.refunded(found);
      }
    },
  };
};
