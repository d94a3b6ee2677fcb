import type { ConfigKind } from '@tributary/contracts/config-kind';

/** The page on which the documents of a change are edited; nothing when they belong to several. */
export function editorOf(items: readonly { kind: ConfigKind; objectId: string }[]): string | undefined {
  const [item] = items;
  if (!item || items.length > 1) return undefined;
  if (item.kind === 'risk' || item.kind === 'routing') return `/rules/${item.kind}?mode=table`;
  return undefined;
}
