import type { Page } from 'playwright-core';

/** Errors of the page, violations of the policy, and requests that leave the server. */
export function listenForComplaints(page: Page, address: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(`${address}/`) || request.url().startsWith(`blob:${address}/`);
    if (!isOwn && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  return complaints;
}

/** The browser notes every refusal of the API by itself; those that a test provokes are no complaint. */
export const withoutRefusals = (complaints: readonly string[], ...statuses: readonly number[]): string[] =>
  complaints.filter(
    (text) => !statuses.some((status) => text.includes(`the server responded with a status of ${status}`)),
  );
