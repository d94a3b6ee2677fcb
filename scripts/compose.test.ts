import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnv } from '../apps/engine/src/env.ts';

const root = path.resolve(import.meta.dirname, '..');
const compose = readFileSync(path.join(root, 'compose.yaml'), 'utf8');
const haproxy = readFileSync(path.join(root, 'deploy/haproxy.cfg'), 'utf8');

/** What a `name:` of the file contains, by indentation. */
function blockOf(name: string): string {
  const lines = compose.split('\n');
  const at = lines.findIndex((line) => line.trimStart().startsWith(`${name}:`));
  const indent = (line: string) => line.length - line.trimStart().length;
  const end = lines.findIndex((line, i) => i > at && line.trim() !== '' && indent(line) <= indent(lines[at] ?? ''));
  return lines.slice(at + 1, end < 0 ? undefined : end).join('\n');
}

describe('compose.yaml', () => {
  it('gives the engine an environment that it takes, in every role', () => {
    const given = Object.fromEntries(
      [...blockOf('environment').matchAll(/^ +([A-Z_]+): +(.*)$/gm)].map(([, name, value = '']) => [
        name,
        value.replaceAll('"', '').replace(/\$\{[A-Z_]+:-([^}]*)\}/, '$1'),
      ]),
    );
    expect(Object.keys(given)).toContain('TRUSTED_PROXIES');
    const roles = [...compose.matchAll(/\*engine-env, ROLE: ([a-z]+)/g)].map(([, role]) => role);
    expect(roles.sort()).toEqual(['api', 'query', 'worker']);
    for (const ROLE of roles) {
      const env = readEnv({
        ...given,
        ROLE,
        DATABASE_URL: 'postgres://tributary@postgres:5432/tributary',
        PUBLIC_URL: 'https://pay.example',
        CONSOLE_URL: 'https://console.example',
        TRIBUTARY_KEK: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
        TRIBUTARY_PEPPER: Buffer.alloc(32, 2).toString('base64'),
        TRIBUTARY_AUTH_SECRET: 'x'.repeat(32),
      });
      expect(env).toMatchObject({ ROLE, ENGINE_PORT: 4000, DRAIN_MS: 5000 });
    }
  });

  it('balances over services that are there, sees a node drain in time, and repeats nothing that was sent', () => {
    for (const [, file = ''] of compose.matchAll(/"\.\/([^":]+):/g))
      expect(existsSync(path.join(root, file))).toBe(true);
    const targets = [...haproxy.matchAll(/server-template \w+ \d+ ([a-z-]+):(\d+)/g)];
    expect(targets.map(([, service, port]) => [service, port])).toEqual([
      ['engine-api', '4000'],
      ['engine-query', '4000'],
    ]);
    for (const [, service = ''] of targets) expect(blockOf(service)).toContain('ROLE');
    expect(blockOf('balancer')).toContain('4000:4000');
    const [, everySeconds] = haproxy.match(/check inter (\d+)s fall 1/) ?? [];
    const [, drainMs] = compose.match(/DRAIN_MS: "(\d+)"/) ?? [];
    expect(Number(everySeconds) * 1_000 * 2).toBeLessThan(Number(drainMs));
    expect(haproxy).toMatch(/^ {2}retry-on conn-failure$/m);
  });
});
