import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Nodes } from './nodes';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.nodes') };
}

export default function NodesPage() {
  return <Nodes />;
}
