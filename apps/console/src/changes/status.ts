import type { ChangeStatus } from '@tributary/contracts/change';
import type { Tone } from '../ui/chip.tsx';

/** How a state looks. Scheduled, approved and voided never look alike: one waits for its time, one for a person, one is lost. */
export const changeTones: Readonly<Record<ChangeStatus, Tone>> = {
  draft: 'pending',
  in_review: 'review',
  approved: 'success',
  scheduled: 'scheduled',
  canary: 'warn',
  watching: 'warn',
  verified: 'success',
  rolled_back: 'undone',
  rejected: 'failed',
  withdrawn: 'closed',
  voided: 'blocked',
};

export type StepMark = 'done' | 'now' | 'ahead' | 'ended';
export type Step = { readonly status: ChangeStatus; readonly mark: StepMark };

const way: readonly ChangeStatus[] = ['draft', 'in_review', 'approved', 'scheduled', 'canary', 'watching', 'verified'];
/** Stops that only some changes make. */
const optional: ReadonlySet<ChangeStatus> = new Set(['scheduled', 'canary']);

/**
 * The way of a change as it is drawn: where it has been, where it is, what lies ahead. A change that ended off the way
 * shows how far it came and then its end. Optional stops are shown only when made or planned.
 */
export function stepsOf(
  status: ChangeStatus,
  visited: ReadonlySet<ChangeStatus>,
  planned: ReadonlySet<ChangeStatus> = new Set(),
): Step[] {
  const at = way.indexOf(status);
  const shown = way.filter((one) => !optional.has(one) || one === status || visited.has(one) || planned.has(one));
  if (at >= 0) {
    return shown.map((one) => {
      const place = way.indexOf(one);
      const mark = one === status ? (status === 'verified' ? 'done' : 'now') : place < at ? 'done' : 'ahead';
      return { status: one, mark };
    });
  }
  const reached = shown.filter((one) => one === 'draft' || (visited.has(one) && one !== 'verified'));
  return [...reached.map((one): Step => ({ status: one, mark: 'done' })), { status, mark: 'ended' }];
}
