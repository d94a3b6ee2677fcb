/// <reference lib="dom" />
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumArgs, chromiumPath } from '../scripts/testing/chromium.ts';
import { createSignIn } from './system/console-page.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let browser: Browser;
let orderId: string;
let orderNo: string;
const problems: string[] = [];

const shellPages = [
  '/',
  '/orders',
  '/channels',
  '/rules/routing',
  '/rules/risk',
  '/rules/risk?mode=table',
  '/rules/risk?mode=form',
  '/rules/risk?mode=json',
  '/limits',
  '/reviews',
  '/changes?show=all',
  '/rules/lab',
  '/rules/lab?tab=tests',
  '/rules/lab?tab=backtest',
  '/lists',
  '/channels/wechat-pay',
  '/channels/wechat-pay/codes',
  '/tools/signature',
  '/merchants/mch_cafe',
  '/webhooks',
  '/merchants',
  '/services',
  '/runtime/bulkheads',
  '/runtime/shards',
  '/runtime/sync',
  '/nodes',
  '/audit',
  '/users',
];

let signIn: ReturnType<typeof createSignIn>;

describe.skipIf(chromiumPath === undefined)('the console', () => {
  beforeAll(async () => {
    system = await startSystem({ withConsole: true });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: chromiumArgs });
    signIn = createSignIn(system, browser, problems);
    const shop = createMerchant(system);
    const { body } = await shop.place({ amount: 3344, payer: { id: 'payer-1' } });
    await shop.pays(body.id);
    await shop.becomes(body.id, 'succeeded');
    const refund = await shop.refund(body.id, { amount: 1000 });
    await shop.refundBecomes(refund.body.id, 'succeeded');
    await shop.place({ amount: 1 });
    orderId = body.id;
    orderNo = body.merchantOrderNo;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('keeps strangers out and says so without telling why', async () => {
    const page = await browser.newPage();
    await page.goto(`${system.urls.console}/orders`);
    await page.waitForURL(/\/login\?next=/);
    await page.fill('input[name=email]', system.demo.users[0]?.email ?? '');
    await page.fill('input[name=password]', 'not the password');
    await page.click('button[type=submit]');
    await page.waitForSelector('[role=alert]');
    const cookies = await page.context().cookies();
    expect(cookies.filter(({ name }) => name.includes('session'))).toEqual([]);
    await page.close();
  });

  it('finds an order by any of its numbers and tells its whole story', async () => {
    const { context, page } = await signIn('support');
    const session = (await context.cookies()).find(({ name }) => name.includes('session_token'));
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    await page.goto(`${system.urls.console}/orders`);
    await page.waitForSelector('tbody tr');
    await page.fill('[data-search]', orderNo);
    await page.press('[data-search]', 'Enter');
    await page.waitForURL(new RegExp(orderId));
    await page.waitForSelector('text=支付成功，已部分退款');
    const kinds = await page.locator('ol button[aria-expanded]').allInnerTexts();
    expect(kinds.length).toBeGreaterThanOrEqual(11);
    for (const word of ['收到下单请求', '风控判定', '路由计划', '提交渠道请求', '渠道确认成功', '退款成功'])
      expect(kinds.join('\n')).toContain(word);

    await page.getByRole('button', { name: /路由计划/ }).click();
    await expect.poll(() => page.url()).toContain('ev=3');
    await page.waitForSelector('text=备选第 1 位');
    await page.getByRole('button', { name: /渠道已受理/ }).click();
    const wire = await page.locator('section[aria-label="请求"]').textContent();
    expect(wire).toContain('"amount"');
    expect(wire).not.toContain('WECHATPAY2-SHA256-RSA2048 mchid');
    const link = page.url();
    const other = await context.newPage();
    await other.goto(link);
    await other.waitForSelector('section[aria-label="请求"]');

    await page.fill('input[aria-label="备注"]', '客户来电确认');
    await page.getByRole('button', { name: '添加备注' }).click();
    await page.getByRole('button', { name: /备注.*support/s }).waitFor();
    await context.close();
  });

  it('keeps filters in the address, and takes the last one back with Back', async () => {
    const { context, page } = await signIn('ops');
    await page.goto(`${system.urls.console}/orders`);
    await page.waitForSelector('tbody tr');
    await page.selectOption('select[name=status]', 'succeeded');
    await page.getByRole('button', { name: '查询', exact: true }).click();
    await expect.poll(() => page.url()).toContain('status=succeeded');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.selectOption('select[name=status]', 'rejected');
    await page.getByRole('button', { name: '查询', exact: true }).click();
    await page.waitForSelector('text=没有符合条件的订单');
    await page.goBack();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.reload();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await context.close();
  });

  it('shows what failed with a way on, and recovers', async () => {
    const { context, page } = await signIn('ops');
    const list = /\/trpc\/[^?]*orders\.list/;
    await page.route(list, (route) => route.abort());
    await page.goto(`${system.urls.console}/orders`);
    await page.waitForSelector('text=加载失败');
    await page.unroute(list);
    await page.getByRole('button', { name: '重试' }).click();
    await page.waitForSelector('tbody tr');
    await context.close();
  });

  it('takes a channel out for a while, with a reason, and brings it back', async () => {
    const { context, page } = await signIn('ops');
    const shop = createMerchant(system);
    await page.goto(`${system.urls.console}/channels`);
    const row = page.getByRole('row', { name: /wechat-pay/ });
    await row.getByRole('button', { name: '停用渠道' }).click();
    // Its own services have no other channel; the one for any wallet's code has.
    await page.waitForSelector('text=/5 个服务将没有可用渠道/');
    await page.waitForSelector('text=/“聚合付款码”的新支付可改走：.*支付宝/');
    await page.getByLabel('原因（必填）').fill('演练');
    await page.getByRole('dialog').getByRole('button', { name: '停用渠道' }).click();
    await page.waitForSelector('text=/停用至/');
    await until('no route', async () => (await shop.place()).body.failure?.code === 'no_route', 3_000);
    await row.getByRole('button', { name: '恢复渠道' }).click();
    await until('a route', async () => (await shop.place()).body.status === 'processing', 3_000);
    await context.close();
  });

  it('edits one document as table, form and JSON, and loses nothing between them', async () => {
    const { context, page } = await signIn('risk');
    await page.goto(`${system.urls.console}/rules/risk`);
    await page.getByRole('button', { name: '编辑' }).click();
    const order = () =>
      page.locator('tbody tr[data-rule]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-rule')));
    await page.locator('tr[data-rule=night-large]').waitFor();
    const before = await order();
    const at = before.indexOf('night-large');
    await page.locator('[data-handle=night-large]').focus();
    await page.keyboard.press('Alt+ArrowUp');
    const moved = [...before];
    moved.splice(at - 1, 0, ...moved.splice(at, 1));
    await expect.poll(order).toEqual(moved);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-handle'))).toBe('night-large');

    // Cells are yuan, the document is fen; a table from a spreadsheet goes in where it is pasted.
    const cell = page.locator('tr[data-rule=single-limit] input[aria-label=支付金额]');
    await cell.focus();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text/plain', '12,345.60\t\nnonsense\t\n');
      document.activeElement?.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      );
    });
    await page.waitForSelector('text=/第 2 行第 1 列“nonsense”/');
    await page.getByRole('tab', { name: '表单' }).click();
    await page
      .getByRole('button', { name: /单笔限额/ })
      .first()
      .click();
    await page.waitForSelector('text=支付金额 > ¥12,345.60');
    await page.getByRole('button', { name: '+ 时段' }).first().click();
    await page.waitForSelector('text=/22:00–06:00/');

    await page.getByRole('tab', { name: 'JSON' }).click();
    const text = () => page.locator('.cm-content').textContent();
    // The editor draws only the lines in sight; what it holds is kept in the tab.
    await expect.poll(() => page.evaluate(() => sessionStorage.getItem('rules-unsaved:risk'))).toContain('1234560');
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.insertText('broken ');
    await page.waitForSelector('text=/第 1 行/');
    await page.getByRole('tab', { name: '表格' }).click();
    await page.waitForSelector('text=JSON 文本有语法错误');
    expect(await order()).toEqual(moved);
    await page.getByRole('tab', { name: 'JSON' }).click();
    await expect.poll(text).toContain('broken {');
    expect(await page.getByRole('button', { name: '保存草稿' }).isDisabled()).toBe(true);
    await page.reload();
    await page.getByRole('button', { name: '恢复' }).waitFor();
    await context.close();
  });

  it('brings a rule into force by four eyes only, and an edit takes the approval away', async () => {
    const author = await signIn('risk');
    const approver = await signIn('ops', { approver: true });
    const shop = createMerchant(system);
    const refused = async (payer: string) =>
      (await shop.place({ payer: { id: payer } })).body.failure?.code === 'risk_rejected';
    const { page } = author;
    const rule = (payer: string) => ({
      rules: [
        {
          id: 'browser-rule',
          conditions: { all: [{ fact: 'payerId', operator: 'equal', value: payer }] },
          event: { type: 'reject', params: { code: 'risk_rejected' } },
        },
      ],
    });
    const write = async (document: object) => {
      await page.locator('.cm-content').click();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText(JSON.stringify(document));
    };
    const call = (where: Page, procedure: string, input: object) =>
      where.evaluate(
        async ([name, body]) => {
          const answer = await fetch(`/trpc/${name}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          return answer.status;
        },
        [procedure, input] as const,
      );
    const hashOf = (where: Page, id: string) =>
      where.evaluate(async (one) => {
        const answer = await fetch(`/trpc/changes.get?input=${encodeURIComponent(JSON.stringify({ id: one }))}`);
        return (await answer.json()).result.data.contentHash as string;
      }, id);

    await page.goto(`${system.urls.console}/rules/risk?mode=json`);
    await page.locator('.cm-content').waitFor();
    await write({
      rules: [{ ...rule('x').rules[0], conditions: { all: [{ fact: 'nosuch', operator: 'equal', value: 1 }] } }],
    });
    await page.waitForSelector('text=/nosuch/');
    await expect.poll(() => page.getByRole('button', { name: '提交审批…' }).isDisabled()).toBe(true);
    await write(rule('browser-blocked'));
    await page.waitForSelector('text=没有问题');
    await page.getByRole('button', { name: '提交审批…' }).click();
    await page.waitForSelector('text=请写明改了什么');
    await page.getByLabel('改动说明').fill('浏览器演练');
    await page.getByRole('button', { name: '提交审批…' }).click();
    await page.waitForURL(/\/changes\/chg_/);
    const id = /chg_\w+/.exec(page.url())?.[0] ?? '';
    await page.getByRole('dialog').getByRole('button', { name: '提交审批' }).click();
    await page.waitForSelector('[aria-current=step]:has-text("待审批")');
    await page.waitForSelector('text=/browser-rule 已新增/');
    expect(await refused('browser-blocked')).toBe(false);

    // The author may not approve: not by the page, and not on the wire.
    expect(await page.getByRole('button', { name: '批准', exact: true }).count()).toBe(0);
    expect(await call(page, 'changes.approve', { id, contentHash: await hashOf(page, id) })).toBe(403);

    const other = approver.page;
    await other.goto(`${system.urls.console}/changes`);
    await other.getByRole('link', { name: '调整风控规则' }).click();
    await other.waitForSelector('[data-difference]');
    await other.locator('body').press('a');
    await other.getByRole('dialog').getByLabel('意见').fill('同意');
    await other.getByRole('dialog').getByRole('button', { name: '批准' }).click();
    await other.waitForSelector('[aria-current=step]:has-text("已批准")');
    const approvedHash = await hashOf(other, id);

    // An edit after the approval: what was approved is no longer what would be published.
    await page.goto(`${system.urls.console}/rules/risk?mode=json&change=${id}`);
    await page.locator('.cm-content').waitFor();
    await write(rule('browser-blocked-2'));
    await page.waitForSelector('text=没有问题');
    await page.getByRole('button', { name: '保存草稿' }).click();
    await page.waitForSelector('text=已保存到变更单');
    await page.goto(`${system.urls.console}/changes/${id}`);
    await page.waitForSelector('[aria-current=step]:has-text("已失效")');
    await page.waitForSelector('text=针对已被修改的内容');
    expect(await call(page, 'changes.publish', { id, contentHash: approvedHash })).toBe(409);
    expect(await refused('browser-blocked')).toBe(false);

    await page.getByRole('button', { name: '提交审批' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '提交审批' }).click();
    await page.waitForSelector('[aria-current=step]:has-text("待审批")');
    await other.reload();
    await other.getByRole('button', { name: '批准' }).click();
    await other.getByRole('dialog').getByRole('button', { name: '批准' }).click();
    await other.waitForSelector('[aria-current=step]:has-text("已批准")');
    await page.getByRole('button', { name: '发布…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '发布并立即生效' }).click();
    await page.waitForSelector('[aria-current=step]:has-text("观察中")');
    await until('the rule', () => refused('browser-blocked-2'), 3_000);

    await page.goto(`${system.urls.console}/rules/risk`);
    await page.waitForSelector('text=生效版本 v2');
    await page.getByRole('link', { name: '调整风控规则' }).click();
    await page.getByRole('button', { name: '一键回滚' }).click();
    await page.getByRole('dialog').getByLabel('原因（必填）').fill('演练结束');
    await page.getByRole('dialog').getByRole('button', { name: '一键回滚' }).click();
    await page.waitForSelector('[aria-current=step]:has-text("已回滚")');
    await until('the old rules', async () => !(await refused('browser-blocked-2')), 3_000);
    await page.goto(`${system.urls.console}/rules/risk?compare=1`);
    await page.waitForSelector('text=生效版本 v3');
    await page.waitForSelector('text=没有差别。');
    await author.context.close();
    await approver.context.close();
  });

  it('narrows the story to its trouble, with the keyboard, and shares what it shows', async () => {
    const { context, page } = await signIn('oncall');
    const control = (faults: object[]) =>
      fetch(`${system.urls.sandbox}/control/channels/wechat-pay/faults`, {
        method: 'POST',
        body: JSON.stringify(faults),
      });
    await control([{ lostReply: 1, operations: ['place'], seed: 1 }]);
    const lost = (await createMerchant(system).place({ amount: 777 })).body;
    await control([]);
    await page.goto(`${system.urls.console}/orders/${lost.id}`);
    await page.waitForSelector('text=资金状态未确认');
    await page.locator('body').press('e');
    await expect.poll(() => page.url()).toContain('ev=');
    await page.getByRole('button', { name: /^异常/ }).click();
    // The lost answer, and the one that was lost when the order was asked for once more.
    await expect.poll(() => page.locator('ol button[aria-expanded]').count()).toBe(2);
    await page.waitForSelector('text=/略去 \\d+ 个事件/');
    await page.getByRole('button', { name: '查询渠道' }).click();
    await page.getByRole('button', { name: /^全部/ }).click();
    await page
      .getByRole('button', { name: /查询渠道|渠道已受理/ })
      .nth(1)
      .waitFor();
    await context.close();
  });

  it('says which part of a link it did not understand', async () => {
    const { context, page } = await signIn('ops');
    await page.goto(`${system.urls.console}/orders?status=succeeded,xyz&t=1h`);
    await page.waitForSelector('text=status=xyz 无效');
    await expect.poll(() => page.locator('tbody tr').count()).toBeGreaterThan(0);
    await page.locator('body').press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/orders\/pay_/);
    await page.goBack();
    await page.getByRole('button', { name: /移除筛选 时间/ }).waitFor();
    await context.close();
  });

  it('shows a new key once, to those it belongs to, and never again', async () => {
    const { context, page } = await signIn('merchant');
    await page.goto(`${system.urls.console}/merchants`);
    await page.getByRole('link', { name: /我的商户/ }).click();
    await page.getByRole('button', { name: '创建密钥' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('新密钥名称').fill('browser key');
    await dialog.getByRole('button', { name: '创建密钥' }).click();
    const shown = dialog.locator('[role=status] .font-mono').first();
    await shown.waitFor();
    const secret = (await shown.textContent()) ?? '';
    expect(secret).toMatch(/^tk_/);
    expect(await dialog.getByRole('button', { name: '关闭' }).first().isDisabled()).toBe(true);
    await dialog.getByLabel('我已保存').check();
    await dialog.getByRole('button', { name: '关闭' }).first().click();
    const answers: string[] = [];
    page.on('response', async (response) => {
      if (/trpc/.test(response.url())) answers.push(await response.text().catch(() => ''));
    });
    await page.reload();
    await page.getByRole('cell', { name: 'browser key' }).waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(answers.join('')).not.toContain(secret);
    await page.goto(`${system.urls.console}/orders/${orderId}`);
    await page.waitForSelector('h1');
    const seen = (await page.locator('main').textContent()) ?? '';
    expect(seen).not.toMatch(/vm-all|engine-/);
    await context.close();
  });

  it('proposes a limit in shadow as a change, and tries rules on the payments of the past', async () => {
    const { context, page } = await signIn('risk');
    await page.goto(`${system.urls.console}/limits`);
    await page.getByRole('button', { name: '新增限额' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('ID').fill('browser-day');
    await dialog.getByLabel('名称').fill('浏览器演练限额');
    await dialog.getByRole('button', { name: '提交为变更单…' }).click();
    await dialog.getByText('金额和笔数上限至少填一个').waitFor();
    await dialog.getByLabel('金额上限（元）').fill('1,000.00');
    await dialog.getByLabel(/^仅观察/).check();
    await dialog.getByLabel('商户', { exact: true }).first().check();
    await dialog.getByRole('button', { name: '提交为变更单…' }).click();
    await dialog.getByLabel('原因（必填）').fill('先观察一周');
    await dialog.getByRole('button', { name: '创建变更单' }).click();
    await page.waitForURL(/\/changes\/chg_/);
    await page.waitForSelector('text=浏览器演练限额');
    await page.waitForSelector('text=限额 browser-day');

    await page.goto(`${system.urls.console}/rules/lab?tab=backtest`);
    await page.getByRole('button', { name: '开始回测' }).click();
    await page.waitForURL(/run=bt_/);
    await page.waitForSelector('text=可信度');
    await page.getByRole('heading', { name: '线上 → 草稿' }).waitFor();
    await page.getByRole('tab', { name: '测试用例' }).click();
    await page.getByRole('button', { name: '新增用例' }).click();
    await dialog.getByLabel('用例').fill('大额被拒');
    await dialog.getByRole('button', { name: '保存用例' }).click();
    await page.getByRole('cell', { name: '大额被拒' }).waitFor();
    await page.getByRole('button', { name: '用现行规则运行' }).click();
    await page.waitForSelector('text=/\\d+ 个通过，\\d+ 个失败/');
    await context.close();
  });

  it('puts a payer on a list and takes him off, imports a file only when its bad lines are left out on purpose', async () => {
    const { context, page } = await signIn('risk');
    const shop = createMerchant(system);
    await page.goto(`${system.urls.console}/lists?list=payer`);
    await page.getByLabel(/^付款人（可多个/).fill('listed-payer');
    await page.locator('form').filter({ hasText: '加入名单' }).getByLabel('原因（必填）').fill('演练');
    await page.getByRole('button', { name: '加入名单' }).click();
    await page.getByRole('cell', { name: 'listed-payer', exact: true }).waitFor();
    const place = async (id: string) => (await shop.place({ payer: { id } })).body;
    await until('a refusal', async () => (await place('listed-payer')).failure?.code === 'risk_payer_blocked', 3_000);

    await page.getByRole('button', { name: '导入' }).click();
    const dialog = page.getByRole('dialog');
    const lines = [
      'value,reason,expires_at',
      'import-1,fraud,',
      'import-2,fraud,yesterday',
      ',nobody,',
      'import-3,x,2020-01-01',
    ];
    await dialog
      .locator('input[type=file]')
      .setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) });
    await dialog.getByLabel('原因（文件中没有写明的行使用它）').fill('演练导入');
    await dialog.getByRole('button', { name: '预览' }).click();
    await expect.poll(() => dialog.locator('tbody tr').count()).toBe(3);
    expect(await dialog.locator('tbody tr td:first-child').allInnerTexts()).toEqual(['3', '4', '5']);
    const confirm = dialog.getByRole('button', { name: '确认导入 1 条' });
    expect(await confirm.isDisabled()).toBe(true);
    expect((await place('import-1')).failure).toBeUndefined();
    await dialog.getByLabel('跳过这 3 行，导入其余').check();
    await confirm.click();
    await page.getByRole('cell', { name: 'import-1', exact: true }).waitFor();
    await until('the imported', async () => (await place('import-1')).failure?.code === 'risk_payer_blocked', 3_000);

    await page.fill('[data-search]', 'listed');
    await page.getByRole('button', { name: '搜索' }).click();
    await expect.poll(() => page.url()).toContain('q=listed');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: '移出' }).click();
    await dialog.getByLabel('原因（必填）').fill('演练结束');
    await dialog.getByRole('button', { name: '移出' }).click();
    await page.waitForSelector('text=没有以此开头的条目');
    await until('a payment', async () => (await place('listed-payer')).status === 'processing', 3_000);
    await context.close();
  });

  it('refuses by role on the wire, not only by hiding buttons', async () => {
    const { context, page } = await signIn('support');
    await page.goto(`${system.urls.console}/rules/risk`);
    await page.waitForSelector('text=没有权限查看');
    expect(await page.getByRole('link', { name: '风控规则' }).count()).toBe(0);
    const status = await page.evaluate(async () => {
      const answer = await fetch('/trpc/channels.switchOff', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'wechat-pay', minutes: 5, reason: 'no' }),
      });
      return answer.status;
    });
    expect(status).toBe(403);
    const foreign = await fetch(`${system.urls.engine}/trpc/channels.switchOff`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: '{}',
    });
    expect(foreign.status).toBe(403);
    await context.close();
  });

  it.each([
    ['light', 1440, 'zh-CN'],
    ['dark', 390, 'en'],
  ] as const)(
    'is readable for everybody: %s, %i px, %s',
    async (scheme, width, locale) => {
      const { context, page } = await signIn('admin', { scheme, width, locale });
      for (const path of [...shellPages, `/orders/${orderId}`]) {
        await page.goto(system.urls.console + path);
        await page.waitForSelector('h1');
        await page.waitForFunction(() => document.querySelector('.animate-pulse') === null);
        expect(await page.locator('h1').count(), path).toBe(1);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
          `${path} scrolls sideways`,
        ).toBeLessThanOrEqual(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect(serious.map(({ id, nodes }) => `${path} ${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
      await context.close();
    },
    240_000,
  );

  it('wrote nothing on the console of the browser', () => {
    expect(problems).toEqual([]);
  });
});
