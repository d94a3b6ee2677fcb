'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTrpc } from '@/lib/trpc';

/** The whole list as a CSV file, fetched page by page. The byte order mark makes spreadsheets read it as UTF-8. */
export function useExport(list: string) {
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [state, setState] = useState<{ busy: boolean; rows: number; error?: string }>({ busy: false, rows: 0 });
  async function run(): Promise<void> {
    setState({ busy: true, rows: 0 });
    const parts: string[] = ['\uFEFF'];
    let rows = 0;
    let after: string | null = null;
    try {
      do {
        const page: { csv: string; rows: number; next: string | null } = await queries.fetchQuery(
          trpc.lists.exportPage.queryOptions(
            { list, ...(after === null ? {} : { after }) },
            { staleTime: 0, gcTime: 0 },
          ),
        );
        parts.push(page.csv);
        rows += page.rows;
        after = page.next;
        setState({ busy: true, rows });
      } while (after !== null);
      const url = URL.createObjectURL(new Blob(parts, { type: 'text/csv;charset=utf-8' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: `${list}.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      setState({ busy: false, rows });
    } catch (error) {
      setState({ busy: false, rows, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { ...state, run };
}
