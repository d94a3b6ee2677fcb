import { generateKeyPairSync } from 'node:crypto';
import type { ChannelSession, NotifyResult, QueryCall } from '@tributary/channels/channel-adapter';
import { describe, expect, it } from 'vitest';
import { expiriesOf, warningFor } from './expiry.ts';
import { type OlderUse, withOverlap } from './overlap.ts';
import { marksOf } from './secret-marks.ts';

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-02T00:00:00Z');
const call: QueryCall = { op: 'query', product: 'native', requestNo: 'R', orderedAt: at };
const response = { status: 200, headers: {}, body: Buffer.alloc(0) };
const notification = { headers: {}, body: Buffer.alloc(0) };
const payment: NotifyResult = { kind: 'payment', notifyId: 'n', requestNo: 'R', result: { kind: 'pending' } };

const sessionOf = (name: string, answer: object, notify: NotifyResult): ChannelSession => ({
  buildRequest: () => ({ method: 'GET', path: `/${name}`, headers: {}, body: '' }),
  parseResponse: () => answer as never,
  parseNotify: () => notify,
  acknowledge: () => ({ status: 200, headers: {}, body: name }),
});
const reads = sessionOf('old', { kind: 'not_found' }, payment);

describe('an account while its keys change hands', () => {
  it('sends by the version in force and reads by the one before what only that one can read', () => {
    const uses: OlderUse[] = [];
    for (const reason of ['bad_signature', 'unreadable'] as const) {
      const current = sessionOf('new', { kind: 'unknown', reason }, { kind: 'refused', reason });
      const both = withOverlap(current, [{ version: 1, until: later, session: reads }], (use) => uses.push(use));
      expect(both.buildRequest(call, at, 'n')).toMatchObject({ path: '/new' });
      expect(both.acknowledge(true).body).toBe('new');
      expect(both.parseResponse(call, response, at)).toEqual({ kind: 'not_found' });
      expect(both.parseNotify(notification, at)).toEqual(payment);
    }
    expect(uses).toEqual([
      { version: 1, what: 'answer' },
      { version: 1, what: 'callback' },
      { version: 1, what: 'answer' },
      { version: 1, what: 'callback' },
    ]);
  });

  it('asks no older version once its overlap is over, nor about what is the same for both', () => {
    const asked = sessionOf(
      'new',
      { kind: 'unknown', reason: 'bad_signature' },
      { kind: 'refused', reason: 'unknown_key' },
    );
    const over = withOverlap(asked, [{ version: 1, until: at, session: reads }], () => expect.unreachable());
    expect(over.parseResponse(call, response, at)).toEqual({ kind: 'unknown', reason: 'bad_signature' });
    expect(over.parseNotify(notification, at)).toEqual({ kind: 'refused', reason: 'unknown_key' });
    for (const reason of ['stale', 'wrong_account', 'unsupported'] as const) {
      const current = sessionOf('new', { kind: 'unknown', reason: 'timeout' }, { kind: 'refused', reason });
      const both = withOverlap(current, [{ version: 1, until: later, session: reads }], () => expect.unreachable());
      expect(both.parseNotify(notification, at)).toEqual({ kind: 'refused', reason });
      expect(both.parseResponse(call, response, at)).toEqual({ kind: 'unknown', reason: 'timeout' });
    }
  });

  it('believes nothing that neither version can read', () => {
    const none = sessionOf(
      'x',
      { kind: 'unknown', reason: 'bad_signature' },
      { kind: 'refused', reason: 'bad_signature' },
    );
    const both = withOverlap(none, [{ version: 1, until: later, session: none }], () => expect.unreachable());
    expect(both.parseNotify(notification, at)).toEqual({ kind: 'refused', reason: 'bad_signature' });
    expect(both.parseResponse(call, response, at)).toEqual({ kind: 'unknown', reason: 'bad_signature' });
  });
});

describe('what expires', () => {
  it('is warned about 30, 14, 3 and 1 days before, and when it is over', () => {
    const inDays = (days: number) => warningFor(new Date(at.getTime() + days * 86_400_000), at);
    expect([31, 30.01, 30, 14.5, 14, 3.1, 3, 1.5, 1, 0.1, 0, -5].map(inDays)).toEqual([
      undefined,
      undefined,
      30,
      30,
      14,
      14,
      3,
      3,
      1,
      1,
      0,
      0,
    ]);
  });

  it('is found in dates and keys, soonest first, and nothing is made of what is no certificate', () => {
    const found = expiriesOf({
      config: { a: { pem: '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----' } },
      trust: [
        { serial: 'S2', publicKeyPem: '', expiresAt: '2027-01-01T00:00:00.000Z' },
        { serial: 'S1', publicKeyPem: '' },
        { serial: 'S0', publicKeyPem: '', expiresAt: 'never' },
      ],
      enteredAt: later,
    });
    expect(found.map(({ item, source }) => [item, source])).toEqual([
      ['entered', 'entered'],
      ['trust.S2', 'channel'],
    ]);
  });
});

describe('marks of secrets', () => {
  it('tell secrets apart without telling them, and no end of a short one', () => {
    const pepper = Buffer.from('pepper');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const marks = marksOf({ pem, key: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', short: 'secret' }, pepper);
    expect(marks.key?.last4).toBe('2345');
    expect(marks.short?.last4).toBeUndefined();
    expect(pem).toContain(marks.pem?.last4);
    expect(marks.pem?.last4).not.toMatch(/[-=\s]/);
    expect(marksOf({ pem }, pepper).pem).toEqual(marks.pem);
    expect(marksOf({ pem }, Buffer.from('other')).pem?.fingerprint).not.toBe(marks.pem?.fingerprint);
  });
});
