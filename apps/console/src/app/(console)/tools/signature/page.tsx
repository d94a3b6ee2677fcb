import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { SignatureDoctor } from './signature-doctor';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('shell'))('pages.signature') };
}

export default function SignaturePage() {
  return <SignatureDoctor />;
}
