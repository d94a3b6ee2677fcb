import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Sync } from './sync';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.sync') };
}

export default function SyncPage() {
  return <Sync />;
}
