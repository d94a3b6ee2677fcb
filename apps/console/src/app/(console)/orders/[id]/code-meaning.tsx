'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';

/** What a channel's code means, in words, for those who may see the channel; undefined until that is known. */
export function useCodeWords(channelId: string, code: string | null): string | undefined {
  const t = useTranslations('codes');
  const chinese = useLocale().startsWith('zh');
  const { may } = useMe();
  const { data } = useQuery(
    useTrpc().codes.meaning.queryOptions(
      { channelId, code: code ?? '' },
      { enabled: code !== null && may('channels.read'), staleTime: 60_000 },
    ),
  );
  if (code === null || data === undefined) return undefined;
  if (data === null) return t('unmappedInOrder', { code });
  const meaning = chinese ? data.meaning.zh : data.meaning.en;
  return data.owner
    ? t('inOrder', { code, meaning, owner: t(`owners.${data.owner}`) })
    : t('inOrderPlain', { code, meaning });
}

/** A channel's code and, where it may be known, its meaning. */
export function CodeMeaning({ channelId, code }: { channelId: string; code: string }) {
  const words = useCodeWords(channelId, code);
  return words === undefined ? <span className="font-mono text-xs">{code}</span> : <span>{words}</span>;
}
