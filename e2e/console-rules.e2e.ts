/// <reference lib="dom" />
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../scripts/testing/chromium.ts';
import { createSignIn } from './system/console-page.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem } from './system/processes.ts';

let system: System;
let browser: Browser;
let signIn: ReturnType<typeof createSignIn>;
let refusedOrder: string;
const problems: string[] = [];

describe.skipIf(chromiumPath === undefined)('the pages of rules', () => {
  beforeAll(async () => {
    system = await startSystem({ withConsole: true });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: chromiumArgs });
    signIn = createSignIn(system, browser, problems);
    const shop = createMerchant(system);
    const { body } = await shop.place({ amount: 3_000_000, payer: { id: 'large' } });
    expect(body.status).toBe('rejected');
    refusedOrder = body.id;
    await shop.place({ amount: 2_000, payer: { id: 'small' } });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const ruleIn = (page: Page, id: string) => page.locator(`tr[data-rule=${id}]`);

  it('turn a refusal into a hold in the table, and show one payment by both beside each other', async () => {
    const { context, page } = await signIn('risk');
    await page.goto(`${system.urls.console}/rules/risk`);
    await page.getByRole('button', { name: '编辑' }).click();
    const action = ruleIn(page, 'single-limit').getByLabel('动作', { exact: true });
    await action.selectOption({ label: '挂起待审' });
    // To people an action, in the document a flag of "review": no word of it is lost between the views.
    await page.getByRole('tab', { name: 'JSON' }).click();
    await expect.poll(() => page.evaluate(() => sessionStorage.getItem('rules-unsaved:risk'))).toMatch(/hold\W+true/);
    await page.getByRole('tab', { name: '表格' }).click();
    expect(await action.evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.textContent)).toBe(
      '挂起待审',
    );
    await page.getByLabel('改动说明').fill('大额先挂起');
    await page.getByRole('button', { name: '保存草稿' }).click();
    await page.waitForSelector('text=已保存到变更单');

    await page.goto(`${system.urls.console}/rules/lab?tab=beside&kind=risk`);
    await page.getByLabel('与生效版本对照').waitFor();
    await page.waitForSelector('text=/挂起/');
    await page.getByRole('button', { name: '从订单导入' }).click();
    await page.getByLabel('平台单号').fill(refusedOrder);
    await page.getByRole('button', { name: '试算' }).click();
    await page.getByText('线上 风控 v1').waitFor();
    const side = (title: RegExp) => page.locator('div.min-w-0 > p').filter({ hasText: title }).textContent();
    await expect.poll(() => side(/^线上/)).toContain('拒绝');
    await expect.poll(() => side(/^草稿/)).toContain('挂起待审');
    await context.close();
  });

  it('save nothing while a cell shows what its rule does not hold', async () => {
    const { context, page } = await signIn('risk');
    await page.goto(`${system.urls.console}/rules/risk`);
    await page.getByRole('button', { name: '编辑' }).click();
    await page.getByLabel('改动说明').fill('调整单笔上限');
    const cell = ruleIn(page, 'single-limit').locator('input[data-cell]').nth(1);
    const before = await cell.inputValue();
    const save = page.getByRole('button', { name: '保存草稿' });
    await cell.fill('12345');
    await cell.press('Enter');
    await expect.poll(() => save.isEnabled()).toBe(true);
    for (const text of ['1e5', 'abc', '99999999999999999']) {
      await cell.fill(text);
      await cell.press('Enter');
      await page.waitForSelector(`text=/“${text}”无法识别/`);
      expect(await save.isDisabled()).toBe(true);
      expect(await page.getByRole('button', { name: '提交' }).isDisabled()).toBe(true);
    }
    await cell.press('Escape');
    expect(await cell.inputValue()).toMatch(/^12,?345/);
    expect(before).not.toMatch(/^12,?345/);
    await expect.poll(() => save.isEnabled()).toBe(true);
    await context.close();
  });

  it('say what no rule caught, what rules refused in money, and lay each out as a card on a phone', async () => {
    const { context, page } = await signIn('risk', { width: 390 });
    await page.goto(`${system.urls.console}/rules/risk`);
    const row = page.locator('tbody tr').filter({ hasText: 'single-limit' }).first();
    await row.waitFor();
    await expect.poll(() => row.textContent()).toContain('¥30,000.00');
    expect(await page.locator('tbody').first().locator('tr').last().textContent()).toContain('兜底：放行');
    // A card: its cells stand one below the other, and nothing sticks out.
    const cells = await row.locator('td:visible').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().y));
    expect(new Set(cells.map(Math.round)).size).toBe(cells.length);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBeLessThanOrEqual(0);
    await page.goto(`${system.urls.console}/rules/routing`);
    await page.waitForSelector('text=兜底：默认顺序');
    await page.waitForSelector('text=平均费率');
    await context.close();
  });

  it('wrote nothing on the console of the browser', () => {
    expect(problems).toEqual([]);
  });
});
