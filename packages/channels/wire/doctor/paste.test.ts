import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstDifference } from './diagnosis.ts';
import { encodeGbk } from './gbk.ts';
import { PasteError, parsePaste } from './paste.ts';

describe('reading a paste', () => {
  test('takes the body to the last character, whatever line ends it has', () => {
    expect(parsePaste('POST /v1/x?a=1 HTTP/1.1\r\nHost: h\r\nA: b \r\n\r\n{"a":1}\r\n\n')).toEqual({
      method: 'POST',
      target: '/v1/x?a=1',
      host: 'h',
      status: undefined,
      headers: { host: 'h', a: 'b' },
      body: '{"a":1}\r\n\n',
      bodyLine: 5,
    });
    expect(parsePaste('HTTP/1.1 200 OK\n\nx')).toMatchObject({ status: 200, body: 'x' });
    expect(parsePaste('\nA: b\n\nx')).toMatchObject({ headers: { a: 'b' }, body: 'x' });
    expect(parsePaste(' {"a": "b:c"}')).toMatchObject({ headers: {}, body: ' {"a": "b:c"}' });
    expect(parsePaste('a=1&b=http://x\n')).toMatchObject({ headers: {}, body: 'a=1&b=http://x\n' });
    expect(parsePaste('https://h.example/p?q=1')).toMatchObject({ method: 'GET', host: 'h.example', target: '/p?q=1' });
  });

  test.each([
    ['', 1, 'empty'],
    ['\n  \n', 1, 'empty'],
    ['\ncurl -X POST https://x', 2, 'curl_command'],
    ['POST / HTTP/1.1\nA: b\noops\n\n{}', 3, 'header_without_colon'],
    ['what is this', 1, 'no_start_line'],
  ])('%j is no message', (text, line, problem) => {
    expect(() => parsePaste(text)).toThrow(expect.objectContaining({ line, problem }));
  });

  test('never throws anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          parsePaste(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PasteError);
        }
      }),
    );
  });
});

test('the first difference is told by byte, line and column', () => {
  expect(firstDifference(Buffer.from('ab\ncd'), Buffer.from('ab\ncd'))).toBeUndefined();
  expect(firstDifference(Buffer.from('ab\ncd'), Buffer.from('ab\ncx'))).toEqual({
    offset: 4,
    line: 2,
    column: 2,
    expected: 0x64,
    actual: 0x78,
  });
  expect(firstDifference(Buffer.from('ab'), Buffer.from('ab\n'))).toEqual({
    offset: 2,
    line: 1,
    column: 3,
    expected: undefined,
    actual: 0x0a,
  });
});

test('GBK is what its decoder reads', () => {
  for (const text of ['支付成功 abc', '￥１２', '龘'])
    expect(new TextDecoder('gbk').decode(encodeGbk(text))).toBe(text);
  expect(encodeGbk('😀')).toBeUndefined();
});
