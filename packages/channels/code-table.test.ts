import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { codeTable as alipayCodes } from './alipay/code-table.ts';
import { buildCodeTable } from './code-table.ts';
import { channelAdapters } from './registry.ts';
import { codeTable as unionPayCodes } from './unionpay/code-table.ts';
import { codeTable as wechatPayCodes } from './wechat-pay/code-table.ts';

describe('the response-code tables', () => {
  test.each(channelAdapters.map(({ id, codes }) => [id, codes] as const))('%s: every row says all', (_, { rows }) => {
    for (const row of rows) {
      expect(row.meaning.zh).toMatch(/\p{Script=Han}/u);
      expect(row.meaning.en).toMatch(/^[\x20-\x7e’]+$/);
      expect(row.source).toMatch(/^https:\/\//);
      const ends = Object.values(row.outcomes).includes('declined');
      // Who refuses is at fault for something, and what ends nothing has no word of ours.
      expect(row.unified !== undefined, row.code).toBe(ends);
      if (ends && row.code !== 'CLOSED') expect(row.owner, row.code).toBeDefined();
      if (row.mayFailOver) expect(ends, row.code).toBe(true);
    }
  });

  test('ask nobody to send again, or elsewhere, what the payer or a bank refused', () => {
    for (const { codes } of channelAdapters)
      for (const { code, owner, mayFailOver, retrySame } of codes.rows)
        if (owner === 'payer' || owner === 'issuer')
          expect([code, mayFailOver, retrySame]).toEqual([code, false, false]);
  });

  // Change a row, raise the version: what a payment was read by must be told from its version.
  test.each([
    ['wechat-pay', wechatPayCodes, '2026-11-23 41 832f83a235e0a7f9'],
    ['alipay', alipayCodes, '2026-11-24 67 4b05df4892127182'],
    ['unionpay', unionPayCodes, '2026-11-23 45 ce88b0b19acf31de'],
  ])('%s: the version stands for the rows', (_, { version, rows }, known) => {
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 16);
    expect(`${version} ${rows.length} ${digest}`).toBe(known);
  });

  test('find a code however the channel spells it, and nothing that is not there', () => {
    expect(wechatPayCodes.find('ORDERPAID')?.code).toBe('ORDER_PAID');
    for (const { codes } of channelAdapters)
      for (const code of ['', '__proto__', 'constructor', 'NEVER_HEARD_OF']) expect(codes.find(code)).toBeUndefined();
  });

  test('refuse a code without words and words without a code', () => {
    const row = { code: 'A', meaning: '甲', source: 'https://x', outcomes: {} };
    expect(() => buildCodeTable('1', [row], {})).toThrow('code A has no note');
    expect(() => buildCodeTable('1', [row], { A: ['a'], B: ['b'] })).toThrow('no such codes: B');
  });
});
