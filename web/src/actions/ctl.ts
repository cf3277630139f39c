// The line of waymarkctl, or waymark-lab, that does the same as an action of the page.
import type { ConnectionFilter, DeadLetterFilter, Payload } from '../api/types';

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

export const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const usual = 'http://127.0.0.1:8000';

// Where this page came from, which is where the API is.
function admin(): string[] {
  const here = (location.origin + location.pathname).replace(/\/(index\.html)?$/, '');
  return here === usual ? [] : ['--admin', here];
}

export const line = (...words: string[]): string => ['waymarkctl', ...words, ...admin()].map(quoted).join(' ');

// The same for a lab, which is found by its directory.
export const labLine = (directory: string, ...words: string[]): string => ['waymark-lab', ...words, '--dir', directory].map(quoted).join(' ');

// Options that are not empty.
export const options = (all: Record<string, string | undefined>): string[] =>
  Object.entries(all).flatMap(([name, value]) => (value ? [`--${name}=${value}`] : []));

export const filterWords = (filter: ConnectionFilter | DeadLetterFilter, everybody: string): string[] => {
  const words = options({ ...filter });
  return words.length ? words : [everybody];
};

// Text with control characters does not survive a terminal, and a dash would begin an option.
export function payloadWords({ text, payload }: Payload): string[] {
  if (payload !== undefined) return [`--base64=${payload}`];
  const words = text ?? '';
  if (!/[\u0000-\u001f\u007f]/.test(words) && !words.startsWith('-') && words !== '') return [words];
  const bytes = new TextEncoder().encode(words);
  return [`--base64=${btoa(String.fromCharCode(...bytes))}`];
}
