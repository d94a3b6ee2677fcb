'use client';

import { faultOwners, refusalCodes } from '@tributary/contracts/response-codes';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { overrideOf, withOverride, withoutOverride } from './override-document';
import type { Codes } from './response-codes';

/** What one code means from now on. Saved as a change of the channel's response codes, which another person approves. */
export function MapCode({
  codes: { channel, overrides, overrideVersion, rows },
  code,
  message,
  onClose,
}: {
  codes: Codes;
  code: string;
  message: string;
  onClose: () => void;
}) {
  const t = useTranslations('codes');
  const failures = useTranslations('failures');
  // What the form was opened on: a version published meanwhile must come up as a conflict.
  const [base] = useState({ overrides, version: overrideVersion });
  const [proposal, setProposal] = useState<Proposal>();
  const row = rows.find((one) => one.code === code);
  const before = base.overrides.find((one) => one.code === code);
  const [outcome, setOutcome] = useState<string>(before?.outcome.kind ?? 'unknown');
  const propose = (document: Record<string, unknown>, title: string) =>
    setProposal({
      title,
      items: [{ kind: 'response_codes', objectId: channel.id, document, baseVersion: base.version }],
    });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const override = overrideOf(code, (name) => String(form.get(name) ?? '').trim());
    propose(withOverride(channel.id, base.overrides, override), t('changeTitle', { channel: channel.name, code }));
  };
  if (proposal) return <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={onClose} />;
  const text = (name: string, label: string, value: string) => (
    <Field label={label}>{(id) => <Input id={id} name={name} defaultValue={value} maxLength={200} />}</Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('mapTitle', { code })}
      description={message === '' ? t('mapEffect') : `${t('channelSays', { text: message })} ${t('mapEffect')}`}
      wide
    >
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid gap-3 md:grid-cols-2">
          {text('meaning', t('meaningZh'), before?.meaning ?? row?.meaning.zh ?? '')}
          {text('meaningEn', t('meaningEn'), before?.meaningEn ?? row?.meaning.en ?? '')}
          <Field label={t('outcome')}>
            {(id) => (
              <Select id={id} name="outcome" value={outcome} onChange={(event) => setOutcome(event.target.value)}>
                <option value="unknown">{t('staysUnknown')}</option>
                <option value="declined">{t('isDeclined')}</option>
              </Select>
            )}
          </Field>
          <Field label={t('owner')}>
            {(id) => (
              <Select id={id} name="fault" defaultValue={before?.outcome.fault ?? row?.owner ?? 'channel'}>
                {faultOwners.map((one) => (
                  <option key={one} value={one}>
                    {t(`owners.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {outcome === 'declined' ? (
            <>
              <Field label={t('unified')}>
                {(id) => (
                  <Select
                    id={id}
                    name="failureCode"
                    defaultValue={before?.outcome.kind === 'declined' ? before.outcome.failureCode : 'channel_declined'}
                  >
                    {refusalCodes.map((one) => (
                      <option key={one} value={one}>
                        {failures(one)} ({one})
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              {text('payerMessage', t('payerMessage'), before?.payerMessage ?? '')}
            </>
          ) : null}
        </div>
        {outcome === 'declined' ? (
          <p role="note" className="rounded-md bg-warn-bg px-3 py-2 text-warn">
            {t('declineRisk')}
          </p>
        ) : null}
        <div className="flex flex-wrap gap-x-6 gap-y-2">
          <label className="flex items-center gap-1.5">
            <input
              type="checkbox"
              name="retrySame"
              defaultChecked={before?.retrySame ?? row?.retrySame ?? false}
              value="yes"
            />
            {t('retrySameLong')}
          </label>
          {outcome === 'declined' ? (
            <label className="flex items-center gap-1.5">
              <input
                type="checkbox"
                name="failOver"
                defaultChecked={
                  before ? before.outcome.kind === 'declined' && before.outcome.failOver : row?.mayFailOver
                }
                value="yes"
              />
              {t('mayFailOverLong')}
            </label>
          ) : null}
        </div>
        <div className="flex flex-wrap justify-end gap-2">
          {before ? (
            <Button
              look="danger"
              className="mr-auto"
              onClick={() =>
                propose(
                  withoutOverride(channel.id, base.overrides, code),
                  t('removeTitle', { channel: channel.name, code }),
                )
              }
            >
              {t('removeOverride')}
            </Button>
          ) : null}
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit">
            {t('propose')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
