import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Changes } from './changes';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.changes') };
}

export default function ChangesPage() {
  return <Changes />;
}
