'use client';

import { Languages, LogOut, Menu, Moon, Sun } from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useLocale, useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useState } from 'react';
import { nav } from '@/lib/nav';
import { useMe } from '@/lib/session';
import { useFailedWords } from '@/lib/words';
import { Button } from '@/ui/button';
import { Failed, Skeleton } from '@/ui/states';

const remember = (name: string, value: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: two harmless preferences; the Cookie Store API is not everywhere yet
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
};

/** The frame of every page: navigation by permission, language, theme, who is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('shell');
  const { me, error, isPending, may } = useMe();
  const words = useFailedWords();
  const router = useRouter();
  const path = usePathname();
  const [open, setOpen] = useState(false);
  const signedOut = error?.data?.httpStatus === 401;

  useEffect(() => {
    if (signedOut) router.replace(`/login?next=${encodeURIComponent(path)}`);
  }, [signedOut, router, path]);
  useHotkeys();

  if (signedOut || isPending) {
    return (
      <div className="p-6">
        <Skeleton rows={6} label={t('loading')} />
      </div>
    );
  }
  if (!me) {
    return (
      <div className="p-6">
        <Failed error={error ?? { message: '' }} onRetry={() => location.reload()} words={words} />
      </div>
    );
  }
  const groups = nav
    .map((group) => ({
      ...group,
      pages: group.pages.filter(
        ({ permission }) => may(permission) || (permission === 'audit.readOwn' && may('audit.read')),
      ),
    }))
    .filter(({ pages }) => pages.length > 0);

  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[208px_1fr]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:bg-bg focus:p-2"
      >
        {t('skip')}
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-bg px-4 md:hidden">
        <button
          type="button"
          aria-expanded={open}
          aria-controls="nav"
          aria-label={t('menu')}
          onClick={() => setOpen(!open)}
          className="grid size-9 place-items-center rounded-md hover:bg-surface"
        >
          <Menu size={18} aria-hidden />
        </button>
        <span className="font-semibold">Tributary</span>
      </header>
      <aside
        id="nav"
        className={`${open ? 'block' : 'hidden'} border-b bg-surface p-3 md:sticky md:top-0 md:flex md:h-dvh md:flex-col md:overflow-y-auto md:border-r md:border-b-0`}
      >
        <p className="mb-3 hidden px-2 pt-1 text-[15px] font-semibold md:block">Tributary</p>
        <nav aria-label={t('navigation')} className="flex-1">
          {groups.map(({ group, pages }) => (
            <div key={group} className="mb-3">
              <p className="px-2 pb-0.5 text-xs text-subtle">{t(`groups.${group}`)}</p>
              {pages.map(({ path: to, key }) => {
                const here = to === '/' ? path === '/' : path.startsWith(to);
                return (
                  <Link
                    key={to}
                    href={to}
                    aria-current={here ? 'page' : undefined}
                    onClick={() => setOpen(false)}
                    className={`flex h-8 items-center rounded-md px-2 ${here ? 'bg-processing-bg font-medium text-processing' : 'text-muted hover:bg-bg hover:text-fg'}`}
                  >
                    {t(`pages.${key}`)}
                  </Link>
                );
              })}
            </div>
          ))}
        </nav>
        <div className="border-t pt-3">
          <p className="truncate px-2 text-xs" title={me.email}>
            {me.email}
          </p>
          <p className="mb-2 px-2 text-xs text-subtle">
            {t(`roles.${me.role}`)}
            {me.approver ? ` · ${t('approver')}` : ''} · UTC+8
          </p>
          <div className="flex gap-1">
            <LanguageButton />
            <ThemeButton />
            <Button look="quiet" aria-label={t('signOut')} title={t('signOut')} onClick={() => void signOut()}>
              <LogOut size={15} aria-hidden />
            </Button>
          </div>
        </div>
      </aside>
      <div className="min-w-0">{children}</div>
    </div>
  );
}

async function signOut(): Promise<void> {
  await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  location.assign('/login');
}

function LanguageButton() {
  const t = useTranslations('shell');
  const locale = useLocale();
  const change = () => {
    remember('locale', locale === 'en' ? 'zh-CN' : 'en');
    location.reload();
  };
  return (
    <Button
      look="quiet"
      onClick={change}
      aria-label={`${t('language')} ${locale === 'en' ? '中文' : 'EN'}`}
      title={t('language')}
    >
      <Languages size={15} aria-hidden />
      {locale === 'en' ? '中文' : 'EN'}
    </Button>
  );
}

function ThemeButton() {
  const t = useTranslations('shell');
  const [theme, setTheme] = useState<string>();
  useEffect(() => setTheme(document.documentElement.dataset.theme), []);
  const change = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    remember('theme', next);
    setTheme(next);
  };
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <Button look="quiet" onClick={change} aria-label={t('theme')} title={t('theme')}>
      <Icon size={15} aria-hidden />
    </Button>
  );
}

/** `g` then a letter goes to a page; `/` goes to the search box. Never while somebody types. */
function useHotkeys(): void {
  const router = useRouter();
  useEffect(() => {
    let leader = 0;
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (
        event.isComposing ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
        target.isContentEditable
      )
        return;
      if (event.key === '/') {
        const box = document.querySelector<HTMLInputElement>('[data-search]');
        if (box) {
          event.preventDefault();
          box.focus();
        }
      }
      if (event.key === 'g') leader = event.timeStamp;
      else if (event.timeStamp - leader < 1000) {
        const page = nav.flatMap(({ pages }) => pages).find(({ hotkey }) => hotkey === event.key);
        if (page) router.push(page.path);
        leader = 0;
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [router]);
}
