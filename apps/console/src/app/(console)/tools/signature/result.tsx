'use client';

import { useTranslations } from 'next-intl';
import { Chip } from '@/ui/chip';
import { CopyButton } from '@/ui/copy';
import { Facts, Section } from '@/ui/table';
import type { Examined } from './signature-doctor';
import { visiblePieces } from './visible';

type Readable = Extract<Examined, { readable: true }>;

/** The verdict, its causes with what to do, and the texts with the first byte at which they part. */
export function Result({ examined, text, theirs }: { examined: Examined; text: string; theirs: string }) {
  const t = useTranslations('doctor');
  if (!examined.readable) {
    const line = text.split('\n')[examined.line - 1] ?? '';
    return (
      <section aria-label={t('result')} className="rounded-md border p-4">
        <Chip tone="warn" large>
          {t('unreadable', { line: examined.line })}
        </Chip>
        <p className="mt-3">{t(`problems.${examined.problem}`)}</p>
        {line.trim() === '' ? null : (
          <pre className="mt-2 overflow-x-auto rounded-md bg-surface p-2 font-mono text-xs">
            {examined.line}: {line.slice(0, 300)}
          </pre>
        )}
      </section>
    );
  }
  return <Diagnosed examined={examined} theirs={theirs} />;
}

function Diagnosed({ examined, theirs }: { examined: Readable; theirs: string }) {
  const t = useTranslations('doctor');
  const isValid = examined.verdict === 'valid';
  const { difference } = examined;
  return (
    <section aria-label={t('result')}>
      <div className="rounded-md border p-4">
        <Chip tone={isValid ? 'success' : 'failed'} large>
          {t(isValid ? 'valid' : 'invalid')}
        </Chip>
        {isValid ? <p className="mt-3">{t('validMeans')}</p> : null}
        <ul className="mt-3 grid gap-3">
          {examined.findings.map(({ cause, certain, detail }) => (
            <li key={cause + (detail ?? '')} className="border-l-2 pl-3">
              <div className="flex flex-wrap items-center gap-2 font-medium">
                {t(`causes.${cause}.is`)}
                <Chip tone={certain ? 'failed' : 'warn'}>{t(certain ? 'certain' : 'maybe')}</Chip>
              </div>
              {detail ? <p className="font-mono text-xs break-all text-muted">{detail}</p> : null}
              <p className="mt-0.5 text-muted">{t(`causes.${cause}.do`)}</p>
            </li>
          ))}
        </ul>
      </div>
      <div className="mt-4">
        <Facts
          rows={[
            [t('kind'), t(`directions.${examined.direction}`)],
            [t('scheme'), examined.scheme],
            ...(examined.keyName ? ([[t('madeWith'), examined.keyName]] as [string, string][]) : []),
            ...(examined.signedDigest
              ? ([
                  [
                    t('digest'),
                    <span key="digest" className="font-mono text-xs break-all">
                      {examined.signedHash}:{examined.signedDigest}
                    </span>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
            ...(difference
              ? ([[t('differs'), <Where key="where" difference={difference} />]] as [string, React.ReactNode][])
              : []),
          ]}
        />
      </div>
      <Signed
        title={t('canonical', { bytes: examined.canonicalBytes })}
        text={examined.canonical}
        at={difference?.offset}
      />
      {examined.signed === null ? null : <Signed title={t('signed')} text={examined.signed} at={difference?.offset} />}
      {examined.theirs ? (
        <>
          <Signed title={t('theirs')} text={theirs} at={examined.theirs.difference?.offset} />
          <p className="mt-1">
            {examined.theirs.difference ? (
              <Where difference={examined.theirs.difference} />
            ) : (
              <Chip tone="success">{t('theirsEqual')}</Chip>
            )}
          </p>
        </>
      ) : null}
    </section>
  );
}

function Where({ difference }: { difference: NonNullable<Readable['difference']> }) {
  const t = useTranslations('doctor');
  const byte = (value: number | undefined) =>
    value === undefined
      ? t('end')
      : `0x${value.toString(16).padStart(2, '0')}${value > 32 && value < 127 ? ` ${String.fromCharCode(value)}` : ''}`;
  return (
    <>
      {t('where', {
        offset: difference.offset,
        line: difference.line,
        column: difference.column,
        expected: byte(difference.expected),
        actual: byte(difference.actual),
      })}
    </>
  );
}

function Signed({ title, text, at }: { title: string; text: string; at: number | undefined }) {
  const t = useTranslations('doctor');
  return (
    <Section title={title} actions={<CopyButton text={text} label={t('copy')} copied={t('copied')} />}>
      <section
        className="max-h-96 overflow-auto rounded-md border bg-surface p-3"
        aria-label={
          title
        } /* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */
        tabIndex={0}
      >
        <pre className="font-mono text-xs leading-5 break-all whitespace-pre-wrap">
          {visiblePieces(text, at).map((piece, index) => {
            const look = `${piece.sign ? 'select-none text-subtle' : ''}`;
            return piece.marked ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: never reordered
              <mark key={index} className="rounded-sm bg-failed-bg font-semibold text-failed outline outline-failed">
                {piece.text}
              </mark>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: never reordered
              <span key={index} className={look}>
                {piece.text}
              </span>
            );
          })}
        </pre>
      </section>
    </Section>
  );
}
