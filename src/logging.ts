import { hostname } from 'node:os';
import { pino, stdTimeFunctions } from 'pino';
import type { LogFormat } from './config.ts';
import { currentRequestId } from './request-scope.ts';

/** What a line of the log says beside its message; an `error` is told with its stack. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** A log whose lines have these facts as well. */
  child(facts: Facts): Log;
}

export type ProcessKind = 'api' | 'worker' | 'compute';

/**
 * The log of this process on its standard output, with the id of the request for which something is done. As `json` a line is an
 * object with `level`, `time`, `process`, `host`, `pid`, `msg` and the facts; as `text` it is the message.
 */
export function createLog(process: ProcessKind, format: LogFormat | null): Log {
  const standardOutput = pino.destination({ dest: 1, sync: true });
  const options = {
    base: { process, host: hostname(), pid: globalThis.process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    serializers: { error: toldError },
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
  };
  const chosen = format ?? defaultFormat();
  const destination =
    chosen === 'json' ? standardOutput : { write: (line: string) => standardOutput.write(forPeople(line)) };
  return new PinoLog(pino(options, destination));
}

/** Where an error comes from, and no values: the parameters of a statement may be secrets, and large. */
function toldError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code, query } = pino.stdSerializers.err(error);
  return { type, message, stack, code, query };
}

/** What is readable for whoever, or whatever, reads the standard output. */
function defaultFormat(): LogFormat {
  return process.stdout.isTTY ? 'text' : 'json';
}

class PinoLog implements Log {
  constructor(private readonly pino: Pick<pino.Logger, 'info' | 'warn' | 'error' | 'child'>) {}

  info(message: string, facts: Facts = {}): void {
    this.pino.info(facts, message);
  }

  warn(message: string, facts: Facts = {}): void {
    this.pino.warn(facts, message);
  }

  error(message: string, facts: Facts = {}): void {
    this.pino.error(facts, message);
  }

  child(facts: Facts): Log {
    return new PinoLog(this.pino.child(facts));
  }
}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly error?: { readonly stack?: string; readonly message?: string };
}

function forPeople(json: string): string {
  const { level, msg, requestId, error } = JSON.parse(json) as Line;
  const urgency = level === 'info' ? '' : `${level}: `;
  const request = requestId === undefined ? '' : ` [${requestId}]`;
  const cause = error === undefined ? '' : `\n${error.stack ?? error.message}`;
  return `${urgency}${onOneLine(msg)}${request}${cause}\n`;
}

/** Texts of users may hold what moves the cursor of a terminal or begins a line that nobody wrote. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
