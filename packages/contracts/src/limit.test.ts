import { describe, expect, it } from 'vitest';
import { isRouteLimit, limitDocumentSchema } from './limit.ts';

const day = { id: 'merchant-day', name: 'day', scope: ['merchant'], period: 'day', currency: 'CNY', maxAmount: 100 };
const single = { id: 'one', name: 'one', scope: [], period: 'payment', currency: 'CNY', minAmount: 1, maxAmount: 100 };

/** The paths of what is wrong; none when nothing is. */
function wrongPaths(document: unknown): string[] {
  const parsed = limitDocumentSchema.safeParse(document);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('a limit document', () => {
  it('says only what matters; the rest has its default', () => {
    expect(limitDocumentSchema.parse(day)).toEqual({
      ...day,
      enabled: true,
      mode: 'enforce',
      match: {},
      warnAtPercent: 80,
      releaseOnRefund: false,
      reject: {},
    });
    expect(wrongPaths(single)).toEqual([]);
  });

  it.each([
    [{ ...day, id: 'Day' }, 'id'],
    [{ ...day, scope: ['merchant', 'merchant'] }, 'scope'],
    [{ ...day, scope: ['moon'] }, 'scope.0'],
    [{ ...day, maxAmount: undefined }, 'maxAmount'],
    [{ ...day, maxAmount: -1 }, 'maxAmount'],
    [{ ...day, maxAmount: 1.5 }, 'maxAmount'],
    [{ ...day, maxAmount: 2 ** 53 }, 'maxAmount'],
    [{ ...day, minAmount: 1 }, 'minAmount'],
    [{ ...day, timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ ...day, warnAtPercent: 0 }, 'warnAtPercent'],
    [{ ...day, match: { merchantIds: [] } }, 'match.merchantIds'],
    [{ ...day, currency: 'XXX' }, 'currency'],
    [{ ...day, reject: { code: 'no_route' } }, 'reject.code'],
    [{ ...single, scope: ['payer'] }, 'scope'],
    [{ ...single, maxCount: 3 }, 'maxCount'],
    [{ ...single, minAmount: 101 }, 'minAmount'],
    [{ ...single, minAmount: undefined, maxAmount: undefined }, 'maxAmount'],
    [{ ...day, surprise: 1 }, ''],
  ])('%j is wrong at %s', (document, path) => {
    expect([...new Set(wrongPaths(document))]).toEqual([path]);
  });

  it('is about routes when it names channels or accounts, in scope or match', () => {
    const parsed = (own: object) => limitDocumentSchema.parse({ ...day, ...own });
    expect(isRouteLimit(parsed({}))).toBe(false);
    expect(isRouteLimit(parsed({ scope: ['channel'] }))).toBe(true);
    expect(isRouteLimit(parsed({ match: { accountIds: ['wx-main'] } }))).toBe(true);
  });
});
