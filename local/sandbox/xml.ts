import { SaxesParser } from 'saxes';
import { malformedXml } from './problem.ts';

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An element of a request document; names without namespace prefix. */
export type XmlElement = { name: string; text: string; children: XmlElement[]; attributes: Record<string, string> };

const ELEMENT_COUNT_MAX = 50_000;

/** Throws MalformedXML for anything that is not one well-formed document with the expected root. */
export function parseXml(text: string, rootName?: string): XmlElement {
  const parser = new SaxesParser();
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    count += 1;
    if (count > ELEMENT_COUNT_MAX) throw malformedXml();
    const element: XmlElement = { name: localName(tag.name), text: '', children: [], attributes: tag.attributes };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => void open.pop());
  try {
    parser.write(text).close();
  } catch {
    throw malformedXml();
  }
  if (!root || (rootName !== undefined && root.name !== rootName)) throw malformedXml();
  return root;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

export const childText = (element: XmlElement, name: string): string | undefined =>
  element.children.find((child) => child.name === name)?.text;

export const childrenNamed = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name);

export const childNamed = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name);

const NEEDS_ESCAPING = /[&<>"\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]/g;

/**
 * Text as S3 writes it: markup escaped, control characters as references. References to most of them are not
 * well-formed XML 1.0, which is why listings are asked for with `encoding-type=url`.
 */
export function escapeXml(text: string): string {
  return text.replace(NEEDS_ESCAPING, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${character.charCodeAt(0).toString(16)};`;
    }
  });
}

export const tag = (name: string, text: string | number | boolean): string =>
  `<${name}>${typeof text === 'string' ? escapeXml(text) : String(text)}</${name}>`;

/** The element, or nothing when there is no value: S3 leaves absent facts out. */
export const optionalTag = (name: string, text: string | number | boolean | undefined): string =>
  text === undefined ? '' : tag(name, text);

export const xmlDocument = (name: string, inner: string, namespace: string = S3_NAMESPACE): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${namespace}">${inner}</${name}>`;

/** S3 keeps whole seconds and prints milliseconds. */
export const isoSeconds = (atMs: number): string => new Date(Math.floor(atMs / 1000) * 1000).toISOString();
