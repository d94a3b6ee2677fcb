import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Users } from './users';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.users') };
}

export default function UsersPage() {
  return <Users />;
}
