'use client';

import { Check, Copy as CopyIcon } from 'lucide-react';
import { useState } from 'react';

/** A number to copy: shown whole, copied plain. */
export function Copy({ text, label, copied }: { text: string; label: string; copied: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <span className="font-mono text-xs break-all">{text}</span>
      <button
        type="button"
        onClick={copy}
        aria-label={`${label} ${text}`}
        className="grid size-6 shrink-0 place-items-center rounded-sm text-subtle hover:bg-surface hover:text-fg"
      >
        {done ? <Check size={13} aria-hidden /> : <CopyIcon size={13} aria-hidden />}
      </button>
      <span role="status" className="sr-only">
        {done ? copied : ''}
      </span>
    </span>
  );
}
