import { describe, expect, it } from 'vitest';
import { windowEnd, windowStart, zonedTime } from './business-time.ts';

const start = (at: string, zone: string, period: 'hour' | 'day' | 'month') => windowStart(new Date(at), zone, period);

describe('business time', () => {
  it("tells hour and weekday in the merchant's zone", () => {
    expect(zonedTime(new Date('2026-11-22T16:30:00Z'), 'Asia/Shanghai')).toEqual({
      year: 2026,
      month: 11,
      day: 23,
      hour: 0,
      weekday: 1,
    });
    expect(zonedTime(new Date('2026-11-22T16:30:00Z'), 'UTC')).toMatchObject({ day: 22, hour: 16, weekday: 7 });
  });

  it('cuts the day at midnight of the zone', () => {
    expect(start('2026-11-23T15:59:59.999Z', 'Asia/Shanghai', 'day')).toBe('2026-11-22T16:00:00.000Z');
    expect(start('2026-11-23T16:00:00Z', 'Asia/Shanghai', 'day')).toBe('2026-11-23T16:00:00.000Z');
    expect(start('2026-11-23T05:00:00Z', 'Asia/Kathmandu', 'day')).toBe('2026-11-22T18:15:00.000Z');
  });

  it('keeps days of 23 and 25 hours whole', () => {
    expect(start('2026-03-08T23:00:00Z', 'America/New_York', 'day')).toBe('2026-03-08T05:00:00.000Z');
    expect(start('2026-11-02T04:59:00Z', 'America/New_York', 'day')).toBe('2026-11-01T04:00:00.000Z');
    expect(start('2026-11-02T05:00:00Z', 'America/New_York', 'day')).toBe('2026-11-02T05:00:00.000Z');
  });

  it('cuts months and hours', () => {
    expect(start('2026-11-30T15:59:59Z', 'Asia/Shanghai', 'month')).toBe('2026-10-31T16:00:00.000Z');
    expect(start('2026-11-23T08:59:59Z', 'Asia/Shanghai', 'hour')).toBe('2026-11-23T08:00:00.000Z');
    expect(start('2026-11-23T08:20:00Z', 'Asia/Kathmandu', 'hour')).toBe('2026-11-23T08:15:00.000Z');
  });

  it('does not mix up moments that come in any order', () => {
    for (const [at, day] of [
      ['2026-11-23T01:00:00Z', '2026-11-22T16:00:00.000Z'],
      ['2026-11-21T01:00:00Z', '2026-11-20T16:00:00.000Z'],
      ['2026-11-23T01:00:01Z', '2026-11-22T16:00:00.000Z'],
    ] as const) {
      expect(start(at, 'Asia/Shanghai', 'day')).toBe(day);
    }
  });

  it('keeps an hour whole where the zone is off UTC by half an hour or three quarters', () => {
    for (const [at, zone, from, until] of [
      ['2026-11-23T09:05:00Z', 'Asia/Kathmandu', '2026-11-23T08:15:00.000Z', '2026-11-23T09:15:00.000Z'],
      ['2026-11-23T09:05:00Z', 'Asia/Kolkata', '2026-11-23T08:30:00.000Z', '2026-11-23T09:30:00.000Z'],
    ] as const) {
      expect(start(at, zone, 'hour')).toBe(from);
      expect(windowEnd(new Date(at), zone, 'hour')).toBe(until);
    }
  });

  it('takes an hour that the clock shows twice for two', () => {
    // New York, 2026-11-01: 01:30 EDT is 05:30Z, 01:30 EST is 06:30Z.
    expect(start('2026-11-01T05:30:00Z', 'America/New_York', 'hour')).toBe('2026-11-01T05:00:00.000Z');
    expect(start('2026-11-01T06:30:00Z', 'America/New_York', 'hour')).toBe('2026-11-01T06:00:00.000Z');
  });

  it('ends every window where the next begins, across a year of clock changes', () => {
    for (const zone of ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']) {
      for (const period of ['hour', 'day', 'month'] as const) {
        for (let day = 0; day < 365; day += 7.3) {
          const at = new Date(Date.UTC(2026, 0, 1) + day * 86_400_000);
          const end = new Date(windowEnd(at, zone, period));
          expect(start(end.toISOString(), zone, period)).toBe(end.toISOString());
          expect(start(new Date(end.getTime() - 1).toISOString(), zone, period)).toBe(
            start(at.toISOString(), zone, period),
          );
        }
      }
    }
  });
});
