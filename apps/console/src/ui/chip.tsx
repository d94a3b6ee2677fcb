import {
  CalendarClock,
  Check,
  CircleX,
  Clock,
  Loader,
  MinusCircle,
  RotateCcw,
  ShieldX,
  TriangleAlert,
  Undo2,
  UserCheck,
} from 'lucide-react';
import type { ReactNode } from 'react';

/** How a state looks: always an icon and a word, never colour alone. "Unknown" never looks like "failed". */
const tones = {
  success: { icon: Check, look: 'bg-success-bg text-success' },
  processing: { icon: Loader, look: 'bg-processing-bg text-processing' },
  pending: { icon: Clock, look: 'bg-pending-bg text-pending' },
  failed: { icon: CircleX, look: 'bg-failed-bg text-failed' },
  warn: { icon: TriangleAlert, look: 'bg-warn-bg text-warn' },
  blocked: { icon: ShieldX, look: 'bg-blocked-bg text-blocked' },
  refunded: { icon: RotateCcw, look: 'bg-refunded-bg text-refunded' },
  closed: { icon: MinusCircle, look: 'bg-closed-bg text-closed' },
  /** Waits for a person. */
  review: { icon: UserCheck, look: 'bg-processing-bg text-processing' },
  /** Waits for its time. */
  scheduled: { icon: CalendarClock, look: 'bg-refunded-bg text-refunded' },
  undone: { icon: Undo2, look: 'bg-failed-bg text-failed' },
} as const;

export type Tone = keyof typeof tones;

export function Chip({ tone, children, large = false }: { tone: Tone; children: ReactNode; large?: boolean }) {
  const { icon: Icon, look } = tones[tone];
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-sm font-medium whitespace-nowrap ${large ? 'h-7 px-2' : 'h-5 px-1.5 text-xs'} ${look}`}
    >
      <Icon size={large ? 15 : 12} aria-hidden />
      {children}
    </span>
  );
}
