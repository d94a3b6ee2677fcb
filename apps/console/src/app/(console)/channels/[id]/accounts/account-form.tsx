'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { type Json, type Schema, SchemaFields } from './schema-fields';
import type { Account, AccountActs, FieldErrors } from './use-accounts';

/** A new account, or a new version of one: the adapter says which fields there are. Secrets go in and never come back. */
export function AccountForm({
  channelId,
  account,
  acts,
  onClose,
}: {
  channelId: string;
  account: Account | undefined;
  acts: AccountActs;
  onClose: () => void;
}) {
  const t = useTranslations('accounts');
  const query = useQuery(useTrpc().channelAccounts.schema.queryOptions({ channelId }, { staleTime: 60_000 }));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      closeLabel={t('cancel')}
      title={account ? t('stageTitle', { name: account.label }) : t('createTitle')}
      description={account ? t('stageLead') : t('createLead')}
    >
      <Loaded query={query}>
        {({ config, secrets }) => (
          <Fields
            channelId={channelId}
            account={account}
            acts={acts}
            schemas={{ config: config as Schema, secrets: secrets as Schema }}
            onClose={onClose}
          />
        )}
      </Loaded>
    </Dialog>
  );
}

function Fields({
  channelId,
  account,
  acts,
  schemas,
  onClose,
}: {
  channelId: string;
  account: Account | undefined;
  acts: AccountActs;
  schemas: { config: Schema; secrets: Schema };
  onClose: () => void;
}) {
  const t = useTranslations('accounts');
  const { may } = useMe();
  // What the form was opened on: a version put in force meanwhile must come up as a conflict.
  const [base] = useState(
    () =>
      account?.versions.find(({ state }) => state === 'live') ??
      account?.versions.find(({ state }) => state === 'staged'),
  );
  const [baseVersion] = useState(account?.version ?? 0);
  const [config, setConfig] = useState<{ [name: string]: Json }>(
    () => structuredClone(base?.keys?.config ?? {}) as { [name: string]: Json },
  );
  const [secrets, setSecrets] = useState<{ [name: string]: Json }>({});
  const act = account ? acts.stage : acts.create;
  const errors: FieldErrors = act.error?.data?.errors ?? [];
  const errorAt = (path: string) => errors.find((one) => one.path === path)?.message;
  const marks = base?.keys?.marks ?? {};

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const shared = {
      accountId: account?.id ?? text('accountId'),
      baseUrl: text('baseUrl'),
      config: withChosenShapes(schemas.config, config),
      secrets: secrets as Record<string, string>,
      expiresOn: text('expiresOn') || null,
      note: text('note'),
    };
    // What was typed into secrets is kept nowhere but in this form, and goes with it.
    const onSuccess = () => {
      setSecrets({});
      acts.stage.reset();
      acts.create.reset();
      onClose();
    };
    if (account) acts.stage.mutate({ ...shared, baseVersion }, { onSuccess });
    else acts.create.mutate({ ...shared, channelId, label: text('label') }, { onSuccess });
  };

  return (
    <form onSubmit={submit} className="grid gap-4" autoComplete="off">
      <div className="grid gap-3 sm:grid-cols-2">
        {account ? null : (
          <>
            <Field label={t('accountId')} error={errorAt('accountId')}>
              {(id) => <Input id={id} name="accountId" required pattern="[a-z0-9][a-z0-9\-]{1,62}" />}
            </Field>
            <Field label={t('label')} error={errorAt('label')}>
              {(id) => <Input id={id} name="label" required maxLength={80} />}
            </Field>
          </>
        )}
        <Field label={t('baseUrl')} error={errorAt('baseUrl')}>
          {(id) => <Input id={id} name="baseUrl" type="url" required defaultValue={base?.baseUrl ?? ''} />}
        </Field>
        <Field label={t('expiresOn')} error={errorAt('expiresOn')}>
          {(id) => (
            <Input
              id={id}
              name="expiresOn"
              type="date"
              defaultValue={base?.expiresAt ? new Date(base.expiresAt).toISOString().slice(0, 10) : ''}
            />
          )}
        </Field>
      </div>
      <section aria-label={t('config')} className="grid gap-3">
        <h3 className="font-medium">{t('config')}</h3>
        <SchemaFields
          schema={schemas.config}
          value={config}
          path="config"
          onChange={setConfig}
          errors={errors}
          fixed={baseVersion > 0}
        />
      </section>
      {may('channelKeys.rotate') ? (
        <section aria-label={t('secrets')} className="grid gap-3">
          <h3 className="font-medium">{t('secrets')}</h3>
          <p className="text-xs text-muted">{account ? t('secretsKept') : t('secretsOnce')}</p>
          <SchemaFields
            schema={{
              ...schemas.secrets,
              ...(account ? { required: [] } : {}),
              properties: withMarks(schemas.secrets, marks),
            }}
            value={secrets}
            path="secrets"
            onChange={setSecrets}
            errors={errors}
            fixed={false}
          />
        </section>
      ) : null}
      <Field label={t('note')} error={errorAt('note')}>
        {(id) => <Input id={id} name="note" maxLength={200} placeholder={t('notePlaceholder')} />}
      </Field>
      {act.error ? (
        <div role="alert" className="text-failed">
          <p>{act.error.message}</p>
          <ul className="list-disc pl-5 text-xs">
            {errors.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <span className="font-mono">{path}</span> {message}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="primary" type="submit" disabled={act.isPending}>
          {t('stage')}
        </Button>
      </div>
    </form>
  );
}

/** A shape that was shown from the start, and never chosen by hand, is chosen all the same. */
function withChosenShapes(schema: Schema, value: { [name: string]: Json }): { [name: string]: Json } {
  const next = { ...value };
  for (const [name, { oneOf }] of Object.entries(schema.properties ?? {})) {
    const [tag, first] = Object.entries(oneOf?.[0]?.properties ?? {}).find(([, one]) => one.const !== undefined) ?? [];
    if (tag === undefined || first?.const === undefined || next[name] !== undefined) continue;
    next[name] = { [tag]: first.const };
  }
  return next;
}

/** Which secret is in force now, beside the field for the next one. */
function withMarks(
  schema: Schema,
  marks: Record<string, { fingerprint: string; last4?: string | undefined }>,
): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, property]) => {
      const mark = marks[name];
      const now = mark ? ` [${mark.fingerprint}${mark.last4 ? ` …${mark.last4}` : ''}]` : '';
      return [name, { ...property, description: `${property.description ?? ''}${now}` }];
    }),
  );
}
