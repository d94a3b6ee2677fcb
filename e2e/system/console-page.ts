import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { System } from './processes.ts';

export type SignInOptions = { width?: number; scheme?: 'light' | 'dark'; locale?: string; approver?: boolean };

/**
 * Signs people of the demonstration in at the console, each in a browser context of their own. What pages write on the
 * browser's console, or throw, is added to `problems`.
 */
export const createSignIn =
  (system: System, browser: Browser, problems: string[]) =>
  async (
    role: string,
    { width = 1440, scheme = 'light', locale = 'zh-CN', approver = false }: SignInOptions = {},
  ): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, locale });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A refused call is what some of these tests are about; anything else on the console is a fault.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) problems.push(message.text());
    });
    const user = system.demo.users.find((one) => one.role === role && one.approver === approver);
    await page.goto(`${system.urls.console}/login`);
    await page.fill('input[name=email]', user?.email ?? '');
    await page.fill('input[name=password]', user?.password ?? '');
    await page.click('button[type=submit]');
    await page.waitForURL((url) => url.pathname === '/');
    await page.waitForSelector('h1');
    return { context, page };
  };
