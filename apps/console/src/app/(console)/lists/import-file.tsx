'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Table, Td, Th } from '@/ui/table';
import type { List } from './lists';

type Preview = Outputs['lists']['importPreview'];

/** What one part of a file may hold, in characters; the engine takes a million. */
const partChars = 900_000;

/** A file into a list, in two steps: it is sent and looked at, and nothing is imported until that is confirmed. */
export function ImportFile({
  list,
  onClose,
  onDone,
}: {
  list: List;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [preview, setPreview] = useState<Preview>();
  const [progress, setProgress] = useState<{ sent: number; of: number }>();
  const [problem, setProblem] = useState<string>();
  const start = useMutation(trpc.lists.importStart.mutationOptions());
  const send = useMutation(trpc.lists.importPart.mutationOptions());
  const discard = useMutation(trpc.lists.importDiscard.mutationOptions());
  const confirm = useMutation(
    trpc.lists.importConfirm.mutationOptions({
      onSuccess: async (done) => {
        toast.success(
          done.waiting
            ? t('asked', { count: done.import.rows })
            : t('imported', { added: done.added, changed: done.changed }),
        );
        onClose();
        await onDone();
      },
    }),
  );

  async function upload(file: File, reason: string): Promise<void> {
    setProblem(undefined);
    setProgress({ sent: 0, of: file.size });
    const { importId } = await start.mutateAsync({ list: list.id, fileName: file.name, reason });
    // Read as a stream: a file of a hundred megabytes is never one text in memory.
    const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    let part = 0;
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (value) {
        buffer += value;
        bytes += value.length;
      }
      while (buffer.length > partChars || done) {
        const text = buffer.slice(0, partChars);
        buffer = buffer.slice(text.length);
        const last = done && buffer === '';
        await send.mutateAsync({ importId, part: part++, text, last });
        setProgress({ sent: Math.min(bytes, file.size), of: file.size });
        if (last) {
          setPreview(await queries.fetchQuery(trpc.lists.importPreview.queryOptions({ importId }, { staleTime: 0 })));
          return;
        }
      }
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const file = data.get('file');
    if (!(file instanceof File)) return;
    upload(file, String(data.get('reason') ?? '').trim())
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setProgress(undefined));
  };
  const close = () => {
    if (preview && !confirm.isSuccess) discard.mutate({ importId: preview.import.id });
    onClose();
  };
  return (
    <Dialog
      open
      onClose={close}
      closeLabel={t('cancel')}
      title={t('importTitle', { list: list.name })}
      description={t('importHint')}
      wide
    >
      {preview ? (
        <PreviewOf
          preview={preview}
          asks={list.effect === 'allow'}
          busy={confirm.isPending}
          error={confirm.error?.message}
          onCancel={close}
          onConfirm={(withoutBadLines) => confirm.mutate({ importId: preview.import.id, withoutBadLines })}
        />
      ) : (
        <form onSubmit={submit} className="grid gap-4">
          <Field label={t('file')} error={problem}>
            {(id) => <input id={id} name="file" type="file" accept=".csv,.txt,text/csv,text/plain" required />}
          </Field>
          <Field label={t('reasonForAll')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
          {progress ? (
            <p role="status" className="grid gap-1 text-muted">
              {t('sending', { share: progress.of === 0 ? 100 : Math.round((progress.sent / progress.of) * 100) })}
              <progress aria-label={t('file')} max={progress.of} value={progress.sent} className="h-1.5 w-full" />
            </p>
          ) : null}
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{t('cancel')}</Button>
            <Button look="primary" type="submit" disabled={progress !== undefined}>
              {t('look')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function PreviewOf({
  preview,
  asks,
  busy,
  error,
  onCancel,
  onConfirm,
}: {
  preview: Preview;
  /** A second person has to approve it. */
  asks: boolean;
  busy: boolean;
  error: string | undefined;
  onCancel: () => void;
  onConfirm: (withoutBadLines: boolean) => void;
}) {
  const t = useTranslations('lists');
  const { badLines, problems } = preview.import;
  const [leaveOut, setLeaveOut] = useState(false);
  return (
    <div className="grid gap-4">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {(
          [
            ['toAdd', preview.added, ''],
            ['toChange', preview.changed, ''],
            ['unchanged', preview.unchanged, ''],
            ['badLines', badLines, badLines > 0 ? 'text-failed' : ''],
          ] as const
        ).map(([key, count, look]) => (
          <div key={key}>
            <dt className="text-xs text-muted">{t(key)}</dt>
            <dd className={`text-xl font-semibold ${look}`}>{count}</dd>
          </div>
        ))}
      </dl>
      {badLines > 0 ? (
        <>
          <div className="max-h-64 overflow-auto rounded-md border">
            <Table
              label={t('badLines')}
              head={[t('line'), t('text'), t('why')].map((name) => <Th key={name}>{name}</Th>)}
            >
              {problems.map((one) => (
                <tr key={`${one.line} ${one.message}`} className="border-b">
                  <Td>{one.line}</Td>
                  <Td className="font-mono text-xs break-all">{one.text}</Td>
                  <Td className="text-failed">{one.message}</Td>
                </tr>
              ))}
            </Table>
          </div>
          {problems.length < badLines ? (
            <p className="text-xs text-muted">{t('moreBad', { count: badLines - problems.length })}</p>
          ) : null}
          <label className="flex items-center gap-2">
            <input type="checkbox" checked={leaveOut} onChange={(event) => setLeaveOut(event.target.checked)} />
            {t('leaveOut', { count: badLines })}
          </label>
        </>
      ) : null}
      {error ? (
        <p role="alert" className="text-failed">
          {error}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t('discard')}</Button>
        <Button
          look="primary"
          disabled={busy || (badLines > 0 && !leaveOut) || preview.added + preview.changed === 0}
          onClick={() => onConfirm(leaveOut)}
        >
          {t(asks ? 'askImport' : 'confirmImport', { count: preview.added + preview.changed })}
        </Button>
      </div>
    </div>
  );
}
