import { open, readFile, rename } from 'node:fs/promises';
import type * as z from 'zod';

/** Reads a JSON file of the state folder, or undefined when there is none yet. */
export const readStateFile = async <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> => {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Replaces a JSON file as a whole: after a crash there is the old one or the new one. It holds keys: owner only. */
export const writeStateFile = async (path: string, value: unknown): Promise<void> => {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
};
