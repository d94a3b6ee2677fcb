import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Mark } from '@/ui/mark';
import { LoginForm } from './login-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('login'))('title') };
}

export default async function LoginPage() {
  const t = await getTranslations('login');
  return (
    <main className="grid min-h-dvh place-items-center bg-surface p-4">
      <div className="w-full max-w-sm rounded-md border bg-bg p-6">
        <p className="flex items-center gap-2 text-[15px] font-semibold">
          <Mark />
          Tributary
        </p>
        <h1 className="mt-5 text-xl leading-7 font-semibold">{t('title')}</h1>
        <p className="mt-1 mb-5 text-muted">{t('lead')}</p>
        <LoginForm />
      </div>
    </main>
  );
}
