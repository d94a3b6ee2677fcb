import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { getTranslations } from 'next-intl/server';
import { Rules } from './rules';

type Props = { params: Promise<{ kind: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { kind } = await params;
  return { title: (await getTranslations('shell'))(kind === 'risk' ? 'pages.risk' : 'pages.routing') };
}

export default async function RulesPage({ params }: Props) {
  const { kind } = await params;
  if (kind !== 'risk' && kind !== 'routing') notFound();
  return <Rules key={kind} kind={kind} />;
}
