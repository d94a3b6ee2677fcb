import type { Pool } from '../platform/db.ts';

/** A page of a merchant's events as JSON text, each just as its webhook says it. */
export type ListEvents = (merchantId: string, page: { after: number; limit: number }) => Promise<string>;

/** By number, so that a merchant who remembers the last one it has seen misses none. */
export const createListEvents =
  (pool: Pool): ListEvents =>
  async (merchantId, { after, limit }) => {
    const { rows } = await pool.query<{ seq: bigint; body: string }>({
      name: 'list-merchant-events',
      text: 'SELECT seq, body FROM merchant_events WHERE merchant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      values: [merchantId, after, limit + 1],
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1)?.seq ?? BigInt(after);
    return `{"data":[${page.map(({ body }) => body).join(',')}],"lastSequence":${last},"hasMore":${rows.length > limit}}`;
  };
