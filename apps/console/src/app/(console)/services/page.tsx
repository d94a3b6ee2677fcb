import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Services } from './services';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.services') };
}

export default function ServicesPage() {
  return <Services />;
}
