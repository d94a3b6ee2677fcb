'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { useMemo } from 'react';
import { exponents } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { type Param, paramsByEvent } from '@/rules/event-params';
import type { Choice, Vocabulary } from '@/rules/facts';
import type { Kind } from './rules';

export type Language = Vocabulary & {
  readonly params: ReadonlyMap<string, readonly Param[]>;
  readonly eventTypes: readonly string[];
  /** Values to choose from for an event's parameter. */
  readonly paramChoices: ReadonlyMap<string, readonly Choice[]>;
};

const forever = { staleTime: Number.POSITIVE_INFINITY };

/** What rules of a kind may speak of, with the names of our merchants, services and channels where they are values. */
export function useLanguage(kind: Kind): Language | undefined {
  const trpc = useTrpc();
  const { may } = useMe();
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const t = useTranslations('ruleEditor');
  const schema = useQuery(trpc.rules[kind].schema.queryOptions(undefined, forever));
  const merchants = useQuery(trpc.merchants.list.queryOptions(undefined, { enabled: may('merchants.read') }));
  const services = useQuery(trpc.services.list.queryOptions(undefined, { enabled: may('services.read') }));
  const channels = useQuery(trpc.channels.list.queryOptions(undefined, { enabled: may('channels.read') }));
  return useMemo(() => {
    if (!schema.data) return undefined;
    const choices = new Map<string, readonly Choice[]>();
    const put = (name: string, values: readonly Choice[]) => values.length > 0 && choices.set(name, values);
    const same = (values: Iterable<string>): Choice[] => [...new Set(values)].map((value) => ({ value, label: value }));
    put(
      'merchantId',
      (merchants.data ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${id})` })),
    );
    put('serviceId', same((services.data ?? []).map(({ id }) => id)));
    put('product', same((services.data ?? []).flatMap(({ config }) => config?.product ?? [])));
    put('currency', same(Object.keys(exponents)));
    put(
      'weekday',
      [1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: day, label: t(`weekdays.${day}`) })),
    );
    for (const fact of schema.data.facts) {
      const values = 'values' in fact ? (fact.values as readonly (string | number)[] | null) : null;
      if (values)
        put(
          fact.name,
          values.map((value) => ({ value, label: String(value) })),
        );
    }
    const paramChoices = new Map<string, readonly Choice[]>([
      ['channelId', (channels.data?.channels ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))],
      [
        'accountId',
        (channels.data?.channels ?? []).flatMap((channel) =>
          channel.accounts.map(({ id }) => ({ value: id, label: `${id} · ${channel.name}` })),
        ),
      ],
    ]);
    return {
      facts: new Map(schema.data.facts.map((fact) => [fact.name, fact])),
      choices,
      locale,
      params: paramsByEvent(schema.data.jsonSchema),
      eventTypes: schema.data.events,
      paramChoices,
    };
  }, [schema.data, merchants.data, services.data, channels.data, locale, t]);
}
