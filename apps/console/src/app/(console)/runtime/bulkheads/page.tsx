import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Bulkheads } from './bulkheads';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.bulkheads') };
}

export default function BulkheadsPage() {
  return <Bulkheads />;
}
