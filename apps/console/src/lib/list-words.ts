import type { ListEffect, ListSubject } from '@tributary/contracts/list';

// The contract's words again: its module brings the schema library along, which no page needs.
export const listSubjects = ['payer', 'merchant', 'device', 'ip', 'card_bin', 'bank'] as const satisfies ListSubject[];
export const listEffects = ['block', 'allow', 'watch'] as const satisfies ListEffect[];
