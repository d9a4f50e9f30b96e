import { runCli } from './run-cli.ts';
import { processTerminal } from './terminal.ts';

// Everything we make, and the tasks make for us, holds keys or names of somebody's objects: for the owner only.
process.umask(0o077);
// The SDK's word to developers about versions of Node to come would stand in every task's log as an error.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
process.exitCode = await runCli(process.argv.slice(2), processTerminal());
// The work is done and everything is closed; what a library still keeps open must not keep the person waiting.
process.stdout.write('', () => process.exit());
