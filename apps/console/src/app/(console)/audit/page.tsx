import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Audit } from './audit';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.audit') };
}

export default function AuditPage() {
  return <Audit />;
}
