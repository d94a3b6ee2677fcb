import Link from 'next/link';
import { getTranslations } from 'next-intl/server';

export default async function NotFound() {
  const t = await getTranslations('states');
  return (
    <main id="main" className="grid min-h-[60dvh] place-items-center p-6 text-center">
      <div>
        <h1 className="text-xl font-semibold">{t('notFound')}</h1>
        <p className="mt-2">
          <Link href="/orders" className="text-primary hover:underline">
            {t('toOrders')}
          </Link>
        </p>
      </div>
    </main>
  );
}
