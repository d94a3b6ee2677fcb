'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { editorOf } from '@/changes/editor-of';
import { isTyping } from '@/lib/hotkeys';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import type { Change } from '../change-detail';
import { PlanFacts } from '../plan';
import { EditItems } from './edit-items';
import { Emergency } from './emergency';
import { ReasonDialog } from './reason-dialog';
import { SubmitDialog } from './submit-dialog';

type Act =
  | 'submit'
  | 'approve'
  | 'reject'
  | 'withdraw'
  | 'publish'
  | 'promote'
  | 'cancelSchedule'
  | 'rollback'
  | 'review';

/** What is said first, by act: which text is asked for, and whether it must be given. */
const asks: Readonly<Record<Exclude<Act, 'submit'>, { label: 'reason' | 'comment' | 'none'; danger?: boolean }>> = {
  publish: { label: 'none' },
  approve: { label: 'comment' },
  reject: { label: 'comment', danger: true },
  withdraw: { label: 'reason', danger: true },
  promote: { label: 'none' },
  cancelSchedule: { label: 'none' },
  rollback: { label: 'reason', danger: true },
  review: { label: 'comment' },
};

/** What can be done to the change now. What can not says why. `a`: approve. */
export function Acts({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const router = useRouter();
  // `?act=submit` opens it at once: the editor leads here.
  const [asked, setAsked] = useQueryState('act', parseAsStringLiteral(['submit'] as const));
  const [chosen, setOpen] = useState<Act>();
  const possible = new Map(change.possible.map((one) => [one.act, one]));
  const open = chosen ?? (asked && possible.get(asked)?.may ? asked : undefined);
  const mayApprove = possible.get('approve')?.may === true;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'a' || !mayApprove || isTyping(event)) return;
      // Or the dialog's field, focused by then, would get the letter.
      event.preventDefault();
      setOpen('approve');
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [mayApprove]);
  const editor = editorOf(change.items);
  const [editing, setEditing] = useState(false);
  /** Shown when it is this state's and this role's business, even when it can't be done now: then it says why. */
  const shown = (act: string) => !['status', 'permission'].includes(possible.get(act)?.why ?? '');
  const button = (act: Act, name: string, look: 'primary' | 'plain' | 'danger') => {
    const one = possible.get(name);
    if (!one || !shown(name)) return null;
    return (
      <Button
        key={act}
        look={look}
        disabled={!one.may}
        title={one.why ? t(`whyNot.${one.why}`) : undefined}
        onClick={() => setOpen(act)}
      >
        {t(`acts.${act}`)}
      </Button>
    );
  };
  const reasons = [
    ...new Set(
      change.possible.flatMap(({ act, why }) =>
        why && why !== 'status' && why !== 'permission' && ['submit', 'approve', 'publish', 'rollback'].includes(act)
          ? [`${act}:${why}`]
          : [],
      ),
    ),
  ];
  return (
    <div className="mt-4">
      <div className="flex flex-wrap gap-2">
        {button('approve', 'approve', 'primary')}
        {button('reject', 'reject', 'danger')}
        {button('submit', 'submit', 'primary')}
        {button('publish', 'publish', 'primary')}
        {button('promote', 'promote', 'primary')}
        {button('review', 'reviewEmergency', 'primary')}
        {button('cancelSchedule', 'cancelSchedule', 'plain')}
        {button('rollback', 'rollback', 'danger')}
        {possible.get('edit')?.may ? (
          <Button
            onClick={() =>
              editor ? router.push(`${editor}${editor.includes('?') ? '&' : '?'}change=${change.id}`) : setEditing(true)
            }
          >
            {t('acts.edit')}
          </Button>
        ) : null}
        {button('withdraw', 'withdraw', 'plain')}
        <Emergency change={change} />
      </div>
      {reasons.length > 0 ? (
        <ul className="mt-1.5 text-xs text-muted">
          {reasons.map((one) => {
            const [act = '', why = ''] = one.split(':');
            return <li key={one}>{t('cannot', { act: t(`acts.${act}`), why: t(`whyNot.${why}`) })}</li>;
          })}
        </ul>
      ) : null}
      {editing ? <EditItems change={change} onClose={() => setEditing(false)} /> : null}
      {open ? (
        <ActDialog
          key={open}
          act={open}
          change={change}
          onClose={() => {
            setOpen(undefined);
            void setAsked(null);
          }}
        />
      ) : null}
    </div>
  );
}

