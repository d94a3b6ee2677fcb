import { describe, expect, it } from 'vitest';
import { builtInLists, type ListConfig, listConfigSchema, withBuiltInLists } from './list.ts';

const vip: ListConfig = { id: 'vip', name: 'VIP', subject: 'payer', effect: 'allow' };

describe('definitions of lists', () => {
  it('are always there for what every house blocks, and can be more', () => {
    const lists = withBuiltInLists([vip]);
    expect([...lists.keys()]).toEqual(['merchant', 'payer', 'device', 'ip', 'card_bin', 'bank', 'vip']);
    expect(lists.get('vip')).toEqual(vip);
    for (const list of lists.values()) expect(listConfigSchema.parse(list)).toEqual(list);
  });

  it('may give a built-in list another name and effect, and never another subject: its entries were written for it', () => {
    const lists = withBuiltInLists([{ id: 'ip', name: 'Watched addresses', subject: 'payer', effect: 'watch' }]);
    expect(lists.get('ip')).toEqual({ id: 'ip', name: 'Watched addresses', subject: 'ip', effect: 'watch' });
    expect(lists.size).toBe(builtInLists.length);
  });

  it('are refused with a name of their own making, an unknown subject or anything else in them', () => {
    for (const own of [
      { id: 'VIP' },
      { id: '__proto__' },
      { id: 'x' },
      { id: 'a'.repeat(49) },
      { subject: 'city' },
      { effect: 'reject' },
      { name: '' },
      { name: 'a\u0000' },
      { entries: [] },
    ])
      expect(listConfigSchema.safeParse({ ...vip, ...own }).success, JSON.stringify(own)).toBe(false);
  });
});
