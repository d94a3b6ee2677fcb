'use client';

import { useQueryClient } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';

type Found = Outputs['orders']['find'];

/** One box for any number: one hit opens it, several are listed, none says where we looked. */
export function OrderSearch() {
  const t = useTranslations('orders.search');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const router = useRouter();
  const [state, setState] = useState<{ text: string; found?: Found; problem?: string; busy?: boolean }>({ text: '' });

  async function search(event: FormEvent) {
    event.preventDefault();
    const text = state.text.trim();
    if (text.length < 4) {
      setState({ text, problem: t('short') });
      return;
    }
    setState({ text, busy: true });
    try {
      const found = await queries.fetchQuery(trpc.orders.find.queryOptions({ text }));
      if (found.length === 1 && found[0]) router.push(`/orders/${found[0].id}`);
      setState({ text, found });
    } catch (error) {
      setState({ text, problem: error instanceof Error ? error.message : String(error) });
    }
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not known to every assistive technology yet
    <form role="search" onSubmit={search} className="mb-4">
      <div className="flex max-w-2xl gap-2">
        <div className="relative min-w-0 flex-1">
          <Search size={15} className="pointer-events-none absolute top-2.5 left-2.5 text-subtle" aria-hidden />
          <input
            data-search
            aria-label={t('label')}
            value={state.text}
            onChange={(event) => setState({ text: event.target.value })}
            placeholder={t('placeholder')}
            className="control h-9 w-full rounded-md border border-edge bg-bg pr-2 pl-8 placeholder:text-subtle"
          />
        </div>
        <Button type="submit" className="h-9" disabled={state.busy}>
          {t('go')}
        </Button>
      </div>
      <div aria-live="polite" className="mt-1 text-xs">
        {state.problem ? <p className="text-failed">{state.problem}</p> : null}
        {state.found?.length === 0 ? <p className="text-muted">{t('nothing')}</p> : null}
        {state.found && state.found.length > 1 ? (
          <ul className="flex flex-wrap gap-3">
            {state.found.map(({ id, foundAs }) => (
              <li key={id}>
                <Link href={`/orders/${id}`} className="text-primary hover:underline">
                  <span className="font-mono">{id}</span> {t(`as.${foundAs}`)}
                </Link>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </form>
  );
}
