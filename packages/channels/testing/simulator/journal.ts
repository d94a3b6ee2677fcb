import { open, readFile } from 'node:fs/promises';

/** An append-only file of JSON lines that survives `kill -9`. */
export type Journal<Line> = {
  /** What stood in the file when it was opened, oldest first. */
  readonly recovered: readonly Line[];
  /** Queues a line in order. It is on disk once a later {@link Journal.durable} resolves. */
  append(line: Line): void;
  /** Resolves when every line appended so far is written and synced; rejects for ever once a write failed. */
  durable(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens a journal. A torn last line (the process died while writing) is cut off: nobody was ever told about it.
 * Lines that wait together are written and synced together, so many callers share one sync.
 */
export const openJournal = async <Line>(path: string, parse: (value: unknown) => Line): Promise<Journal<Line>> => {
  const file = await open(path, 'a+', 0o600);
  const content = await readFile(path);
  const wholeBytes = content.lastIndexOf(0x0a) + 1;
  if (wholeBytes < content.length) await file.truncate(wholeBytes);
  const recovered = content
    .subarray(0, wholeBytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parse(JSON.parse(line)));

  let queued: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const write = async (batch: string[]) => {
    await file.appendFile(batch.join(''));
    await file.datasync();
  };
  const durable = (): Promise<void> => {
    if (queued.length === 0) return writing;
    next ??= writing.then(() => {
      next = undefined;
      const batch = queued;
      queued = [];
      writing = write(batch);
      return writing;
    });
    return next;
  };

  return {
    recovered,
    append: (line) => {
      queued.push(`${JSON.stringify(line)}\n`);
      // Starts the write at once. Whoever reveals the line awaits `durable` and meets the error there.
      durable().catch(() => undefined);
    },
    durable,
    close: async () => {
      await durable().catch(() => undefined);
      await file.close();
    },
  };
};
