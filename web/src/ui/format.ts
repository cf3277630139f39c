// Numbers, times and texts for people.

const groups = new Intl.NumberFormat('en');

export const count = (value: number): string => groups.format(Math.round(value));
export const plural = (value: number): string => (value === 1 ? '' : 's');

// "0.4", "12", "1.2k", "3.4M".
export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)}M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)}k`;
  if (value >= 10 || value === 0) return value.toFixed(0);
  return value < 0.05 ? '0' : value.toFixed(1).replace(/\.0$/, '');
}

export const rate = (value: number | undefined): string => (value === undefined ? '–' : `${short(value)}/s`);

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    ++unit;
  }
  return `${unit === 0 || rest >= 100 ? rest.toFixed(0) : rest.toFixed(1).replace(/\.0$/, '')} ${units[unit]}`;
}

export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  return value >= 1 ? `${value.toFixed(1)} ms` : `${(value * 1000).toFixed(0)} µs`;
}

// "12 s", "3 m 4 s", "2 h 5 m", "4 d 1 h" since an RFC 3339 time; empty for an empty one.
export function age(since: string, now = Date.now()): string {
  if (!since) return '';
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} m ${seconds % 60} s`;
  if (hours < 48) return `${hours} h ${minutes % 60} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const timeOfDay = (unixMs: number): string => clock.format(unixMs);

// Names and payloads come from strangers: what cannot be seen, or turns text around, is written out.
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
export const isVisible = (text: string): boolean => text.search(hidden) < 0;
export const visible = (text: string): string =>
  text.replace(hidden, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);

export const shortMark = (mark: string): string => mark.slice(0, 8);
