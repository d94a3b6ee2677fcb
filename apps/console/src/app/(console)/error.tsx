'use client';

import { useTranslations } from 'next-intl';
import { useFailedWords } from '@/lib/words';
import { Failed } from '@/ui/states';
import { Page } from '@/ui/table';

/** A page that broke: the frame stays, and there is a way on. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const t = useTranslations('states');
  return (
    <Page title={t('broken')}>
      <Failed error={{ message: error.digest ?? error.message }} onRetry={reset} words={useFailedWords()} />
    </Page>
  );
}
