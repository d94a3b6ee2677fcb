'use client';

import { Plus, Redo2, Undo2 } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { Button } from '@/ui/button';

export const modes = ['table', 'form', 'json'] as const;
export type Mode = (typeof modes)[number];

/** Which of the three editors, and the way back. */
export function Toolbar({
  mode,
  onMode,
  canUndo,
  canRedo,
  onUndo,
  onRedo,
  onAdd,
}: {
  mode: Mode;
  onMode: (mode: Mode) => void;
  canUndo: boolean;
  canRedo: boolean;
  onUndo: () => void;
  onRedo: () => void;
  onAdd: (() => void) | undefined;
}) {
  const t = useTranslations('ruleEditor');
  return (
    <div className="mb-3 flex flex-wrap items-center gap-1.5">
      <div role="tablist" aria-label={t('editors')} className="flex rounded-md border border-edge p-0.5">
        {modes.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={mode === one}
            onClick={() => onMode(one)}
            className={`h-6.5 rounded-sm px-3 ${mode === one ? 'bg-processing-bg font-medium text-processing' : 'text-muted hover:text-fg'}`}
          >
            {t(`modes.${one}`)}
          </button>
        ))}
      </div>
      <Button
        look="quiet"
        className="px-2"
        aria-label={t('undo')}
        title={t('undo')}
        disabled={!canUndo}
        onClick={onUndo}
      >
        <Undo2 size={15} aria-hidden />
      </Button>
      <Button
        look="quiet"
        className="px-2"
        aria-label={t('redo')}
        title={t('redo')}
        disabled={!canRedo}
        onClick={onRedo}
      >
        <Redo2 size={15} aria-hidden />
      </Button>
      {onAdd ? (
        <Button onClick={onAdd}>
          <Plus size={14} aria-hidden />
          {t('addRule')}
        </Button>
      ) : null}
    </div>
  );
}
