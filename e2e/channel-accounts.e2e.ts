/// <reference lib="dom" />
import { generateKeyPairSync } from 'node:crypto';
import { AxeBuilder } from '@axe-core/playwright';
import pg from 'pg';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../scripts/testing/chromium.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let browser: Browser;
let db: pg.Client;
let keys: Record<string, string>;
const problems: string[] = [];
const accountId = 'wx-new';
const wrongKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

async function signIn(role: string, approver = false): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'zh-CN' });
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
  return { context, page };
}
const open = async (page: Page) => {
  await page.goto(`${system.urls.console}/channels/wechat-pay?account=${accountId}`);
  await detailOf(page).waitFor();
};
const detailOf = (page: Page) => page.locator('section[aria-label="新账户"]');
const rowOf = (page: Page, version: number) =>
  detailOf(page)
    .getByRole('row')
    .filter({ hasText: new RegExp(`^v${version}`) });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(chromiumPath === undefined)('channel accounts in the console', () => {
  beforeAll(async () => {
    system = await startSystem({ withConsole: true });
    db = new pg.Client({ connectionString: system.databaseUrl });
    await db.connect();
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: chromiumArgs });
    const credentials = await (await fetch(`${system.urls.sandbox}/control/credentials`)).json();
    keys = (credentials as { wechatPay: Record<string, string> }).wechatPay;
  });
  afterAll(async () => {
    await browser?.close();
    await db?.end();
    await system?.stop();
  });

  it('is written by one person with the form that its channel asks for, and tells every wrong field', async () => {
    const { context, page } = await signIn('admin');
    await page.goto(`${system.urls.console}/channels/wechat-pay`);
    await page.getByRole('button', { name: '新建账户…' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel(/^账户 ID/).fill(accountId);
    await form.getByLabel('名称', { exact: true }).fill('新账户');
    await form.getByLabel('渠道地址').fill(system.urls.sandbox);
    await form.getByLabel(/^mchId/).fill(keys.mchid ?? '');
    await form.getByLabel(/^appId （必填）/).fill(keys.appid ?? '');
    await form.getByLabel(/^certificateSerial/).fill(keys.merchantSerial ?? '');
    await form.getByLabel('verification.mode').selectOption('public_key');
    await form.getByLabel(/^keyId/).fill(keys.publicKeyId ?? '');
    await form.getByLabel(/^publicKeyPem/).fill(keys.platformPublicKeyPem ?? '');
    await form.getByLabel(/^privateKeyPem/).fill(keys.merchantPrivateKeyPem ?? '');
    await form.getByLabel(/^apiV3Key/).fill('too short');
    await form.getByRole('button', { name: '写入新版本' }).click();
    await form.getByText('secrets.apiV3Key').waitFor();
    expect(await form.getByRole('alert').last().textContent()).toContain('must be 32 bytes');
    await form.getByLabel(/^apiV3Key/).fill(keys.apiV3Key ?? '');
    await form.getByRole('button', { name: '写入新版本' }).click();
    await form.waitFor({ state: 'detached' });
    await page.getByRole('row').filter({ hasText: accountId }).getByText('待首次切换').waitFor();

    await open(page);
    await button(page, '试探').click();
    await page.getByRole('status').getByText('双向密钥正确').waitFor();
    // Who wrote it may not say yes to it; and what was written does not come back.
    expect(await button(page, '切换…').count()).toBe(0);
    await page.reload();
    await detailOf(page).waitFor();
    const html = await page.content();
    for (const secret of [keys.apiV3Key, keys.merchantPrivateKeyPem?.split('\n')[3]])
      expect(html.includes(secret ?? '')).toBe(false);
    await context.close();
  });

  it('is switched to by another person, and then takes payments', async () => {
    const { context, page } = await signIn('ops', true);
    await open(page);
    await button(page, '切换…').click();
    await button(page, '试探并切换').click();
    await rowOf(page, 1).getByText('生效').waitFor();
    const shop = createMerchant(system);
    // The demonstration's own accounts are as good, and chance decides among equals: they make way.
    await db.query(`UPDATE channel_accounts SET enabled = false WHERE channel_id = 'wechat-pay' AND id <> $1`, [
      accountId,
    ]);
    await until('a payment through it', async () => {
      const { body } = await shop.place();
      const { rows } = await db.query('SELECT account_id FROM attempts WHERE payment_id = $1', [body.id]);
      return rows[0]?.account_id === accountId;
    });
    await rowOf(page, 1).waitFor();
    await detailOf(page).getByRole('cell', { name: 'v1', exact: true }).last().waitFor();
    await context.close();
  });

  it('rotates: a wrong key is found by the probe, the right one overlaps with the one before until that is ended', async () => {
    const maker = await signIn('admin');
    const checker = await signIn('ops', true);
    const stage = async (pem: string) => {
      await open(maker.page);
      await button(maker.page, '更换密钥或配置…').click();
      const form = maker.page.getByRole('dialog');
      await form.getByLabel(/^privateKeyPem/).fill(pem);
      await form.getByRole('button', { name: '写入新版本' }).click();
      await form.waitFor({ state: 'detached' });
    };
    await stage(wrongKey);
    await open(checker.page);
    await rowOf(checker.page, 2).getByRole('button', { name: '切换…' }).click();
    await button(checker.page, '试探并切换').click();
    await checker.page.getByRole('alert').filter({ hasText: '渠道不认我方签名' }).waitFor();
    await checker.page.keyboard.press('Escape');
    await rowOf(checker.page, 2).getByText('我方密钥不对').waitFor();
    await rowOf(checker.page, 1).getByText('生效').waitFor();

    // A second node that has the account open: it must follow without being told by hand.
    const second = await system.startNode('second');
    const { place } = createMerchant({ ...system, urls: { ...system.urls, engine: second.url } });
    // One that got as far as the channel: a node that has just started may refuse its first for want of facts.
    await until('a payment at the second node', async () => (await place()).body.status === 'processing');
    const nodeRow = checker.page.getByRole('row').filter({ hasText: /^second/ });
    await nodeRow.getByText('v1', { exact: true }).waitFor();

    await stage(keys.merchantPrivateKeyPem ?? '');
    await rowOf(checker.page, 2).getByText('已放弃').waitFor();
    await rowOf(checker.page, 3).getByRole('button', { name: '切换…' }).click();
    await checker.page.getByLabel('旧版本重叠多久').selectOption('1');
    await button(checker.page, '试探并切换').click();
    await rowOf(checker.page, 3).getByText('生效').waitFor();
    await rowOf(checker.page, 1).getByText('重叠期').waitFor();
    await place();
    await nodeRow.getByText('v3', { exact: true }).waitFor();
    const shop = createMerchant(system);
    const { body } = await shop.place();
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');

    await open(maker.page);
    await button(maker.page, '立即结束重叠').click();
    await rowOf(maker.page, 1).getByText('已结束').waitFor();
    const { violations } = await new AxeBuilder({ page: maker.page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    const written = await db.query(
      `SELECT action, result FROM audit_log WHERE object_id = $1 AND action <> 'channelAccounts.probe' ORDER BY id`,
      [accountId],
    );
    expect(written.rows.map(({ action, result }) => `${action.split('.')[1]} ${result}`)).toEqual([
      'create ok',
      'switchTo ok',
      'stage ok',
      'switchTo failed',
      'stage ok',
      'switchTo ok',
      'endOverlap ok',
    ]);
    await maker.context.close();
    await checker.context.close();
  });

  it('wrote nothing on the console of the browser', () => {
    expect(problems).toEqual([]);
  });
});
