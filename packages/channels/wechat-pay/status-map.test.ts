import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelCall } from '../channel-adapter.ts';
import { callsOf } from '../testing/channel-contract.ts';
import { answer, at, callback, mchId, publicKeyConfig, requestNo, secrets } from './fixtures/fake-wechat-pay.ts';
import { wechatPay } from './index.ts';
import {
  readOrderRefusal,
  readRefundRefusal,
  readRefundState,
  readTradeState,
  refundStates,
  refusals,
  tradeStates,
} from './status-map.ts';

const session = wechatPay.open({ baseUrl: 'https://channel.test', config: publicKeyConfig, secrets }, []);
const ask = <Call extends ChannelCall>(call: Call, status: number, payload: unknown) =>
  session.parseResponse(call, answer(status, payload), at);

const page = readFileSync(new URL('../../../docs/channels/wechat-pay.md', import.meta.url), 'utf8');

describe('the status map', () => {
  test('is what the documentation says, row by row', () => {
    for (const { code, source } of [...tradeStates, ...refundStates, ...refusals]) {
      expect(page.split('\n').filter((line) => line.includes(`\`${code}\``) && line.includes(source))).not.toEqual([]);
    }
  });

  test('has one row per code, each with its source', () => {
    for (const rows of [tradeStates, refundStates, refusals]) {
      const codes = rows.map((row) => row.code.replaceAll('_', ''));
      expect(new Set(codes).size).toBe(codes.length);
      for (const row of rows) expect(row.source).toMatch(/^https:\/\//);
    }
  });

  test('is total, and takes what it does not know as unknown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')), (code) => {
        const known = new Set(
          [...tradeStates, ...refundStates, ...refusals].map((row) => row.code.replaceAll('_', '')),
        );
        fc.pre(!known.has(code.toUpperCase().replaceAll('_', '')));
        expect(readTradeState(code).kind).toBe('unknown');
        expect(readRefundState(code).kind).toBe('unknown');
        for (const step of ['prepay', 'codepay', 'query', 'close', 'reverse'] as const)
          expect(readOrderRefusal(step, code).kind).toBe('unknown');
        for (const step of ['refund', 'queryRefund'] as const)
          expect(readRefundRefusal(step, code).kind).toBe('unknown');
      }),
    );
  });

  test('never lets a look-up, close or reversal decline an order, nor any refusal mean success', () => {
    for (const { order, refund } of refusals) {
      for (const step of ['query', 'close', 'reverse'] as const) expect(order?.[step]?.kind).not.toBe('declined');
      for (const outcome of [...Object.values(order ?? {}), ...Object.values(refund ?? {})])
        expect(outcome.kind).not.toBe('succeeded');
    }
  });

  test('reading signed bytes never throws, whatever they hold', () => {
    const anyJson = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          trade_state: fc.constantFrom('SUCCESS', 'CLOSED', 'X'),
          mchid: fc.constant(mchId),
          out_trade_no: fc.constant(requestNo),
          transaction_id: fc.string(),
          success_time: fc.string(),
          amount: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      fc.record({
        code: fc.oneof(fc.string(), fc.constantFrom(...refusals.map((row) => row.code))),
        message: fc.jsonValue(),
      }),
    );
    const status = fc.constantFrom(200, 202, 204, 400, 403, 404, 500);
    fc.assert(
      fc.property(fc.constantFrom(...callsOf(wechatPay)), status, anyJson, (call, code, payload) => {
        expect(() => ask(call, code, payload)).not.toThrow();
        expect(() => session.parseNotify(callback('TRANSACTION.SUCCESS', payload ?? null), at)).not.toThrow();
        expect(() => session.parseNotify(callback('REFUND.SUCCESS', payload ?? null), at)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
