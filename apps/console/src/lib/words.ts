'use client';

import { useTranslations } from 'next-intl';

/** What `Failed` says, in the page's language. */
export function useFailedWords() {
  const t = useTranslations('states');
  return { title: t('failed'), retry: t('retry'), forbidden: t('forbidden') };
}
