import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Reviews } from './reviews';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.reviews') };
}

export default function ReviewsPage() {
  return <Reviews />;
}
