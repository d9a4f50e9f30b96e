import type { Terminal } from '../../local/cli/terminal.ts';

/** A terminal that keeps what is written to it. */
export function recordedTerminal(options: { isInteractive?: boolean; columns?: number } = {}) {
  const written = { out: '', err: '' };
  const interruption = new AbortController();
  const terminal: Terminal = {
    print: (text) => void (written.out += text),
    complain: (text) => void (written.err += text),
    isInteractive: options.isInteractive ?? false,
    columns: () => options.columns ?? 80,
    interrupted: interruption.signal,
  };
  return { terminal, written, interrupt: () => interruption.abort() };
}
