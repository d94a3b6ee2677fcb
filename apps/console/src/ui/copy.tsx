'use client';

import { Check, Copy as CopyIcon } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button';

function useCopy(text: string): [boolean, () => void] {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return [done, () => void copy()];
}

/** A number to copy: shown whole, copied plain. */
export function Copy({ text, label, copied }: { text: string; label: string; copied: string }) {
  const [done, copy] = useCopy(text);
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <span className="font-mono text-xs break-all">{text}</span>
      <button
        type="button"
        onClick={copy}
        aria-label={`${label} ${text}`}
        className="-my-1 grid size-6 shrink-0 place-items-center rounded-sm text-subtle hover:bg-surface hover:text-fg"
      >
        {done ? <Check size={13} aria-hidden /> : <CopyIcon size={13} aria-hidden />}
      </button>
      <span role="status" className="sr-only">
        {done ? copied : ''}
      </span>
    </span>
  );
}

/** A button that copies some text which is not shown as such. */
export function CopyButton({ text, label, copied }: { text: string; label: string; copied: string }) {
  const [done, copy] = useCopy(text);
  return (
    <Button look="quiet" onClick={copy} className="-mx-3">
      {done ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
      {done ? copied : label}
      <span role="status" className="sr-only">
        {done ? copied : ''}
      </span>
    </Button>
  );
}
