import { type ChannelDocument, channelDocumentSchema } from '@tributary/contracts/channel-config';
import { type ConfigKind, mainDocument, refKey } from '@tributary/contracts/config-kind';
import { type LimitDocument, limitDocumentSchema } from '@tributary/contracts/limit';
import { type ListConfig, listConfigSchema } from '@tributary/contracts/list';
import { type ResponseCodesDocument, responseCodesDocumentSchema } from '@tributary/contracts/response-codes';
import { type ServiceConfig, serviceConfigSchema } from '@tributary/contracts/service-config';
import type * as z from 'zod';

/** A document as stored: the version of it that is in force, or that a canary brings. */
export type StoredDocument = {
  kind: ConfigKind;
  objectId: string;
  version: number;
  document: unknown;
  contentHash: string;
};

/** A document that fits its kind. Rules are compiled elsewhere: here they are only carried. */
type Parsed =
  | { kind: 'risk' | 'routing'; value: unknown }
  | { kind: 'service'; value: ServiceConfig }
  | { kind: 'channel'; value: ChannelDocument }
  | { kind: 'limit'; value: LimitDocument }
  | { kind: 'list'; value: ListConfig }
  | { kind: 'response_codes'; value: ResponseCodesDocument };

export type ReadDocument = Parsed & { objectId: string; version: number };

const schemas = {
  service: serviceConfigSchema,
  channel: channelDocumentSchema,
  limit: limitDocumentSchema,
  list: listConfigSchema,
  response_codes: responseCodesDocumentSchema,
} as const satisfies Partial<Record<ConfigKind, z.ZodType<{ id: string }>>>;

/** The schema of a kind whose documents are not rules. */
export const schemaOf = (kind: Exclude<ConfigKind, 'risk' | 'routing'>): z.ZodType<{ id: string }> => schemas[kind];

export type Misfit = { path: string; message: string };

/**
 * Reads a document by its kind. Rules pass whole.
 * @returns what does not fit, by its path
 */
export function readDocument(stored: StoredDocument): ReadDocument | { misfits: Misfit[] } {
  const { kind, objectId, version, document } = stored;
  if (kind === 'risk' || kind === 'routing') {
    if (objectId !== mainDocument) return { misfits: [{ path: '', message: `rules are kept under ${mainDocument}` }] };
    return { kind, objectId, version, value: document };
  }
  const parsed = schemas[kind].safeParse(document);
  if (!parsed.success) {
    return { misfits: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) };
  }
  if (parsed.data.id !== objectId) return { misfits: [{ path: 'id', message: `must be ${objectId}, as it is kept` }] };
  return { kind, objectId, version, value: parsed.data } as ReadDocument;
}

/** All documents of one kind. */
export function documentsOf<Kind extends Parsed['kind']>(
  documents: ReadonlyMap<string, ReadDocument>,
  kind: Kind,
): Extract<ReadDocument, { kind: Kind }>[] {
  return [...documents.values()].filter((one): one is Extract<ReadDocument, { kind: Kind }> => one.kind === kind);
}

export const keyOf = ({ kind, objectId }: Pick<StoredDocument, 'kind' | 'objectId'>): string =>
  refKey({ kind, objectId });
