'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { dateTime, duration } from '@/lib/format';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';
import { SwitchToDialog } from './account-dialogs';
import { ProbeResult } from './probe-result';
import type { Account, AccountActs, Version } from './use-accounts';

const tones = {
  staged: 'pending',
  live: 'success',
  overlap: 'processing',
  retired: 'closed',
  discarded: 'closed',
} as const satisfies Record<Version['state'], Tone>;

/** The versions of an account, newest first: tried, switched to, overlapping, gone. */
export function Versions({ account, now, acts }: { account: Account; now: number; acts: AccountActs }) {
  const t = useTranslations('accounts');
  const [switchingTo, setSwitchingTo] = useState<number>();
  // As it is now: the probe on the way says something new about it.
  const switching = account.versions.find(({ version }) => version === switchingTo);
  const failed = acts.discard.error ?? acts.endOverlap.error ?? acts.goBack.error ?? acts.probe.error;
  return (
    <div className="min-w-0">
      <h4 className="mb-1 font-medium">{t('versions')}</h4>
      <Table
        wide
        label={t('versions')}
        head={
          <>
            {[t('version'), t('state'), t('keys'), t('probe'), t('written'), t('switchedTo')].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
            <Th>
              <span className="sr-only">{t('act')}</span>
            </Th>
          </>
        }
      >
        {account.versions.map((version) => (
          <tr key={version.version} className="border-b align-top">
            <Td>
              v{version.version}
              {version.note ? <span className="block text-xs text-subtle">{version.note}</span> : null}
            </Td>
            <Td>
              <Chip tone={tones[version.state]}>{t(`states.${version.state}`)}</Chip>
              {version.overlapUntil ? (
                <span className="block text-xs whitespace-nowrap text-muted">
                  {t('stillFor', { time: duration(Math.max(0, version.overlapUntil - now)) })}
                </span>
              ) : null}
            </Td>
            <Td>
              <Marks version={version} />
            </Td>
            <Td>{version.probe ? <ProbeVerdict probe={version.probe} /> : <span className="text-muted">—</span>}</Td>
            <Td className="text-xs text-muted">
              {version.createdBy} <span className="whitespace-nowrap">{dateTime(version.createdAt)}</span>
            </Td>
            <Td className="text-xs text-muted">
              {version.switchedBy ?? '—'}{' '}
              <span className="whitespace-nowrap">{version.switchedAt ? dateTime(version.switchedAt) : ''}</span>
            </Td>
            <Td>
              <Acts account={account} version={version} acts={acts} onSwitch={() => setSwitchingTo(version.version)} />
            </Td>
          </tr>
        ))}
      </Table>
      {failed ? (
        <p role="alert" className="mt-2 text-failed">
          {failed.message}
        </p>
      ) : null}
      {acts.probe.data && acts.probe.variables?.accountId === account.id ? (
        <ProbeResult version={acts.probe.variables.version} probed={acts.probe.data} />
      ) : null}
      {switching ? (
        <SwitchToDialog account={account} version={switching} acts={acts} onClose={() => setSwitchingTo(undefined)} />
      ) : null}
    </div>
  );
}

/** What is known of its secrets: enough to tell them apart, nothing to use. */
function Marks({ version }: { version: Version }) {
  const t = useTranslations('accounts');
  const marks = Object.entries(version.keys?.marks ?? {});
  if (marks.length === 0) return <span className="text-muted">{version.keys ? '—' : t('notYours')}</span>;
  return (
    <ul className="grid gap-0.5 text-xs">
      {marks.map(([name, { fingerprint, last4 }]) => (
        <li key={name} className="whitespace-nowrap">
          <span className="text-muted">{name}</span> <code>{fingerprint}</code>
          {last4 ? <span className="text-subtle"> …{last4}</span> : null}
        </li>
      ))}
    </ul>
  );
}

function ProbeVerdict({ probe }: { probe: NonNullable<Version['probe']> }) {
  const t = useTranslations('accounts');
  return (
    <>
      <Chip tone={probe.verdict === 'ok' ? 'success' : 'failed'}>{t(`verdicts.${probe.verdict}`)}</Chip>
      <span className="block text-xs whitespace-nowrap text-subtle">{dateTime(Date.parse(probe.at))}</span>
    </>
  );
}

function Acts({
  account,
  version: { version, state, createdBy },
  acts,
  onSwitch,
}: {
  account: Account;
  version: Version;
  acts: AccountActs;
  onSwitch: () => void;
}) {
  const t = useTranslations('accounts');
  const { me, may } = useMe();
  const named = { accountId: account.id, version };
  const usable = state === 'staged' || state === 'live' || state === 'overlap';
  const busy = acts.probe.isPending && acts.probe.variables?.version === version;
  return (
    <div className="flex flex-wrap justify-end gap-1">
      {usable && may('channels.switch') ? (
        <Button disabled={busy} onClick={() => acts.probe.mutate(named)}>
          {busy ? t('probing') : t('probeIt')}
        </Button>
      ) : null}
      {state === 'staged' && may('changes.approve') ? (
        <Button
          look="primary"
          disabled={createdBy === me?.email}
          title={createdBy === me?.email ? t('fourEyes') : undefined}
          onClick={onSwitch}
        >
          {t('switchTo')}
        </Button>
      ) : null}
      {state === 'staged' && may('channels.write') ? (
        <Button look="quiet" disabled={acts.discard.isPending} onClick={() => acts.discard.mutate(named)}>
          {t('discard')}
        </Button>
      ) : null}
      {state === 'overlap' && may('channels.switch') ? (
        <Button disabled={acts.goBack.isPending} onClick={() => acts.goBack.mutate(named)}>
          {t('goBack')}
        </Button>
      ) : null}
      {state === 'overlap' && may('channelKeys.rotate') ? (
        <Button look="danger" disabled={acts.endOverlap.isPending} onClick={() => acts.endOverlap.mutate(named)}>
          {t('endOverlap')}
        </Button>
      ) : null}
    </div>
  );
}
