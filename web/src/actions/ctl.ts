// The line of waymarkctl, or waymark-lab, that does the same as an action of the page.
import type { ConnectionFilter, DeadLetterFilter, Payload } from '../api/types';
import { toBase64 } from '../ui/binary';
import { isVisible } from '../ui/format';

const encoder = new TextEncoder();
const longest = 128 * 1024; // bytes of a word that Linux gives to a program, with the one that ends it
const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

export function quoted(word: string): string {
  if (plain.test(word)) return word;
  return isVisible(word) ? `'${word.replaceAll("'", `'\\''`)}'` : `$'${[...word].map(escaped).join('')}'`;
}

// Of a word between $' and '. What cannot be seen is written as its bytes: a terminal that gets it by a
// paste would act on it.
function escaped(sign: string): string {
  if (sign === "'" || sign === '\\') return `\\${sign}`;
  if (isVisible(sign)) return sign;
  return [...encoder.encode(sign)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

const usual = 'http://127.0.0.1:8000';

// Where this page came from, which is where the API is.
function admin(): string[] {
  const here = (location.origin + location.pathname).replace(/\/(index\.html)?$/, '');
  return here === usual ? [] : ['--admin', here];
}

export interface Line {
  program: 'waymarkctl' | 'waymark-lab';
  words: string[];
}

export const line = (...words: string[]): Line => ({ program: 'waymarkctl', words });

// A lab is found by its directory.
export const labLine = (directory: string, ...words: string[]): Line => ({ program: 'waymark-lab', words: [...words, '--dir', directory] });

// `tokenFile`: of this page's proxy; empty: waymarkctl finds it by itself. An empty answer: no shell takes it.
export function written({ program, words }: Line, tokenFile = ''): string {
  const where = program === 'waymarkctl' ? [...admin(), ...(tokenFile ? ['--token-file', tokenFile] : [])] : [];
  const at = words.indexOf('--');
  const options = at < 0 ? words : words.slice(0, at);
  const all = [program, ...options, ...where, ...words.slice(options.length)];
  return all.every(fits) ? all.map(quoted).join(' ') : '';
}

const fits = (word: string): boolean => !word.includes('\0') && encoder.encode(word).length < longest;

// Words that are no options, before some that are; those may begin with a dash.
export const positional = (words: string[], options: string[]): string[] =>
  words.some((word) => word.startsWith('-')) ? [...options, '--', ...words] : [...words, ...options];

// Options that are not empty.
export const options = (all: Record<string, string | undefined>): string[] =>
  Object.entries(all).flatMap(([name, value]) => (value ? [`--${name}=${value}`] : []));

export const filterWords = (filter: ConnectionFilter | DeadLetterFilter, everybody: string): string[] => {
  const words = options({ ...filter });
  return words.length ? words : [everybody];
};

// A dash would begin an option.
export function payloadWords({ text, payload }: Payload): string[] {
  if (payload !== undefined) return [`--base64=${payload}`];
  const words = text ?? '';
  if (isVisible(words) && !words.startsWith('-') && words !== '') return [words];
  return [`--base64=${toBase64(encoder.encode(words))}`];
}
