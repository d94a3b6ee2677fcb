import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Limits } from './limits';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('limits'))('title') };
}

export default function LimitsPage() {
  return <Limits />;
}
