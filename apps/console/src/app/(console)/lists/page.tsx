import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Lists } from './lists';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.lists') };
}

export default function ListsPage() {
  return <Lists />;
}
