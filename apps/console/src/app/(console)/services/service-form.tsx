'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ServiceConfig, serviceConfigSchema } from '@tributary/contracts/service-config';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Textarea } from '@/ui/field';

/** A service is data: its document, checked by the schema that the engine checks it with. `version` 0 makes a new one. */
export function ServiceForm({
  config,
  version,
  onClose,
}: {
  config: ServiceConfig;
  version: number;
  onClose: () => void;
}) {
  const t = useTranslations('services');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [text, setText] = useState(() => JSON.stringify(config, null, 2));
  const checked = check(text);
  const save = useMutation(
    trpc.services.save.mutationOptions({
      onSuccess: async () => {
        toast.success(t('saved'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.services.pathKey() });
      },
    }),
  );
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={version === 0 ? t('cloneTitle') : t('editTitle', { id: config.id })}
      description={t('effect')}
      wide
    >
      <Field label={t('document')}>
        {(id) => (
          <Textarea
            id={id}
            rows={24}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-invalid={checked.config === undefined}
          />
        )}
      </Field>
      <ul aria-live="polite" className="mt-2 text-failed">
        {checked.issues.map((issue) => (
          <li key={issue}>{issue}</li>
        ))}
        {save.error ? <li>{save.error.message}</li> : null}
      </ul>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="primary"
          disabled={checked.config === undefined || save.isPending}
          onClick={() => checked.config && save.mutate({ config: checked.config, version })}
        >
          {t('save')}
        </Button>
      </div>
    </Dialog>
  );
}

function check(text: string): { config?: ServiceConfig; issues: string[] } {
  try {
    const parsed = serviceConfigSchema.safeParse(JSON.parse(text));
    if (parsed.success) return { config: parsed.data, issues: [] };
    return { issues: parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`) };
  } catch (error) {
    return { issues: [error instanceof Error ? error.message : String(error)] };
  }
}
