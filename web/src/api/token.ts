// The token of the admin API: it comes behind the `#` of the address, which a browser sends nowhere,
// and stays in this tab's sessionStorage.

const key = 'waymark.token';
const intake = /^#token=(.*)$/;

// Takes a token out of the address, if one is there.
export function takeFromAddress(): boolean {
  const found = intake.exec(location.hash);
  if (!found) return false;
  let token = found[1] ?? '';
  try {
    token = decodeURIComponent(token);
  } catch {
    // It is no percent encoding: the token is what is written.
  }
  keep(token);
  history.replaceState(null, '', '#/');
  return true;
}

export function keep(token: string): void {
  sessionStorage.setItem(key, token.trim());
}

export function current(): string {
  return sessionStorage.getItem(key) ?? '';
}
