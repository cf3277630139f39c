// Bytes as base64, as text, and as a hex dump beside what of them can be read.
import { visible } from './format';

export function fromBase64(text: string): Uint8Array {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

const atOnce = 0x8000; // arguments that any engine takes in one call

export function toBase64(bytes: Uint8Array): string {
  let raw = '';
  for (let at = 0; at < bytes.length; at += atOnce) raw += String.fromCharCode(...bytes.subarray(at, at + atOnce));
  return btoa(raw);
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const signOf = Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));

export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    let hex = '';
    let signs = '';
    for (const byte of bytes.subarray(at, at + 16)) {
      hex += `${hexOf[byte]} `;
      signs += signOf[byte];
    }
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(48)} ${signs}`);
  }
  return lines.join('\n');
}

// As text where it is UTF-8, or as a hex dump. Of what was cut, a sign at the end may be a part of one.
export function shownBytes(base64: string, cut: boolean): string {
  const bytes = fromBase64(base64);
  try {
    return visible(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut }));
  } catch {
    return hexDump(bytes);
  }
}
