import * as z from 'zod';

/** The kinds of configuration documents. Rule sets are one document each, under the id `main`. */
export const configKinds = ['risk', 'routing', 'service', 'channel', 'limit', 'list', 'response_codes'] as const;
export type ConfigKind = (typeof configKinds)[number];

/** The only document of a rule set. */
export const mainDocument = 'main';

export const configKindSchema = z.enum(configKinds);
export const objectIdSchema = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9._-]*$/, { error: 'is not an id: a-z 0-9 . _ -, beginning with a letter' });

/** Names one document. */
export const configRefSchema = z.strictObject({ kind: configKindSchema, objectId: objectIdSchema });
export type ConfigRef = z.infer<typeof configRefSchema>;

/** One text for one document, e.g. `limit/merchant-day`. */
export const refKey = ({ kind, objectId }: ConfigRef): string => `${kind}/${objectId}`;
