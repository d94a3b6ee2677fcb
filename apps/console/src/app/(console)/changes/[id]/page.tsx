import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ChangeDetail } from './change-detail';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.changes') };
}

export default async function ChangePage({ params }: Props) {
  return <ChangeDetail id={(await params).id} />;
}
