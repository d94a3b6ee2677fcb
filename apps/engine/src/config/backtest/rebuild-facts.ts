import type { PaymentContext } from '../../payments/ports.ts';
import { requestFacts, requestFactsOf } from '../../risk/facts/request-facts.ts';
import { routingFactsOf } from '../../routing/facts.ts';
import { paymentFacts } from '../payment-facts.ts';
import { decidedAt, type RecordedPayment } from './recorded-payment.ts';

export type Facts = Record<string, unknown>;

/** The facts of a payment as they were, or the names of those that nobody wrote down. */
export type RebuiltFacts = { facts: Facts; missing: readonly string[] };

const ofRiskRequest: ReadonlySet<string> = new Set(requestFacts.map(({ name }) => name));
const ofRoutingRequest: ReadonlySet<string> = new Set(paymentFacts.map(({ name }) => name));
const nothing: readonly string[] = [];

/** A payment code is good once and is never stored: that there was one shows in the product. */
export const payerOf = ({ payer, product }: RecordedPayment) =>
  product === 'codepay' ? { ...payer, authCode: 'not stored' } : payer;

/**
 * A placement as far as facts and outcomes look at it: what the request said, and that the merchant was active (when it
 * was not, the record says so and nothing is judged again).
 */
export const contextOf = (payment: RecordedPayment, timeZone: string): PaymentContext =>
  ({
    merchant: { id: payment.merchantId, timeZone, active: true },
    service: { id: payment.serviceId, product: payment.product },
    request: { amount: payment.amount, currency: payment.currency, payer: payerOf(payment) },
    at: decidedAt(payment),
  }) as unknown as PaymentContext;

/**
 * Facts for rules that were not the ones of then. What the request said is built again; everything else (lists, counts)
 * is only what was recorded with the decision. A fact that rules need and that was not recorded is named, never guessed.
 */
const createRebuild = (
  required: ReadonlySet<string>,
  ofRequest: ReadonlySet<string>,
  readRequest: (context: PaymentContext) => Facts,
  recordOf: (payment: RecordedPayment) => Facts | undefined,
) => {
  const computed = [...required].filter((name) => !ofRequest.has(name));
  return function rebuild(payment: RecordedPayment, context: PaymentContext): RebuiltFacts {
    const facts = readRequest(context);
    if (computed.length === 0) return { facts, missing: nothing };
    const recorded = recordOf(payment) ?? {};
    const missing = computed.filter((name) => !Object.hasOwn(recorded, name));
    for (const name of computed) {
      const value = recorded[name];
      if (value !== null && value !== undefined) facts[name] = value;
    }
    return { facts, missing };
  };
};

export const createRiskFacts = (required: ReadonlySet<string>) =>
  createRebuild(
    required,
    ofRiskRequest,
    requestFactsOf as (context: PaymentContext) => Facts,
    ({ risk }) => risk?.facts,
  );

/** As for risk; routing rules speak of the request, and of what routing recorded. Without a payer's code it has no prefix. */
export const createRoutingFacts = (required: ReadonlySet<string>) =>
  createRebuild(
    required,
    ofRoutingRequest,
    routingFactsOf as (context: PaymentContext) => Facts,
    ({ routing, product }) => (product === 'codepay' ? routing?.facts : { authCodePrefix: null, ...routing?.facts }),
  );
