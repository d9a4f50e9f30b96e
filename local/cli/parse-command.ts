import { parseArgs } from 'node:util';
import { commands, helpFor, optionsOf, overallHelp, type Command } from './commands.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

export type Flags = Readonly<Record<string, string | boolean | undefined>>;
export type Parsed =
  | Readonly<{ do: 'print'; text: string }>
  | Readonly<{ do: 'run'; command: string; words: readonly string[]; flags: Flags }>;

/** Throws a UsageError for what is no command, no flag of it, or has too few or too many words. */
export function parseCommand(argv: readonly string[], version: string): Parsed {
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') return { do: 'print', text: overallHelp() };
  if (name === '--version' || name === '-v') return { do: 'print', text: `${version}\n` };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}".${meant(name, Object.keys(commands))}`);
  const { values, positionals } = parseFlags(name, command, rest);
  if (values['help']) return { do: 'print', text: helpFor(name, command) };
  if (positionals.length !== command.takes.length) {
    const wanted = command.takes.length === 0 ? 'nothing' : command.takes.join(' and ');
    throw new UsageError(`"${name}" takes ${wanted}; ${positionals.length} given.`, name);
  }
  return { do: 'run', command: name, words: positionals, flags: values };
}

function parseFlags(name: string, command: Command, argv: readonly string[]): { values: Flags; positionals: string[] } {
  const args = argv.map((word) => (word === '-h' ? '--help' : word));
  const known = Object.keys(command.flags);
  const { tokens } = parseArgs({
    args,
    options: optionsOf(command),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option' || known.includes(token.name)) continue;
    throw new UsageError(`"${name}" has no option ${token.rawName}.${meant(token.name, known, '--')}`, name);
  }
  try {
    const { values, positionals } = parseArgs({ args, options: optionsOf(command), allowPositionals: true });
    return { values: values as Flags, positionals };
  } catch (error) {
    // Only missing or surplus values are left; Node's first sentence names the option.
    throw new UsageError(String((error as Error).message).split('. ')[0] ?? '', name);
  }
}

function meant(typed: string, words: readonly string[], dashes = ''): string {
  const word = nearest(typed, words);
  return word === undefined ? '' : ` Did you mean "${dashes}${word}"?`;
}
