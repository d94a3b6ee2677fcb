import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { TrustedKey } from '@tributary/channels/channel-result';
import { ZodError } from 'zod';
import { fieldErrors, invalidFields } from '../../access/to-api-error.ts';
import { canonicalJson } from '../../config/content-hash.ts';

type ObjectSchema = { properties?: Record<string, { identity?: boolean }> };

const propertiesOf = (schema: unknown) => (schema as ObjectSchema).properties ?? {};

/**
 * An account must be one that its channel can open.
 * @throws AppError naming every wrong field, as `config.…` or `secrets.…`; what was in it is never repeated
 */
export function mustFitAdapter(
  adapter: ChannelAdapter,
  account: { baseUrl: string; config: unknown; secrets: Record<string, unknown> },
  trust: readonly TrustedKey[],
): void {
  try {
    adapter.open(account, trust);
  } catch (error) {
    if (!(error instanceof ZodError)) throw invalidFields([{ path: 'config', message: 'can not be opened' }]);
    const secret = new Set([
      ...Object.keys(propertiesOf(adapter.accountJsonSchema.secrets)),
      ...Object.keys(account.secrets),
    ]);
    throw invalidFields(
      fieldErrors(error).map(({ path, message }) => {
        const [first = ''] = path.split('.');
        return { path: `${secret.has(first) ? 'secrets' : 'config'}.${path}`, message };
      }),
    );
  }
}

/**
 * What was sent under one merchant number is looked up, refunded and called back under it: a new version keeps it.
 * @throws AppError naming the fields that say who the account is and differ
 */
export function mustBeSameAccount(adapter: ChannelAdapter, before: unknown, after: unknown): void {
  const textAt = (config: unknown, name: string) =>
    canonicalJson((config as Record<string, unknown> | null)?.[name] ?? null);
  const changed = Object.entries(propertiesOf(adapter.accountJsonSchema.config))
    .filter(([name, { identity }]) => identity === true && textAt(before, name) !== textAt(after, name))
    .map(([name]) => ({ path: `config.${name}`, message: 'says who the account is: make another account instead' }));
  if (changed.length > 0) throw invalidFields(changed);
}
