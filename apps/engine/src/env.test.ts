import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readEnv } from './env.ts';

const needed = {
  DATABASE_URL: 'postgres://127.0.0.1/x',
  TRIBUTARY_KEK: 'k:x',
  TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
  TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
};

describe('the environment', () => {
  it('names networks as a list, and every one that is none', () => {
    const env = readEnv({ ...needed, TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32,192.0.2.7', METRICS_FROM: '' });
    expect(env.TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
    expect(env.METRICS_FROM).toBeUndefined();
    expect(() => readEnv({ ...needed, METRICS_FROM: '10.0.0.0/8,everybody' })).toThrow(/METRICS_FROM\.1/);
  });

  it('says all that is missing, and none of what is there', () => {
    const { DATABASE_URL: _, ...rest } = needed;
    expect(() => readEnv({ ...rest, TRIBUTARY_PEPPER: 'short' })).toThrow(/DATABASE_URL[\s\S]*TRIBUTARY_PEPPER/);
    expect(() => readEnv({ ...rest, TRIBUTARY_PEPPER: 'short' })).not.toThrow(/short/);
  });

  it('refuses in production what is for demonstrations', () => {
    for (const name of ['TRIBUTARY_FAILPOINTS', 'TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS'])
      expect(() => readEnv({ ...needed, NODE_ENV: 'production', [name]: '1' })).toThrow(name);
  });
});
