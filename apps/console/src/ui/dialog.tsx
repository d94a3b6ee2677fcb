'use client';

import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

/** A dialog that says what will happen; its buttons are verbs. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  closeLabel,
  children,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  closeLabel: string;
  children: ReactNode;
  wide?: boolean;
}) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => next || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={`fixed inset-x-3 top-[8vh] z-50 mx-auto max-h-[84vh] overflow-auto rounded-md border bg-bg p-5 shadow-xl ${wide ? 'max-w-4xl' : 'max-w-lg'}`}
        >
          <Radix.Title className="pr-8 text-[15px] leading-6 font-semibold">{title}</Radix.Title>
          {description ? <Radix.Description className="mt-1 text-muted">{description}</Radix.Description> : null}
          <div className="mt-4">{children}</div>
          <Radix.Close
            className="absolute top-3 right-3 grid size-8 place-items-center rounded-md text-muted hover:bg-surface"
            aria-label={closeLabel}
          >
            <X size={16} aria-hidden />
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
