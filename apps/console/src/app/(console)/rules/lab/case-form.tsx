'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { parseJson } from '@/rules/json-fault';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Textarea } from '@/ui/field';
import type { Case } from './test-cases';

const samples = {
  risk: { facts: { amount: 2_500_000 }, expect: { outcome: 'reject' } },
  routing: { facts: { amount: 500_000, product: 'native' }, expect: { fires: [] } },
};

/** A case as its facts and what must come out; the engine checks both and says what does not fit. */
export function CaseForm({
  kind,
  test,
  onClose,
}: {
  kind: 'risk' | 'routing';
  test: Case | undefined;
  onClose: () => void;
}) {
  const t = useTranslations('lab');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const save = useMutation(
    trpc.lab.tests[kind].save.mutationOptions({
      onSuccess: async () => {
        toast.success(t('saved'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.lab.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      const facts = parseJson(String(form.get('facts'))) as Case['facts'];
      const expect = parseJson(String(form.get('expect'))) as Case['expect'];
      setProblem(undefined);
      save.mutate({
        ...(test ? { id: test.id } : {}),
        name: String(form.get('name') ?? '').trim(),
        facts,
        expect,
        ...(test?.candidates ? { candidates: test.candidates } : {}),
      });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const initial = test ?? samples[kind];
  const errors = save.error?.data?.errors ?? [];
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('close')}
      title={t(test ? 'editCase' : 'addCase')}
      description={t(`caseHint.${kind}`)}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('case')}>
          {(id) => <Input id={id} name="name" required maxLength={120} defaultValue={test?.name ?? ''} />}
        </Field>
        <Field label={t('facts')}>
          {(id) => (
            <Textarea
              id={id}
              name="facts"
              rows={7}
              spellCheck={false}
              defaultValue={JSON.stringify(initial.facts, null, 2)}
            />
          )}
        </Field>
        <Field label={t('expects')}>
          {(id) => (
            <Textarea
              id={id}
              name="expect"
              rows={5}
              spellCheck={false}
              defaultValue={JSON.stringify(initial.expect, null, 2)}
            />
          )}
        </Field>
        {(problem ?? save.error) ? (
          <ul role="alert" className="text-failed">
            <li>{problem ?? save.error?.message}</li>
            {errors.map((one: { path: string; message: string }) => (
              <li key={one.path + one.message}>
                <span className="font-mono text-xs">{one.path}</span> {one.message}
              </li>
            ))}
          </ul>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('close')}</Button>
          <Button look="primary" type="submit" disabled={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
