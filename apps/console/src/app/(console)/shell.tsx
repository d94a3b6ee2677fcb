'use client';

import {
  Boxes,
  FlaskConical,
  Gauge,
  GitPullRequestArrow,
  House,
  Layers,
  LayoutGrid,
  ListChecks,
  LogOut,
  Menu,
  ReceiptText,
  RefreshCw,
  ScrollText,
  Server,
  ShieldCheck,
  Split,
  Stethoscope,
  Store,
  UserRoundCheck,
  UsersRound,
  Waypoints,
  Webhook,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect, useState } from 'react';
import { mayOpen, nav } from '@/lib/nav';
import { useMe } from '@/lib/session';
import { useWaiting } from '@/lib/use-waiting';
import { useFailedWords } from '@/lib/words';
import { Button } from '@/ui/button';
import { Mark } from '@/ui/mark';
import { Failed, Skeleton } from '@/ui/states';
import { DensityButton, LanguageButton, ThemeButton } from './preferences';
import { Shortcuts } from './shortcuts';

const icons: Record<string, typeof Gauge> = {
  overview: House,
  orders: ReceiptText,
  routing: Split,
  risk: ShieldCheck,
  lab: FlaskConical,
  changes: GitPullRequestArrow,
  limits: Gauge,
  lists: ListChecks,
  reviews: UserRoundCheck,
  channels: Waypoints,
  merchants: Store,
  webhooks: Webhook,
  services: Boxes,
  signature: Stethoscope,
  bulkheads: LayoutGrid,
  shards: Layers,
  sync: RefreshCw,
  nodes: Server,
  audit: ScrollText,
  users: UsersRound,
};

/** The frame of every page: navigation by permission, language, theme, who is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('shell');
  const { me, error, isPending, may } = useMe();
  const words = useFailedWords();
  const router = useRouter();
  const path = usePathname();
  const [open, setOpen] = useState(false);
  const waiting = useWaiting(may);
  const signedOut = error?.data?.httpStatus === 401;

  useEffect(() => {
    if (signedOut) router.replace(`/login?next=${encodeURIComponent(path + location.search)}`);
  }, [signedOut, router, path]);

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
    .map((group) => ({ ...group, pages: group.pages.filter((page) => mayOpen(page, may)) }))
    .filter(({ pages }) => pages.length > 0);

  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[208px_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:bg-bg focus:p-2"
      >
        {t('skip')}
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-bg px-3 md:hidden">
        <button
          type="button"
          aria-expanded={open}
          aria-controls="nav"
          aria-label={t('menu')}
          onClick={() => setOpen(!open)}
          className="grid size-10 place-items-center rounded-md hover:bg-surface"
        >
          <Menu size={18} aria-hidden />
        </button>
        <Mark size={20} />
        <span className="font-semibold">Tributary</span>
      </header>
      <aside
        id="nav"
        className={`${open ? 'block' : 'hidden'} border-b bg-surface p-2.5 md:sticky md:top-0 md:flex md:h-dvh md:flex-col md:overflow-y-auto md:border-r md:border-b-0`}
      >
        <p className="mb-4 hidden items-center gap-2 px-2 pt-1.5 text-[15px] font-semibold md:flex">
          <Mark />
          Tributary
        </p>
        <nav aria-label={t('navigation')} className="flex-1">
          {groups.map(({ group, pages }) => (
            <div key={group} className="mb-2.5">
              {pages.length > 1 ? <p className="px-2 pb-0.5 text-xs text-subtle">{t(`groups.${group}`)}</p> : null}
              {pages.map(({ path: to, key }) => {
                const here = to === '/' ? path === '/' : path.startsWith(to);
                const Icon = icons[key] ?? House;
                return (
                  <Link
                    key={to}
                    href={to}
                    aria-current={here ? 'page' : undefined}
                    onClick={() => setOpen(false)}
                    className={`flex h-8 items-center gap-2.5 rounded-md px-2 ${here ? 'bg-processing-bg font-medium text-processing' : 'text-muted hover:bg-bg hover:text-fg'}`}
                  >
                    <Icon size={15} aria-hidden className="shrink-0" />
                    {t(`pages.${key}`)}
                    {waiting[key] ? (
                      <span
                        className="ml-auto rounded-full bg-warn-bg px-1.5 text-xs leading-5 font-medium text-warn"
                        title={t('waitingForYou', { count: waiting[key] })}
                      >
                        <span aria-hidden>{waiting[key]}</span>
                        <span className="sr-only">{t('waitingForYou', { count: waiting[key] })}</span>
                      </span>
                    ) : null}
                  </Link>
                );
              })}
            </div>
          ))}
        </nav>
        <div className="border-t pt-3">
          <p className="truncate px-2 font-medium" title={me.email}>
            {me.name || me.email}
          </p>
          <p className="mb-2 px-2 text-xs text-muted">
            {t(`roles.${me.role}`)}
            {me.approver ? ` · ${t('approver')}` : ''} · UTC+8
          </p>
          <div className="-ml-1 flex justify-between [&>button]:px-2">
            <LanguageButton />
            <ThemeButton />
            <DensityButton />
            <Button look="quiet" aria-label={t('signOut')} title={t('signOut')} onClick={() => void signOut()}>
              <LogOut size={15} aria-hidden />
            </Button>
          </div>
        </div>
      </aside>
      <div className="min-w-0">{children}</div>
      <Shortcuts />
    </div>
  );
}

async function signOut(): Promise<void> {
  await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  location.assign('/login');
}
