import { type ChangeStatus, changeStatuses } from '@tributary/contracts/change';
import { describe, expect, it } from 'vitest';
import { changeTones, stepsOf } from './status.ts';

const visited = (...statuses: ChangeStatus[]) => new Set(statuses);

describe('the way of a change', () => {
  it('has a look for every state, and exactly one place where a change is', () => {
    for (const status of changeStatuses) {
      expect(changeTones[status]).toBeDefined();
      const steps = stepsOf(status, visited('draft', status));
      expect(steps.filter((step) => step.status === status)).toHaveLength(1);
      expect(steps.filter(({ mark }) => mark === 'now' || mark === 'ended').length).toBe(status === 'verified' ? 0 : 1);
    }
  });
  it('tells scheduled, approved and voided apart', () => {
    expect(new Set([changeTones.scheduled, changeTones.approved, changeTones.voided]).size).toBe(3);
  });
  it('shows a canary only where there is one', () => {
    const names = (status: ChangeStatus, planned?: Set<ChangeStatus>) =>
      stepsOf(status, visited('draft'), planned).map((step) => step.status);
    expect(names('draft')).toEqual(['draft', 'in_review', 'approved', 'watching', 'verified']);
    expect(names('approved', visited('canary'))).toContain('canary');
    expect(names('canary')).toContain('canary');
  });
  it('ends where it ended', () => {
    expect(stepsOf('rolled_back', visited('draft', 'in_review', 'approved', 'watching'))).toEqual([
      { status: 'draft', mark: 'done' },
      { status: 'in_review', mark: 'done' },
      { status: 'approved', mark: 'done' },
      { status: 'watching', mark: 'done' },
      { status: 'rolled_back', mark: 'ended' },
    ]);
    expect(stepsOf('withdrawn', visited('draft')).map(({ mark }) => mark)).toEqual(['done', 'ended']);
  });
});
