/// <reference lib="dom" />
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../scripts/testing/chromium.ts';
import { signIn } from './system/console-user.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let browser: Browser;
let shop: ReturnType<typeof createMerchant>;

async function open(role: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN' });
  const page = await context.newPage();
  const user = system.demo.users.find((one) => one.role === role && !one.approver);
  await page.goto(`${system.urls.console}/login`);
  await page.fill('input[name=email]', user?.email ?? '');
  await page.fill('input[name=password]', user?.password ?? '');
  await page.click('button[type=submit]');
  await page.waitForURL((url) => url.pathname === '/');
  return page;
}

const seriousIn = async (page: Page) =>
  (await new AxeBuilder({ page }).analyze()).violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);

describe.skipIf(chromiumPath === undefined)('response codes and signatures in the console', () => {
  beforeAll(async () => {
    system = await startSystem({ withConsole: true });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: chromiumArgs });
    shop = createMerchant(system);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('an unmapped code never fails a payment, comes up, is mapped by a change, and means something from then on', async () => {
    await system.faults({ operations: ['place'], errorMix: [{ code: 'NEW_CODE', status: 400, share: 1 }] });
    const first = await shop.place();
    expect(first.body.status).toBe('processing');

    const page = await open('ops');
    const row = page.locator('tr', { hasText: 'NEW_CODE' });
    await page.goto(`${system.urls.console}/channels/wechat-pay/codes`);
    // The node writes every few seconds, the page asks every ten.
    await row.waitFor({ timeout: 30_000 });
    expect(await row.textContent()).toContain('未映射');
    expect(await row.getByRole('link').getAttribute('href')).toBe(`/orders/${first.body.id}`);
    expect(await seriousIn(page)).toEqual([]);

    await row.getByRole('button', { name: '映射' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('含义（中文）').fill('商户未开通');
    await dialog.getByLabel('含义（英文）').fill('The shop has not this product');
    await dialog.getByLabel('结果', { exact: true }).selectOption('declined');
    await dialog.getByLabel('责任方').selectOption('merchant');
    await dialog.getByLabel('给付款人的提示').fill('请更换支付方式');
    await dialog.getByRole('button', { name: '提交变更' }).click();
    await page.getByRole('dialog').getByLabel('原因').fill('seen in traffic');
    await page.getByRole('dialog').locator('button[type=submit]').click();
    await page.waitForURL(/\/changes\/chg_|\/changes\/[^?]+$/);
    const id = page.url().split('/').at(-1) ?? '';

    const author = await signIn(system, { role: 'ops', approver: false });
    const approver = await signIn(system, { role: 'ops', approver: true });
    const { contentHash } = await author.call<{ contentHash: string }>('changes.submit', {
      id,
      contentHash: await hashOf(author, id),
      acknowledgement: 'as it should be',
    });
    await approver.call('changes.approve', { id, contentHash });
    await author.call('changes.publish', { id, contentHash });

    const failed = await until('the code to mean what it was mapped to', async () => {
      const { body } = await shop.place();
      return body.status === 'failed' ? body : undefined;
    });
    expect(failed.failure).toEqual({
      code: 'channel_declined',
      message: 'The channel refused the payment: The shop has not this product',
      payerMessage: '请更换支付方式',
    });
    await page.goto(`${system.urls.console}/channels/wechat-pay/codes?q=NEW_CODE`);
    await page.waitForSelector('text=没有未映射的应答码');
    expect(await page.locator('tr', { hasText: 'NEW_CODE' }).textContent()).toContain('覆盖 v1');

    const support = await open('support');
    await support.goto(`${system.urls.console}/orders/${failed.id}`);
    await support.waitForSelector('text=NEW_CODE：商户未开通（责任方：商户/我方配置）');
    await support.goto(`${system.urls.console}/channels/wechat-pay/codes?q=NEW_CODE`);
    await support.waitForSelector('text=商户未开通');
    expect(await support.getByRole('button', { name: '修改' }).count()).toBe(0);
    await system.faults();
    const metrics = await (await fetch(`${system.urls.engine}/metrics`)).text();
    expect(metrics).toMatch(/tributary_channel_unmapped_total\{channel="wechat-pay",op="place"\} [1-9]/);
  });

  it('says why a message does not verify, for every account of the demonstration and for merchants', async () => {
    const page = await open('support');
    await page.goto(`${system.urls.console}/tools/signature`);
    const subject = page.getByLabel('账户或商户');
    await subject.waitFor();
    const subjects = await subject
      .locator('option')
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
    expect(subjects.filter((one) => one.startsWith('account:')).length).toBeGreaterThanOrEqual(3);
    const result = page.getByRole('region', { name: '诊断结果' });
    const examine = async () => {
      await page.getByRole('button', { name: '诊断', exact: true }).click();
      await result.waitFor();
      return result.textContent();
    };
    const load = async (name: string) => {
      const message = page.getByLabel('原始报文');
      const before = await message.inputValue();
      await page.getByRole('button', { name }).click();
      await expect.poll(() => message.inputValue()).not.toBe(before);
    };
    for (const one of subjects) {
      await subject.selectOption(one);
      await load('正确的报文');
      expect(await examine(), one).toContain('签名正确');
      await load('内容被改');
      expect(await examine(), one).toMatch(/内容与签名时不同/);
      await load('签名没复制全');
      expect(await examine(), one).toContain('签名不正确');
    }
    expect(await seriousIn(page)).toEqual([]);

    await page.getByLabel('原始报文').fill('POST / HTTP/1.1\nno colon here\n\n{}');
    expect(await examine()).toContain('第 2 行无法识别');

    await page.getByLabel('原始报文').fill('');
    await subject.selectOption('account:wx-main');
    await load('正确的报文');
    const message = page.getByLabel('原始报文');
    await message.fill(`${await message.inputValue()}\n`);
    expect(await examine()).toContain('粘贴的正文末尾多了一个换行');
    expect(await result.locator('mark').count()).toBe(2);
    await page.context().close();
  });

  it('shows merchants only themselves', async () => {
    const page = await open('merchant');
    await page.goto(`${system.urls.console}/tools/signature`);
    const options = page.getByLabel('账户或商户').locator('option');
    await options.first().waitFor({ state: 'attached' });
    expect(await options.count()).toBe(1);
    const status = await page.evaluate(async () => {
      const answer = await fetch('/trpc/doctor.diagnose', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ subject: { kind: 'account', id: 'wx-main' }, text: 'a=1' }),
      });
      return answer.status;
    });
    expect(status).toBe(404);
    await page.context().close();
  });
});

async function hashOf(user: Awaited<ReturnType<typeof signIn>>, id: string): Promise<string> {
  return (await user.ask<{ contentHash: string }>('changes.get', { id })).contentHash;
}
