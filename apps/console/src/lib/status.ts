import type { Tone } from '@/ui/chip';

/** The tone of a payment's or an attempt's state. */
export function toneOf(status: string, hold?: string | null): Tone {
  if (hold) return 'warn';
  const tones: Record<string, Tone> = {
    created: 'pending',
    processing: 'processing',
    succeeded: 'success',
    failed: 'failed',
    closed: 'closed',
    rejected: 'blocked',
    sending: 'processing',
    pending: 'processing',
    unknown: 'warn',
    succeeded_late: 'warn',
    declined: 'failed',
    delivered: 'success',
    dead: 'failed',
  };
  return tones[status] ?? 'pending';
}
