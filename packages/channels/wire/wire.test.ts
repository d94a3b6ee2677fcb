import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { beijingDateTime, readBeijingDateTime } from './beijing-time.ts';
import { readDecimal, writeDecimal } from './decimal-amount.ts';
import { hidesField, parseForm, writeForm } from './form.ts';
import { rawMembers } from './raw-members.ts';
import { signRsaSha256, verifyRsaSha256 } from './rsa-sha256.ts';

const text = fc.string({ maxLength: 40, unit: 'grapheme' });
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,15}$/);

test('a form that was written is read again, field by field', () => {
  fc.assert(
    fc.property(fc.dictionary(name, text, { minKeys: 1, maxKeys: 8 }), (fields) => {
      const read = parseForm(Buffer.from(writeForm(Object.entries(fields))));
      expect(new Map([...(read ?? [])].map(([key, value]) => [key, value.toString()]))).toEqual(
        new Map(Object.entries(fields)),
      );
      // And as every other reader of forms does.
      expect(Object.fromEntries(new URLSearchParams(writeForm(Object.entries(fields))))).toEqual({ ...fields });
    }),
  );
});

test('a form is read as bytes, whatever they are, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = parseForm(Buffer.from(bytes));
      for (const [, value] of read ?? []) expect(Buffer.isBuffer(value)).toBe(true);
    }),
  );
  expect(parseForm(Buffer.from('a=1&a=2'))).toBeUndefined();
  expect(parseForm(Buffer.from('a=%b'))).toBeUndefined();
});

test('a field can’t hide in its neighbour', () => {
  const names = new Set(['amount', 'state']);
  expect(hidesField(['tea', 'a&b=c', 'amount=1', '&amount'], names)).toBe(false);
  expect(hidesField(['1&amount=2'], names)).toBe(true);
  expect(hidesField(['x&y=1&state=PAID'], names)).toBe(true);
});

test('amounts go to decimal texts and back, exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (minor) => {
      expect(readDecimal(writeDecimal(minor))).toBe(minor);
    }),
  );
  for (const odd of ['', '1.', '.5', '1.234', '1e3', '-1', '+1', ' 1', '1,00', '１', '0x10']) {
    expect(readDecimal(odd)).toBeUndefined();
  }
});

test('times go to Beijing and back, to the second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      expect(readBeijingDateTime(beijingDateTime(new Date(seconds * 1000)))?.getTime()).toBe(seconds * 1000);
    }),
  );
});

test('base64 has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const written = Buffer.from(bytes).toString('base64');
      expect(decodeBase64(written)).toEqual(Buffer.from(bytes));
      for (const other of [` ${written}`, `${written}\n`, written.replace(/=+$/, '-'), `${written}=`]) {
        if (other !== written) expect(decodeBase64(other)).toBeUndefined();
      }
    }),
  );
});

test('the members of an object come out in the very bytes that they came in', () => {
  fc.assert(
    fc.property(fc.dictionary(name, fc.json({ maxDepth: 3 }), { minKeys: 1, maxKeys: 6 }), (members) => {
      const body = `{${Object.entries(members)
        .map(([key, json]) => `${JSON.stringify(key)} : ${json}`)
        .join(' , ')}}`;
      const raw = rawMembers(Buffer.from(body));
      expect(raw?.size).toBe(Object.keys(members).length);
      for (const [key, json] of Object.entries(members)) expect(raw?.get(key)?.toString()).toBe(json.trim());
    }),
  );
});

test('what one key signed verifies by its public half, and by no other', () => {
  const [own, other] = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ];
  fc.assert(
    fc.property(text, (message) => {
      const signature = signRsaSha256(message, own.privateKey);
      expect(verifyRsaSha256(message, signature, own.publicKey)).toBe(true);
      expect(verifyRsaSha256(`${message} `, signature, own.publicKey)).toBe(false);
      expect(verifyRsaSha256(message, signature, other.publicKey)).toBe(false);
    }),
    { numRuns: 30 },
  );
});
