import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { Product } from '../support/product.ts';
import { chromiumPath, openChromium } from './chromium.ts';
import { listenForComplaints } from './complaints.ts';

/** People with browsers of their own, who come to the running program and leave with the test. */
export class Visitors {
  private readonly browser: Browser;
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async open(): Promise<Visitors> {
    return new Visitors(await openChromium(chromiumPath ?? ''));
  }

  /** Opens the printed address, as a person would, at one of the page's screens. */
  async visit(product: Product, path = '/', options: BrowserContextOptions = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    this.leaving(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const complaints = listenForComplaints(page, product.url);
    await page.goto(`${product.url}${path}#token=${product.token}`);
    return { page, complaints };
  }

  /** Done when everybody leaves, the last first. */
  leaving(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  async leave(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
