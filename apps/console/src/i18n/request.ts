import { cookies, headers } from 'next/headers';
import { getRequestConfig } from 'next-intl/server';

export const locales = ['zh-CN', 'en'] as const;
export type Locale = (typeof locales)[number];

/** The language of the page: chosen (cookie), else the browser's first wish, else Chinese. */
export default getRequestConfig(async () => {
  const chosen = (await cookies()).get('locale')?.value;
  const wished = (await headers()).get('accept-language') ?? '';
  const locale: Locale = locales.find((one) => one === chosen) ?? (/^en\b/i.test(wished) ? 'en' : 'zh-CN');
  return { locale, timeZone: 'Asia/Shanghai', messages: (await import(`./messages/${locale}.json`)).default };
});
