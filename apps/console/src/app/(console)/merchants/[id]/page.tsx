import type { Metadata } from 'next';
import { MerchantDetail } from './merchant-detail';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).id) };
}

export default async function MerchantPage({ params }: Props) {
  return <MerchantDetail id={decodeURIComponent((await params).id)} />;
}
