import { createHash } from 'node:crypto';
import { toPercentForm } from '../domain/keys.ts';
import { isMarker, type Content, type KeyContents } from './key-contents.ts';

/** SHA-256 over a source as it was listed, key by key: two listings that agree have the same one. */
export class SourceDigest {
  private readonly hash = createHash('sha256');

  add({ key, contents, lost = [] }: KeyContents): void {
    const form = toPercentForm(key);
    for (const content of contents) this.hash.update(lineOf(form, 'carried', content));
    for (const content of lost) this.hash.update(lineOf(form, 'lost', content));
  }

  hexadecimal(): string {
    return this.hash.digest('hex');
  }
}

const lineOf = (key: string, fate: 'carried' | 'lost', content: Content): string =>
  `${key} ${fate} ${content.sizeBytes} ${content.etag} ${content.versionId ?? ''} ${isMarker(content) ? 'marker' : ''}\n`;
