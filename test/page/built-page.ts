import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { build } from 'vite';
import { chromiumPath, openChromium } from './chromium.ts';
import { listenForComplaints } from './complaints.ts';
import { openFakeServer, TOKEN, type Answer } from './fake-server.ts';

const connection = (name: string) => ({ name, kind: 'sandbox', region: 'eu-west-1', hasSecret: true });
const WORLD: Readonly<Record<string, unknown>> = {
  '/api/health': { status: 'ok', version: '0.0.0', place: 'embedded', sandbox: true },
  '/api/connections': { connections: [connection('one'), connection('two')] },
  '/api/connections/one/buckets': { buckets: [{ name: 'sample-photos' }] },
  '/api/connections/two/buckets': { buckets: [] },
  '/api/preflight': {
    status: 'warning',
    checks: [
      { id: 'a', title: 'The source can be read', status: 'ok', reason: 'It answers.', remedy: '' },
      { id: 'b', title: 'Older versions stay', status: 'warning', reason: 'It has some.', remedy: 'Copy them first.' },
    ],
    found: { objectCount: 1204, sizeBytes: 5000, isComplete: true },
  },
};

/** The page as it is built, in Chromium, before recorded answers. */
export class BuiltPage {
  private readonly browser: Browser;
  private readonly folder: string;
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.folder = folder;
  }

  static async open(): Promise<BuiltPage> {
    const folder = await mkdtemp(join(tmpdir(), 'page-'));
    const root = resolve(import.meta.dirname, '../..');
    await build({
      configFile: join(root, 'vite.config.ts'),
      root: join(root, 'web'),
      logLevel: 'error',
      build: { outDir: folder },
    });
    return new BuiltPage(await openChromium(chromiumPath ?? ''), folder);
  }

  /** Opens an address of the page; what `answer` does not know, a small world answers. */
  async visit(path: string, answer: Answer, options: BrowserContextOptions & { token?: string } = {}) {
    const { token = `#token=${TOKEN}`, ...context } = options;
    const server = await openFakeServer(
      this.folder,
      (asked) => answer(asked) ?? (asked.path in WORLD ? { body: WORLD[asked.path] } : undefined),
    );
    const visitor = await this.browser.newContext(context);
    const page = await visitor.newPage();
    page.setDefaultTimeout(10_000);
    this.closers.push(() => visitor.close(), server.end);
    const complaints = listenForComplaints(page, server.address);
    await page.goto(`${server.address}${path}${token}`);
    return { page, server, complaints };
  }

  async leave(): Promise<void> {
    for (const close of this.closers.splice(0)) await close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await rm(this.folder, { recursive: true });
  }
}
