import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ResponseCodes } from './response-codes';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const t = await getTranslations('codes');
  return { title: `${t('title')} · ${decodeURIComponent((await params).id)}` };
}

export default async function ResponseCodesPage({ params }: Props) {
  return <ResponseCodes channelId={decodeURIComponent((await params).id)} />;
}
