import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Shards } from './shards';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.shards') };
}

export default function ShardsPage() {
  return <Shards />;
}
