'use client';

import { createContext, type ReactNode, useCallback, useContext, useEffect, useId, useMemo, useState } from 'react';

/** An input whose text the rule could not take: what is seen there is not what would be saved. */
export type Refused = { ruleId: string | undefined; label: string; text: string };

const Report = createContext<(id: string, refused: Refused | undefined) => void>(() => undefined);

/** What stands in the editors and is in no rule; nothing may be saved meanwhile. */
export function useRefusals() {
  const [refusals, setRefusals] = useState<ReadonlyMap<string, Refused>>(new Map());
  const report = useCallback((id: string, refused: Refused | undefined) => {
    setRefusals((old) => {
      if (!refused && !old.has(id)) return old;
      const next = new Map(old);
      if (refused) next.set(id, refused);
      else next.delete(id);
      return next;
    });
  }, []);
  return { refusals: useMemo(() => [...refusals.values()], [refusals]), report };
}

export function RefusalsOf({
  report,
  children,
}: {
  report: (id: string, refused: Refused | undefined) => void;
  children: ReactNode;
}) {
  return <Report value={report}>{children}</Report>;
}

/** Says that an input holds what its rule does not, until it does, or is gone. */
export function useRefused(isRefused: boolean, ruleId: string | undefined, label: string, text: string): void {
  const report = useContext(Report);
  const id = useId();
  useEffect(() => {
    if (!isRefused) return;
    report(id, { ruleId, label, text });
    return () => report(id, undefined);
  }, [report, id, isRefused, ruleId, label, text]);
}
