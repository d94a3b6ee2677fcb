import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Lab } from './lab';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.lab') };
}

export default function LabPage() {
  return <Lab />;
}
