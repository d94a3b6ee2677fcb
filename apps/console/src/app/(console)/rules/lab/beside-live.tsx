'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { useTrpc } from '@/lib/trpc';
import { Field, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import type { Kind } from '../[kind]/rules';
import { TryOne } from '../[kind]/try-one';

const open: ReadonlySet<string> = new Set(['draft', 'in_review', 'approved', 'scheduled', 'canary']);

/** One payment by the rules in force and, beside it, by a change that is on its way or by another version. */
export function BesideLive({ kind, order }: { kind: Kind; order: string | null }) {
  const t = useTranslations('lab');
  const states = useTranslations('changes.states');
  const trpc = useTrpc();
  const [against, setAgainst] = useQueryState('against', parseAsString);
  const rules = useQuery(trpc.rules[kind].get.queryOptions());
  const changes = useQuery(trpc.changes.list.queryOptions({ limit: 100 }));
  const live = rules.data?.active?.version;
  const waiting = (changes.data?.changes ?? []).filter(
    ({ status, refs }) => open.has(status) && refs.includes(`${kind}/main`),
  );
  const older = (rules.data?.versions ?? []).filter(({ version }) => version !== live);
  if (rules.data && changes.data && waiting.length + older.length === 0)
    return <Empty title={t('nothingBeside')}>{t('nothingBesideHint')}</Empty>;
  const chosen = against ?? (waiting[0] ? waiting[0].id : older[0] ? `v${older[0].version}` : '');
  return (
    <>
      <div className="mb-4 max-w-md">
        <Field label={t('against')}>
          {(id) => (
            <Select id={id} value={chosen} onChange={(event) => void setAgainst(event.target.value)}>
              {waiting.length > 0 ? (
                <optgroup label={t('againstChanges')}>
                  {waiting.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.title} · {states(one.status)}
                    </option>
                  ))}
                </optgroup>
              ) : null}
              {older.length > 0 ? (
                <optgroup label={t('againstVersions')}>
                  {older.map((one) => (
                    <option key={one.version} value={`v${one.version}`}>
                      v{one.version} {one.note}
                    </option>
                  ))}
                </optgroup>
              ) : null}
            </Select>
          )}
        </Field>
      </div>
      {chosen.startsWith('chg_') ? <OfChange key={chosen} kind={kind} id={chosen} order={order} /> : null}
      {/^v\d+$/.test(chosen) ? (
        <OfVersion key={chosen} kind={kind} version={Number(chosen.slice(1))} order={order} />
      ) : null}
    </>
  );
}

function OfChange({ kind, id, order }: { kind: Kind; id: string; order: string | null }) {
  const query = useQuery(useTrpc().changes.get.queryOptions({ id }));
  return (
    <Loaded query={query}>
      {({ items }) => {
        const item = items.find((one) => one.kind === kind && one.objectId === 'main');
        return item?.document ? <Beside kind={kind} document={item.document} words={item.words} order={order} /> : null;
      }}
    </Loaded>
  );
}

function OfVersion({ kind, version, order }: { kind: Kind; version: number; order: string | null }) {
  const query = useQuery(useTrpc().rules[kind].version.queryOptions({ version }));
  return (
    <Loaded query={query}>
      {({ document, changesFromActive }) => (
        <Beside kind={kind} document={document} words={changesFromActive.map(({ words }) => words)} order={order} />
      )}
    </Loaded>
  );
}

/** What differs, in words, and a payment to try it on. */
function Beside({
  kind,
  document,
  words,
  order,
}: {
  kind: Kind;
  document: unknown;
  words: readonly { en: string; zh: string }[];
  order: string | null;
}) {
  const t = useTranslations('lab');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  return (
    <>
      <h2 className="mb-1 font-medium">{t('differs')}</h2>
      {words.length === 0 ? (
        <p className="mb-4 text-muted">{t('differsNot')}</p>
      ) : (
        <ul className="mb-4 list-disc rounded-md bg-surface py-2 pr-3 pl-7">
          {words.slice(0, 50).map((one) => (
            <li key={one.en}>{one[locale]}</li>
          ))}
        </ul>
      )}
      <TryOne kind={kind} draft={document} order={order} />
    </>
  );
}
