import { scheduleOf } from '@tributary/channels/channel-adapter';
import { unionPay } from '@tributary/channels/unionpay/index';
import { wechatPay } from '@tributary/channels/wechat-pay/index';
import type { ServiceConfig, SyncSchedule } from '@tributary/contracts/service-config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigSource } from '../config/snapshot.ts';
import { createNextLookUp, defaultSchedule, delayOf, nextLookUpAt } from './schedule.ts';

const schedules = fc.record({
  firstSeconds: fc.integer({ min: 1, max: 60 }),
  steps: fc.array(
    fc.record({ everySeconds: fc.integer({ min: 1, max: 60 }), times: fc.integer({ min: 1, max: 10 }) }),
    { maxLength: 4 },
  ),
  backoff: fc.record({ baseSeconds: fc.integer({ min: 1, max: 60 }), maxSeconds: fc.integer({ min: 60, max: 3600 }) }),
});
const from = new Date('2026-11-23T08:00:00Z');

describe('the look-up schedule', () => {
  it('is 10 s, every 5 s ten times, then 30 s doubling up to 10 minutes', () => {
    const delays = Array.from({ length: 18 }, (_, step) => delayOf(defaultSchedule, step));
    expect(delays).toEqual([10, ...Array(10).fill(5), 30, 60, 120, 240, 480, 600, 600]);
  });

  it('for UnionPay is its own ladder: 2^N seconds six times, then 5, 10, 30, 60 and 120 minutes', () => {
    const delays = (product: string, count: number) =>
      Array.from({ length: count }, (_, step) => delayOf(scheduleOf(unionPay, product).schedule, step));
    expect(delays('codepay', 12)).toEqual([1, 2, 4, 8, 16, 32, 300, 600, 1800, 3600, 7200, 7200]);
    expect(delays('native', 7)).toEqual([10, 20, 40, 80, 160, 320, 600]);
    expect(delays('page', 9)).toEqual([30, 60, 120, 240, 480, 960, 1800, 3600, 7200]);
  });

  it('asks UnionPay about one order six times in the first five minutes at most, whatever a service wishes', () => {
    const eager: SyncSchedule = {
      firstSeconds: 1,
      steps: [{ everySeconds: 1, times: 100 }],
      backoff: { baseSeconds: 1, maxSeconds: 1 },
    };
    const service = { syncSchedule: eager, product: 'codepay' } as ServiceConfig;
    const config = { current: () => ({ services: new Map([['pos.codepay', service]]) }) } as unknown as ConfigSource;
    fc.assert(
      fc.property(
        fc.constantFrom('codepay', 'native', 'page', 'h5'),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (product, chances) => {
          let drawn = 0;
          const next = createNextLookUp(
            config,
            () => scheduleOf(unionPay, product),
            () => chances[drawn++ % chances.length] ?? 0,
          );
          let at = from;
          let asked = 0;
          for (let step = 0; at.getTime() <= from.getTime() + 300_000; step++) {
            at = next({
              serviceId: 'pos.codepay',
              channelId: 'unionpay',
              kind: 'payment',
              step,
              from: at,
              expiresAt: undefined,
            });
            asked++;
          }
          // The last one is after the five minutes.
          expect(asked - 1).toBeLessThanOrEqual(6);
        },
      ),
    );
  });

  it('leaves a service as eager as it likes where the channel does not mind', () => {
    const service = { syncSchedule: { ...defaultSchedule, firstSeconds: 1 }, product: 'native' } as ServiceConfig;
    const config = { current: () => ({ services: new Map([['qr', service]]) }) } as unknown as ConfigSource;
    const next = createNextLookUp(
      config,
      () => scheduleOf(wechatPay, 'native'),
      () => 0.5,
    );
    const at = next({
      serviceId: 'qr',
      channelId: 'wechat-pay',
      kind: 'payment',
      step: 0,
      from,
      expiresAt: undefined,
    });
    expect(at.getTime() - from.getTime()).toBe(1_000);
  });

  it('backs off without going back, never over its cap, however often it is asked', () => {
    fc.assert(
      fc.property(schedules, fc.nat(10_000), (schedule, step) => {
        const flat = 1 + schedule.steps.reduce((sum, { times }) => sum + times, 0);
        const now = delayOf(schedule, flat + step);
        expect(now).toBeLessThanOrEqual(schedule.backoff.maxSeconds);
        expect(delayOf(schedule, flat + step + 1)).toBeGreaterThanOrEqual(now);
      }),
    );
  });

  it('keeps its jitter within a tenth and always looks exactly at expiry', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 3600 }),
        (schedule, step, chance, life) => {
          const expiresAt = new Date(from.getTime() + life * 1000);
          const at = nextLookUpAt(schedule, step, from, expiresAt, chance).getTime();
          const plain = delayOf(schedule, step) * 1000;
          expect(at).toBeLessThanOrEqual(expiresAt.getTime());
          if (at < expiresAt.getTime())
            expect(Math.abs(at - from.getTime() - plain)).toBeLessThanOrEqual(plain / 10 + 1);
          expect(nextLookUpAt(schedule, step, expiresAt, expiresAt, chance) > expiresAt).toBe(true);
        },
      ),
    );
  });
});
