import { responseCodesDocumentSchema } from '@tributary/contracts/response-codes';
import { describe, expect, it } from 'vitest';
import { overrideOf, withOverride, withoutOverride } from './override-document.ts';

const form = (values: Record<string, string>) => (name: string) => values[name] ?? '';
const declined = form({
  outcome: 'declined',
  fault: 'merchant',
  failureCode: 'channel_declined',
  failOver: 'yes',
  meaning: '新码',
  payerMessage: '换一张卡',
});

describe('the document with an override', () => {
  it('fits the kind, and keeps what else was there', () => {
    const first = responseCodesDocumentSchema.parse(withOverride('wx', [], overrideOf('A', declined)));
    const second = responseCodesDocumentSchema.parse(
      withOverride(
        'wx',
        first.overrides,
        overrideOf('B', form({ outcome: 'unknown', fault: 'payer', retrySame: 'yes' })),
      ),
    );
    expect(second.overrides).toEqual([
      {
        code: 'A',
        meaning: '新码',
        payerMessage: '换一张卡',
        retrySame: false,
        outcome: { kind: 'declined', fault: 'merchant', failureCode: 'channel_declined', failOver: true },
      },
      { code: 'B', retrySame: true, outcome: { kind: 'unknown', fault: 'payer' } },
    ]);
    const third = withOverride('wx', second.overrides, overrideOf('A', form({ outcome: 'unknown', fault: 'risk' })));
    expect(responseCodesDocumentSchema.parse(third).overrides.map(({ code }) => code)).toEqual(['A', 'B']);
    expect(withoutOverride('wx', second.overrides, 'A')).toEqual({ id: 'wx', overrides: [second.overrides[1]] });
  });
});
