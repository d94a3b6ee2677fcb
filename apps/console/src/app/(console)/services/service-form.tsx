'use client';

import { type ServiceConfig, serviceConfigSchema } from '@tributary/contracts/service-config';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { parseJson } from '@/rules/json-fault';
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
  const [text, setText] = useState(() => JSON.stringify(config, null, 2));
  const [proposal, setProposal] = useState<Proposal>();
  // What the form was opened on: a version published meanwhile must come up as a conflict.
  const [base] = useState(version);
  const checked = check(text);
  const propose = () => {
    if (!checked.config) return;
    setProposal({
      title: t(base === 0 ? 'addTitle' : 'changeTitle', { id: checked.config.id }),
      items: [{ kind: 'service', objectId: checked.config.id, document: checked.config, baseVersion: base }],
    });
  };
  if (proposal) return <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={onClose} />;
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
      </ul>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="primary" disabled={checked.config === undefined} onClick={propose}>
          {t('propose')}
        </Button>
      </div>
    </Dialog>
  );
}

function check(text: string): { config?: ServiceConfig; issues: string[] } {
  try {
    const parsed = serviceConfigSchema.safeParse(parseJson(text));
    if (parsed.success) return { config: parsed.data, issues: [] };
    return { issues: parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`) };
  } catch (error) {
    return { issues: [error instanceof Error ? error.message : String(error)] };
  }
}