function ActDialog({ act, change, onClose }: { act: Act; change: Change; onClose: () => void }) {
  const t = useTranslations('changes');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const done = async () => {
    toast.success(t(`done.${act}`));
    onClose();
    await queries.invalidateQueries({ queryKey: trpc.changes.pathKey() });
  };
  const { id, contentHash } = change;
  const options = { onSuccess: done };
  const submit = useMutation(trpc.changes.submit.mutationOptions(options));
  const approve = useMutation(trpc.changes.approve.mutationOptions(options));
  const reject = useMutation(trpc.changes.reject.mutationOptions(options));
  const withdraw = useMutation(trpc.changes.withdraw.mutationOptions(options));
  const publish = useMutation(trpc.changes.publish.mutationOptions(options));
  const promote = useMutation(trpc.changes.promote.mutationOptions(options));
  const cancelSchedule = useMutation(trpc.changes.cancelSchedule.mutationOptions(options));
  const rollback = useMutation(trpc.changes.rollback.mutationOptions(options));
  const review = useMutation(trpc.changes.reviewEmergency.mutationOptions(options));
  const inspected = useQuery(trpc.changes.inspect.queryOptions({ id }, { enabled: act === 'submit', staleTime: 0 }));
  const findings = (inspected.data?.items ?? []).flatMap((item) => item.findings);
  const all = { submit, approve, reject, withdraw, publish, promote, cancelSchedule, rollback, review };
  const { error, isPending } = all[act];
  const message = error
    ? [
        error.message,
        ...(error.data?.errors ?? []).map((one: { path: string; message: string }) => `${one.path}: ${one.message}`),
      ].join('\n')
    : undefined;
  const effect = t(`effects.${act}`, { count: change.items.length, title: change.title });
  if (act === 'submit') {
    return (
      <SubmitDialog
        title={t('acts.submit')}
        effect={effect}
        verb={t('acts.submit')}
        plan={change.plan}
        acknowledgement={findings.length > 0 ? t('asks.acknowledgement') : undefined}
        busy={isPending || inspected.isPending}
        error={message}
        onClose={onClose}
        onSubmit={(plan, acknowledgement) =>
          submit.mutate({ id, contentHash, plan, ...(acknowledgement ? { acknowledgement } : {}) })
        }
      >
        <Findings checking={inspected.isPending} findings={findings} />
      </SubmitDialog>
    );
  }
  const { plan } = change;
  const ask = asks[act];
  const later = plan?.at !== undefined && plan.at > change.now;
  const verb =
    act === 'publish'
      ? t(`publish.${later ? 'schedule' : plan?.canary ? 'startCanary' : 'publishNow'}`)
      : t(`acts.${act}`);
  const run = (text: string) => {
    if (act === 'publish') publish.mutate({ id, contentHash });
    else if (act === 'approve' || act === 'reject' || act === 'review')
      all[act].mutate({ id, contentHash, ...(text ? { comment: text } : {}) });
    else if (act === 'withdraw' || act === 'rollback') all[act].mutate({ id, reason: text });
    else all[act].mutate({ id });
  };
  return (
    <ReasonDialog
      title={t(`acts.${act}`)}
      effect={effect}
      label={ask.label === 'none' ? undefined : t(`asks.${ask.label}`)}
      required={ask.label === 'reason' || act === 'reject'}
      verb={verb}
      danger={'danger' in ask && ask.danger === true}
      busy={isPending}
      error={message}
      onClose={onClose}
      onSubmit={run}
    >
      {(act === 'publish' || act === 'approve') && plan ? (
        <div className="mb-4">
          <PlanFacts plan={plan} />
        </div>
      ) : null}
    </ReasonDialog>
  );
}

function Findings({
  checking,
  findings,
}: {
  checking: boolean;
  findings: readonly { path: string; message: string }[];
}) {
  const t = useTranslations('changes');
  return (
    <>
      {checking ? (
        <p role="status" className="mb-3 text-muted">
          {t('checking')}
        </p>
      ) : null}
      {findings.length > 0 ? (
        <ul className="mb-3 grid max-h-48 gap-1 overflow-auto rounded-md bg-warn-bg px-3 py-2 text-warn">
          {findings.map((one) => (
            <li key={one.path + one.message}>
              <span className="font-mono text-xs">{one.path}</span> {one.message}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
