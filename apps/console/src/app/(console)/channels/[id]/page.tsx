import type { Metadata } from 'next';
import { ChannelDetail } from './channel-detail';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).id) };
}

export default async function ChannelPage({ params }: Props) {
  return <ChannelDetail id={decodeURIComponent((await params).id)} />;
}
