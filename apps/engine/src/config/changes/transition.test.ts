import { type ChangeStatus, changeStatuses } from '@tributary/contracts/change';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterAct, changeActs } from './transition.ts';

describe('the life of a change', () => {
  it('never comes into force without an approval after the last edit, except in an emergency', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...changeActs), { maxLength: 40 }), (acts) => {
        let status: ChangeStatus = 'draft';
        let approved = false;
        for (const act of acts) {
          const next = afterAct(status, act);
          if (next === undefined) continue;
          if (act === 'approve') approved = true;
          if (act === 'edit' || act === 'submit' || act === 'void') approved = false;
          if (act === 'publish' || act === 'start_canary') expect(approved).toBe(true);
          status = next;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('comes to rest: nothing can be done to what was withdrawn or rolled back', () => {
    for (const status of ['withdrawn', 'rolled_back'] as const)
      for (const act of changeActs) expect(afterAct(status, act)).toBeUndefined();
  });

  it('reaches every status from the draft, and can be withdrawn at any point before it is in force', () => {
    const reached = new Set<ChangeStatus>(['draft']);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const status of [...reached])
        for (const act of changeActs) {
          const next = afterAct(status, act);
          if (next) reached.add(next);
        }
    }
    expect([...reached].sort()).toEqual([...changeStatuses].sort());
    for (const status of ['draft', 'in_review', 'approved', 'scheduled', 'rejected', 'voided'] as const)
      expect(afterAct(status, 'withdraw')).toBe('withdrawn');
  });
});
