import { describe, expect, it } from 'vitest';
import { filterInput, ignoredValues, type OrderFilters, orderFilters, sharedSearch } from './order-filters.ts';

const none: OrderFilters = {
  status: [],
  channel: '',
  service: '',
  merchant: '',
  failure: '',
  min: null,
  max: null,
  t: null,
  from: null,
  to: null,
};
const now = Date.UTC(2026, 10, 23, 6, 45, 30);

describe('the address of the order list', () => {
  it('reads what it understands and drops the rest', () => {
    expect(orderFilters.status.parse('failed,processing')).toEqual(['failed', 'processing']);
    expect(orderFilters.from.parse('yesterday')).toBeNull();
    expect(orderFilters.t.parse('3h')).toBeNull();
  });
  it('asks the engine only for what is chosen, in a fixed order', () => {
    expect(filterInput(none, now)).toEqual({});
    expect(filterInput({ ...none, status: ['succeeded', 'failed'], min: 0, merchant: 'mch_cafe' }, now)).toEqual({
      status: ['failed', 'succeeded'],
      minAmount: 0,
      merchantId: 'mch_cafe',
    });
  });
  it('turns a moving window into whole minutes; fixed times win', () => {
    expect(filterInput({ ...none, t: '15m' }, now)).toEqual({ from: Date.UTC(2026, 10, 23, 6, 30) });
    expect(filterInput({ ...none, t: '15m', from: 5 }, now)).toEqual({ from: 5 });
  });
  it('says which values of a link were left out', () => {
    expect(ignoredValues(new URLSearchParams('status=failed,xyz&from=soon&t=3h&min=100&other=1'))).toEqual([
      'status=xyz',
      'from=soon',
      't=3h',
    ]);
    expect(ignoredValues(new URLSearchParams(''))).toEqual([]);
  });
  it('shares fixed times, not "the last hour", and keeps what it does not know', () => {
    const shared = sharedSearch(new URLSearchParams('t=1h&status=failed&x=1'), { ...none, t: '1h' }, now);
    expect(shared).toBe(`from=${Date.UTC(2026, 10, 23, 5, 45)}&status=failed&to=${Date.UTC(2026, 10, 23, 6, 46)}&x=1`);
  });
});
