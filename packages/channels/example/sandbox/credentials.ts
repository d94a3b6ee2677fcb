import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { readStateFile, writeStateFile } from '../../testing/simulator/state-file.ts';

const keySchema = z.object({
  id: z.string(),
  secret: z.string(),
  /** Signs from this time on; counts from the merchant as soon as it exists. */
  signsFrom: z.number(),
});
const stateSchema = z.object({ merchantNo: z.string(), keys: z.array(keySchema).min(1) });
/** A key that both sides hold. */
export type SharedKey = z.infer<typeof keySchema>;

const createKey = (signsFrom: number): SharedKey => ({
  id: `rk_${randomBytes(6).toString('hex')}`,
  secret: randomBytes(32).toString('hex'),
  signsFrom,
});

/** The keys that Riverbank shares with one test merchant. */
export type RiverbankCredentials = {
  readonly merchantNo: string;
  findKey(id: string): SharedKey | undefined;
  signingKey(): SharedKey;
  rotate(switchAfterMs: number): Promise<SharedKey>;
  /** Ready to be entered into an account. */
  account(): { config: Record<string, unknown>; secrets: Record<string, unknown> };
};

/** Opens `example.keys.json` in the state folder, or makes it. */
export const openCredentials = async (dir: string, now: () => number): Promise<RiverbankCredentials> => {
  const path = join(dir, 'example.keys.json');
  const made = { merchantNo: `R${String(randomInt(100_000_000)).padStart(8, '0')}`, keys: [createKey(now())] };
  const state = (await readStateFile(path, stateSchema)) ?? made;
  await writeStateFile(path, state);
  return {
    merchantNo: state.merchantNo,
    findKey: (id) => state.keys.find((key) => key.id === id),
    signingKey: () => {
      const key = state.keys.findLast(({ signsFrom }) => signsFrom <= now()) ?? state.keys[0];
      if (key === undefined) throw new Error('There is no key to sign with.');
      return key;
    },
    rotate: async (switchAfterMs) => {
      const key = createKey(now() + switchAfterMs);
      state.keys.push(key);
      await writeStateFile(path, state);
      return key;
    },
    account: () => {
      const [key, previous] = state.keys.toReversed();
      return {
        config: {
          merchantNo: state.merchantNo,
          keyId: key?.id,
          ...(previous === undefined ? {} : { previousKeyId: previous.id }),
        },
        secrets: { key: key?.secret, ...(previous === undefined ? {} : { previousKey: previous.secret }) },
      };
    },
  };
};
