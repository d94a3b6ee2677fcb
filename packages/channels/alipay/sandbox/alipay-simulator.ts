import type { Answer, CreateChannelSimulator, ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import { actOnOrders } from '../../testing/simulator/order-acts.ts';
import { AlipayRefusal, errorPage, type Outcome, redirectTo, refusal, refusedOutcome, signAnswer } from './answers.ts';
import { type Call, createCalls } from './calls.ts';
import { openCredentials } from './credentials.ts';
import { authenticate, type Parameters, readParameters, signingModeOf } from './gateway.ts';
import { createNotifications } from './notifications.ts';
import { channelId, createOrderBook, issuers, toOrderView } from './orders.ts';
import { createPayer } from './payer.ts';
import { createPlacing } from './placing.ts';
import { createRefundBook } from './refunds.ts';

/** Reads the merchant's number out of a call that nothing has checked yet: for logs and faults only. */
const peekRequestNo = (parameters: Parameters): string | undefined => {
  try {
    const content: unknown = JSON.parse(parameters.get('biz_content') ?? '');
    if (typeof content !== 'object' || content === null) return undefined;
    const outTradeNo: unknown = Reflect.get(content, 'out_trade_no');
    return typeof outTradeNo === 'string' ? outTradeNo.slice(0, 64) : undefined;
  } catch {
    return undefined;
  }
};

/** Alipay's open platform (gateway.do, RSA2), from the merchant's side of the wire. */
export const createAlipaySimulator: CreateChannelSimulator = async (context) => {
  const { now, ledger } = context;
  const credentials = await openCredentials(context.dir, now);
  const orders = createOrderBook(ledger, now);
  const notifications = createNotifications(context, credentials);
  const refunds = createRefundBook(context, orders, notifications);
  const payer = createPayer(context, orders, notifications);
  const placing = createPlacing({ context, credentials, orders, payer, notifications });
  const calls = createCalls({ context, orders, refunds, placing });

  const sign = (parameters: Parameters, outcome: Outcome): Promise<Answer> => {
    const method = parameters.get('method') ?? '';
    const key = credentials.signingKey(signingModeOf(parameters));
    return signAnswer(key, /^[a-z.]{1,80}$/.test(method) ? method : '', outcome);
  };
  const refuse = async (call: Call | undefined, parameters: Parameters, error: AlipayRefusal): Promise<Answer> =>
    call !== undefined && 'product' in call ? errorPage(error) : sign(parameters, refusedOutcome(error));
  const work = (call: Call | undefined, request: ReceivedRequest, parameters: Parameters): Outcome | Answer => {
    authenticate(request, credentials, now(), call !== undefined && 'product' in call);
    if (call === undefined) throw refusal('isv.invalid-method');
    if ('answer' in call) return call.answer(parameters);
    return redirectTo(`${context.baseUrl()}/pay/${placing.arrive(call.product, parameters).codeToken}`);
  };
  const callOf = (parameters: Parameters) => calls.get(parameters.get('method') ?? '');

  return {
    id: channelId,
    credentialsName: 'alipay',
    credentials: () => ({ ...credentials.describe(), baseUrl: context.baseUrl() }),
    account: () => credentials.account(),
    identify: (request) => {
      if (request.path !== '/gateway.do') return undefined;
      const parameters = readParameters(request);
      return { operation: callOf(parameters)?.operation ?? 'query', requestNo: peekRequestNo(parameters) };
    },
    answer: async (request) => {
      const parameters = readParameters(request);
      const call = callOf(parameters);
      try {
        const done = work(call, request, parameters);
        return 'status' in done ? done : await sign(parameters, done);
      } catch (error) {
        if (error instanceof AlipayRefusal) return refuse(call, parameters, error);
        throw error;
      }
    },
    issuers,
    maintenance: { code: 'isp.unknow-error', status: 200, message: '系统维护中，请稍后再试' },
    // Alipay refuses with status 200, whatever the fault says.
    refuse: async (request, { code, message }) => {
      const parameters = readParameters(request);
      return refuse(callOf(parameters), parameters, refusal(code, message));
    },
    denyOrder: async (request) => sign(readParameters(request), refusedOutcome(refusal('ACQ.TRADE_NOT_EXIST'))),
    ...actOnOrders(orders, payer, (order) => toOrderView(order, now())),
    rotateCertificate: async (switchAfterMs) => {
      const { serial, certificatePem, signsFrom } = await credentials.rotate(switchAfterMs);
      return { serial, certificatePem, signsFrom: new Date(signsFrom).toISOString() };
    },
    replay: (entry) => {
      if (entry.kind === 'charge') orders.replay(entry);
      else refunds.replay(entry);
    },
    resume: () => {
      for (const order of orders.all()) {
        if (order.state === 'paid') notifications.paid(order);
        else if (order.state === 'created') payer.awaitPassword(order);
      }
      refunds.resume();
    },
  };
};
