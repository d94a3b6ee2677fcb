import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FactDefinition } from '@tributary/rules/define-fact';
import { describe, expect, it } from 'vitest';
import { routingFacts } from '../routing/facts.ts';
import { riskFactGroups, riskFacts } from './facts.ts';

const page = path.resolve(import.meta.dirname, '../../../../docs/facts.md');

const groups: Record<keyof typeof riskFactGroups, { title: string; text: string }> = {
  request: {
    title: 'The payment itself 本笔支付',
    text: 'What the request says. Costs nothing. Those marked ◆ are there for routing rules as well.',
  },
  lists: {
    title: 'Lists 名单',
    text: 'Exact to the moment at which an entry runs out. Read only when a rule asks: from memory, and from the database when there is a hit. The entry and its reason are kept with the decision.',
  },
  payer: {
    title: 'The payer 付款人',
    text: "By `payer.id`, else `payer.openId`, at this merchant: a payer's id is the merchant's own.",
  },
  device: {
    title: 'The device 设备',
    text: "By `payer.deviceId`, at this merchant: a device's id is the merchant's own.",
  },
  ip: { title: 'The IP address IP 地址', text: 'By `payer.ip` as given, over all merchants.' },
  card: { title: 'The card 银行卡', text: "By `payer.cardId`, at this merchant: the merchant's token for the card." },
  merchant: {
    title: 'The merchant 商户',
    text: 'Shared by all payments of the merchant on a node: read once a second at most, and less often when reading takes long (a twentieth of the time is spent on it at most). Counts stop at 200,000.',
  },
};

const shown = (value: unknown) => `\`${JSON.stringify(value)}\``;

function row(fact: FactDefinition): string {
  const type = fact.type === 'list' ? `list of ${fact.items ?? 'anything'}` : fact.type;
  const unit = fact.unit ? `, ${fact.unit}` : '';
  const routing = routingFacts.some(({ name }) => name === fact.name) ? ' ◆' : '';
  const missing = fact.optional ? ' *May be missing.*' : '';
  return `| \`${fact.name}\`${routing} | ${type}${unit} | ${fact.description}${missing} | ${fact.descriptionZh} | ${shown(fact.example)} |`;
}

function render(): string {
  const parts = (Object.keys(groups) as (keyof typeof groups)[]).map((key) => {
    const rows = riskFactGroups[key].map(row).join('\n');
    return `## ${groups[key].title}\n\n${groups[key].text}\n\n| Fact | Type | Meaning | 含义 | Example |\n|---|---|---|---|---|\n${rows}\n`;
  });
  return `# Facts 事实

Everything that risk rules may speak of: ${riskFacts.length} facts. Made from the definitions in \`apps/engine/src/risk/facts/\`; a test fails
when this page is older than they are (\`UPDATE_DOCS=1 npx vitest run --project unit apps/engine/src/risk/facts-page.test.ts\` writes it).

风控规则可用的全部事实。金额单位均为最小货币单位（人民币为分）。“可能缺失”的事实在缺失时：比较大小一律不成立，\`notEqual\`、\`notIn\`、\`not:…\` 一律成立。

**What is computed.** Only what an enabled rule reads, shadow rules included. Payers, devices, addresses and cards are read in
one round trip, lists in another at the same time, merchants from a shared answer.

**What a window is.** It ends now, and this payment is not in it. It reaches back to the millisecond, over payments as they stand in
the database: those that are committed. Payments placed at the same moment do not see each other. Refused and failed payments
count as payments, and not as money. Of one payer, device, address or card the newest 10,000 payments are looked at: counts
stop there.

**A decline** is a failed payment with \`payer_declined\`, \`issuer_declined\`, \`insufficient_funds\` or \`auth_code_invalid\`: the
bank or the payer said no. Faults of channels and our own refusals are none, so that a refusal never leads to the next.

**When facts can't be had** within the service's \`factTimeoutMs\` (500 when absent), they are missing, never zero, and the rules
over them are open. A rule that could be judged and refuses still refuses; an approval above all open rules still approves; in
every other case the service's \`onFactFailure\` decides: \`reject\` (when absent, with the code \`risk_unavailable\`), \`review\`
or \`approve\`. Open rules that only watch (\`shadow\`, \`flag\`) change nothing.

**Adding a fact** is an entry in one file of \`apps/engine/src/risk/facts/\`: its definition beside the way to compute it.
Checker, linter, editor and this page take it from there.

${parts.join('\n')}`;
}

describe('docs/facts.md', () => {
  it('is what the definitions say', () => {
    const text = render();
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, text);
    expect(readFileSync(page, 'utf8')).toBe(text);
  });

  it('has a description in both languages and a fitting unit for every fact', () => {
    for (const fact of riskFacts) {
      expect(fact.description, fact.name).toMatch(/^[A-Z].*\.$/s);
      expect(fact.descriptionZh, fact.name).toMatch(/[\u4e00-\u9fff]|IP|BIN/);
      if (fact.type === 'integer' && fact.name !== 'weekday') expect(fact, fact.name).toHaveProperty('unit');
    }
    expect(new Set(riskFacts.map(({ name }) => name)).size).toBe(riskFacts.length);
  });
});
