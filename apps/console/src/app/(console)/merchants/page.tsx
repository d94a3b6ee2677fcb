import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Merchants } from './merchants';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.merchants') };
}

export default function MerchantsPage() {
  return <Merchants />;
}
