import type { Metadata } from 'next';
import { OrderDetail } from './order-detail';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).id };
}

export default async function OrderPage({ params }: Props) {
  return <OrderDetail id={(await params).id} />;
}
