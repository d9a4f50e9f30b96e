import type { Terminal } from '../../local/cli/terminal.ts';

/** Somebody who types these lines, one for every question, and then nothing more. */
const answering =
  (lines: string[]): NonNullable<Terminal['ask']> =>
  async () =>
    lines.shift();

/** A terminal that keeps what is written to it; `types` is who sits at it. */
export function recordedTerminal(options: { isInteractive?: boolean; columns?: number; types?: string[] } = {}) {
  const written = { out: '', err: '' };
  const interruption = new AbortController();
  const terminal: Terminal = {
    print: (text) => void (written.out += text),
    complain: (text) => void (written.err += text),
    isInteractive: options.isInteractive ?? false,
    columns: () => options.columns ?? 80,
    interrupted: interruption.signal,
    ...(options.types ? { ask: answering(options.types) } : {}),
  };
  return { terminal, written, interrupt: () => interruption.abort() };
}
