import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failureCodes } from '@tributary/contracts/error-code';
import { paymentStatuses } from '@tributary/contracts/payment-status';
import { roles } from '@tributary/contracts/role';
import { pasteProblems, signatureCauses } from '@tributary/contracts/signature-doctor';
import { describe, expect, it } from 'vitest';
import en from './messages/en.json' with { type: 'json' };
import zh from './messages/zh-CN.json' with { type: 'json' };

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : leaves(value, `${prefix}${key}.`),
  );
}
const argumentsOf = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? '').sort();

describe('the catalogues', () => {
  const chinese = new Map(leaves(zh));
  const english = new Map(leaves(en));

  it('say the same things in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });
  it.each([...chinese])('%s takes the same values and is not empty', (key, text) => {
    expect(text.trim()).not.toBe('');
    expect(new Set(argumentsOf(english.get(key) ?? ''))).toEqual(new Set(argumentsOf(text)));
  });
  it('name every status, role and reason', () => {
    for (const tree of [zh, en]) {
      for (const status of paymentStatuses) expect(tree.status).toHaveProperty(status);
      for (const role of roles) expect(tree.shell.roles).toHaveProperty(role);
      for (const code of Object.keys(failureCodes)) expect(tree.failures).toHaveProperty(code);
      expect(Object.keys(tree.doctor.causes).sort()).toEqual([...signatureCauses].sort());
      expect(Object.keys(tree.doctor.problems).sort()).toEqual([...pasteProblems].sort());
    }
  });
  it('name every event that the engine writes', () => {
    const engine = path.resolve(import.meta.dirname, '../../../engine/src/payments');
    const sources = readdirSync(engine, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(path.join(engine, file), 'utf8'))
      .join('\n');
    const kinds = [...sources.matchAll(/kind: '((?:payment|attempt|refund|risk|routing)\.[a-z_]+)'/g)].map(
      ([, kind]) => kind ?? '',
    );
    expect(kinds.length).toBeGreaterThan(8);
    for (const kind of kinds) expect(zh.events, kind).toHaveProperty(kind.replaceAll('.', '_'));
  });
});
