import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** Structured logs to standard output. What might carry a secret is never logged whole; these paths are a second net. */
export const createLog = ({ level, node, role }: { level: string; node: string; role: string }): Log =>
  pino(
    {
      level,
      base: { node, role },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          '*.authorization',
          '*.cookie',
          '*.secrets',
          '*.apiKey',
          '*.password',
          'req.headers.authorization',
          'req.headers.cookie',
        ],
        censor: '[redacted]',
      },
    },
    destination({ sync: false, minLength: 0 }),
  );
