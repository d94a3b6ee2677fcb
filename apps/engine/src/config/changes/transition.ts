import type { ChangeStatus } from '@tributary/contracts/change';

/** What can be done to a change. `void` is what happens to it by itself when its approval no longer counts. */
export const changeActs = [
  'edit',
  'submit',
  'approve',
  'reject',
  'withdraw',
  'void',
  'schedule',
  'unschedule',
  'start_canary',
  'publish',
  'publish_emergency',
  'verify',
  'roll_back',
] as const;
export type ChangeAct = (typeof changeActs)[number];

/** The only status table of changes. What is not in it can't be done. */
const table: Record<ChangeStatus, Partial<Record<ChangeAct, ChangeStatus>>> = {
  draft: { edit: 'draft', submit: 'in_review', withdraw: 'withdrawn', publish_emergency: 'watching' },
  in_review: { edit: 'draft', approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', void: 'voided' },
  approved: {
    // Whatever is changed after an approval was not approved.
    edit: 'voided',
    void: 'voided',
    publish: 'watching',
    start_canary: 'canary',
    schedule: 'scheduled',
    withdraw: 'withdrawn',
  },
  scheduled: {
    edit: 'voided',
    void: 'voided',
    publish: 'watching',
    start_canary: 'canary',
    unschedule: 'approved',
    withdraw: 'withdrawn',
  },
  canary: { publish: 'watching', roll_back: 'rolled_back' },
  watching: { verify: 'verified', roll_back: 'rolled_back' },
  verified: { roll_back: 'rolled_back' },
  rolled_back: {},
  rejected: { edit: 'draft', withdraw: 'withdrawn' },
  withdrawn: {},
  voided: { edit: 'voided', submit: 'in_review', withdraw: 'withdrawn' },
};

/** Where an act leads; undefined when it can't be done from there. */
export const afterAct = (status: ChangeStatus, act: ChangeAct): ChangeStatus | undefined => table[status][act];

/** Whether the documents of a change are in force for anybody. */
export const isInForce = (status: ChangeStatus): boolean =>
  status === 'canary' || status === 'watching' || status === 'verified';
