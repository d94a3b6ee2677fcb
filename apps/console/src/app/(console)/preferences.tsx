'use client';

import { Languages, Moon, Rows2, Rows3, Sun } from 'lucide-react';
import { useLocale, useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { Button } from '@/ui/button';

const remember = (name: string, value: string) => {
  // biome-ignore lint/suspicious/noDocumentCookie: harmless preferences; the Cookie Store API is not everywhere yet
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
};

export function LanguageButton() {
  const t = useTranslations('shell');
  const locale = useLocale();
  const other = locale === 'en' ? '中文' : 'EN';
  const change = () => {
    remember('locale', locale === 'en' ? 'zh-CN' : 'en');
    location.reload();
  };
  return (
    <Button look="quiet" onClick={change} aria-label={`${t('language')} ${other}`} title={t('language')}>
      <Languages size={15} aria-hidden />
      {other}
    </Button>
  );
}

/** One of two values of `data-…` on the root element, kept in a cookie that the first paint reads. */
function useRootChoice<Value extends string>(name: 'theme' | 'density', values: readonly [Value, Value]) {
  const [value, setValue] = useState<Value>();
  useEffect(() => setValue(document.documentElement.dataset[name] as Value | undefined), [name]);
  const change = () => {
    const next = value === values[1] ? values[0] : values[1];
    document.documentElement.dataset[name] = next;
    remember(name, next);
    setValue(next);
  };
  return [value, change] as const;
}

export function ThemeButton() {
  const t = useTranslations('shell');
  const [theme, change] = useRootChoice('theme', ['light', 'dark']);
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <Button look="quiet" onClick={change} aria-label={t('theme')} title={t('theme')}>
      <Icon size={15} aria-hidden />
    </Button>
  );
}

export function DensityButton() {
  const t = useTranslations('shell');
  const [density, change] = useRootChoice('density', ['compact', 'standard']);
  const Icon = density === 'standard' ? Rows3 : Rows2;
  return (
    <Button look="quiet" onClick={change} aria-label={t('density')} title={t('density')}>
      <Icon size={15} aria-hidden />
    </Button>
  );
}
