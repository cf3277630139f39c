// The address behind the `#`: "#/connections?state=active". The server sees none of it.
import { useSyncExternalStore } from 'react';
import * as token from '../api/token';

export interface Route {
  page: string;
  id: string; // of one thing of that page; empty: the page itself
  query: URLSearchParams;
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', id = ''] = path.split('/');
  let name = id;
  try {
    name = decodeURIComponent(id);
  } catch {
    // As it is written.
  }
  return { page, id: name, query: new URLSearchParams(query) };
}

token.takeFromAddress();
let route = parse(location.hash);

export const useRoute = (): Route =>
  useSyncExternalStore(
    (listener) => {
      const changed = () => {
        token.takeFromAddress();
        route = parse(location.hash);
        listener();
      };
      addEventListener('hashchange', changed);
      return () => removeEventListener('hashchange', changed);
    },
    () => route,
  );

export function address(page: string, query: Record<string, string | undefined> = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value);
  const text = given.toString();
  return `#/${page}${text ? `?${text}` : ''}`;
}

// Filters take the place of those before them; the browser's Back leads to the page before.
export function replace(to: string): void {
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function go(to: string): void {
  location.hash = to;
}
